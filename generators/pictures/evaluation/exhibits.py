"""What of an evaluation is to be seen and heard: sheets, histograms, copies, a map of latents, rendered samples."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from generators.contract import PictureSampler
from generators.pictures.data import PictureRun, RunData
from generators.pictures.evaluation.copies import DRAWN_PAIRS, Nearest, draw_closest_pairs
from generators.pictures.evaluation.likeness import PictureSet
from generators.pictures.latent_sampler import LatentSampler
from generators.samples import sheet
from midi.codecs.codec import Codec
from midi.listening import listen as listen_to
from midi.measures.report import draw_histograms
from training.files import atomic, save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHEET_PICTURES = 64
"""Pictures on a contact sheet."""
RENDERED_SAMPLES = 6
"""Samples that are rendered: the first that have a note."""
LABEL_COLOURS = 10
"""Labels that get a colour of their own, the most frequent ones."""


def draw_pictures(
    output: Path, run: PictureRun, sampler: PictureSampler, samples: PictureSet, held_out: PictureSet, about: RunData,
    chosen: np.ndarray, copies: dict[str, Nearest],
) -> dict[str, str]:  # fmt: skip
    """Write the pictures of an evaluation to the folder `output`; what each shows -> its name.

    chosen: the indices of `held_out` in the corpus. copies: nearest training pictures of "samples" and "held_out".
    """
    output.mkdir(parents=True, exist_ok=True)
    files = {"samples": "samples.png", "held_out": "held-out.png", "histograms": "histograms.png", "copies": "copies.png"}
    sides = {"samples": samples, "held_out": held_out}
    for name, side in sides.items():
        with atomic(output / files[name]) as path:
            Image.fromarray(_spread(side.images)).save(path)
    draw_histograms([held_out.measured, samples.measured], output / files["histograms"])
    draw_closest_pairs(
        output / files["copies"],
        {side.measured.name: (side.images, copies[name]) for name, side in sides.items()},
        _training_pictures(about, copies),
        run.codec,
    )
    if isinstance(sampler, LatentSampler) and sampler.encoder:
        files["latent_map"] = "latent-map.png"
        _draw_latent_map(output / files["latent_map"], sampler, held_out, about, chosen)
    return files


def _spread(images: np.ndarray) -> np.ndarray:
    """A sheet of pictures from all of a set, since neighbours in a corpus are of one file."""
    chosen = np.linspace(0, len(images) - 1, min(SHEET_PICTURES, len(images))).astype(int)
    page = sheet(images[chosen])
    return page[..., 0] if page.shape[-1] == 1 else page


def _training_pictures(about: RunData, copies: dict[str, Nearest]) -> dict[int, np.ndarray]:
    """The training pictures that the pairs show, by their place in the training part."""
    places = np.unique(np.concatenate([found.index[found.closest(DRAWN_PAIRS)] for found in copies.values()]))
    return dict(zip(places.tolist(), about.corpus[about.split.train[places]], strict=True))


def _draw_latent_map(path: Path, sampler: LatentSampler, held_out: PictureSet, about: RunData, chosen: np.ndarray) -> None:
    codes, _ = sampler.encoder(sampler.codec.to_model(held_out.images, sampler.low), held_out.labels)
    drawn = sampler.prior(np.arange(len(codes), dtype=np.uint64))
    labels = [about.corpus.rows[source]["label"] for source in about.corpus.source_of[chosen]]
    draw_latent_map(path, codes, drawn, held_out.cells.density, labels if len(set(labels)) > 1 else None)


def listen(samples: PictureSet, data: PictureSet, codec: Codec, output: Path) -> dict[str, Any]:
    """Render some samples as `output/sample-<item>.wav` and `.mid`, and judge them.

    The note rate is right within the 5th to 95th percentile of the data's notes a second; of all samples the fraction for
    which it is.
    """
    low, high = np.nanpercentile(data.measured.table["notes_per_second"], (5, 95)).tolist()
    rates = samples.measured.table["notes_per_second"]
    items = np.flatnonzero(samples.measured.table["note_count"] > 0)[:RENDERED_SAMPLES].tolist()
    rendered = [_rendered(samples, item, codec, output) for item in items]
    for one in rendered:
        one["note_rate"] = float(rates[one["item"]])
        one["in_range"] = low <= one["note_rate"] <= high
    return {
        "note_rates": [low, high],
        "share_in_range": float(((rates >= low) & (rates <= high)).mean()),
        "rendered": rendered,
    }


def _rendered(samples: PictureSet, item: int, codec: Codec, output: Path) -> dict[str, Any]:
    name = f"sample-{item:06d}"
    facts = listen_to(codec.decode(samples.images[item : item + 1]), output / name)
    return {
        "item": item,
        "midi": f"{name}.mid",
        "wav": f"{name}.wav",
        "silent": facts["silent"],
        "not_clipped": facts["clipped"] == 0 and facts["peak"] < 1,
        **{figure: facts[figure] for figure in ("duration", "peak", "rms", "notes")},
    }


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

    Coloured by `labels`, or else by the fraction of cells that are on (count,).
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
    shown = sorted(names[np.argsort(-counts, kind="stable")][:LABEL_COLOURS])
    others = ~np.isin(labels, shown)
    if others.any():
        axes.scatter(*places[others].T, s=12, color="0.5", label="other labels")
    for number, name in enumerate(shown):
        axes.scatter(*places[labels == name].T, s=12, color=matplotlib.colormaps["tab10"](number), label=name or "(none)")
