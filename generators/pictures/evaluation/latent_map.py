"""Where pictures lie among a model's latents: their codes on the plane in which they differ most."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from training.files import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = 10
"""Labels that get a colour of their own, the most frequent ones."""


@dataclass(frozen=True, eq=False)
class Plane:
    """The first two principal components of some points."""

    mean: np.ndarray
    """(dimensions,)."""
    axes: np.ndarray
    """(dimensions, 2), orthonormal; a second axis of zeros where points have one dimension."""
    shares: tuple[float, float]
    """Of the points' variance, along each axis."""

    @classmethod
    def of(cls, points: np.ndarray) -> Plane:
        """points: (count, dimensions). The largest component of each axis is positive, so that maps can be compared."""
        mean = points.mean(axis=0)
        _, lengths, vectors = np.linalg.svd(points - mean, full_matrices=False)
        axes = np.zeros((points.shape[1], 2))
        axes[:, : len(vectors[:2])] = vectors[:2].T
        largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=0)[None], axis=0)[0]
        power = np.append(lengths**2, 0.0)[:2] / max(float((lengths**2).sum()), 1e-30)
        return cls(mean, axes * np.where(largest < 0, -1, 1), tuple(power.tolist()))

    def __call__(self, points: np.ndarray) -> np.ndarray:
        """(count, dimensions) -> (count, 2)."""
        return (points - self.mean) @ self.axes


def draw_latent_map(
    path: Path, codes: np.ndarray, drawn: np.ndarray, densities: np.ndarray, labels: list[str] | None = None
) -> None:
    """Draw codes of pictures (count, latent) before the latents that samples are made from (others, latent), in grey.

    Coloured by `labels`, or else by the share of cells that are on (count,).
    """
    from matplotlib.figure import Figure

    plane = Plane.of(codes)
    figure = Figure(figsize=(9, 7), layout="constrained")
    axes = figure.subplots()
    axes.scatter(*plane(drawn).T, s=8, color="0.8", label="latents of samples", zorder=0)
    if labels:
        _by_label(axes, plane(codes), np.array(labels))
    else:
        points = axes.scatter(*plane(codes).T, s=12, c=100 * densities, cmap="viridis", label="held-out pictures")
        figure.colorbar(points, label="cells that are on, in %")
    axes.legend(loc="upper right", fontsize="small")
    names = (
        f"principal component {number}: {100 * share:.0f} % of the variance" for number, share in enumerate(plane.shares, 1)
    )
    axes.set(**dict(zip(("xlabel", "ylabel"), names, strict=True)), title="held-out pictures as the model encodes them")
    save_figure(figure, path)


def _by_label(axes: Axes, places: np.ndarray, labels: np.ndarray) -> None:
    import matplotlib

    names, counts = np.unique(labels, return_counts=True)
    shown = sorted(names[np.argsort(-counts, kind="stable")][:COLOURS])
    others = ~np.isin(labels, shown)
    if others.any():
        axes.scatter(*places[others].T, s=12, color="0.5", label="other labels")
    for number, name in enumerate(shown):
        axes.scatter(*places[labels == name].T, s=12, color=matplotlib.colormaps["tab10"](number), label=name or "(none)")
