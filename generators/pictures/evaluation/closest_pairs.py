"""A drawing of the copy test: how near samples and held-out pictures come to training pictures, and the nearest pairs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from generators.pictures.evaluation.copies import COPY, Nearest
from midi.codecs.codec import REST, Codec
from midi.plots import save_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PAIRS = 8
"""Pairs drawn of each."""


def draw_closest_pairs(
    path: Path, sides: dict[str, tuple[np.ndarray, Nearest]], training: dict[int, np.ndarray], codec: Codec
) -> None:
    """Draw distances to the nearest training picture, and the pairs that are nearest.

    sides: name -> (pictures uint8 (count, h, w, c), their nearest); training: index -> picture (h, w, c), of all pairs.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 3 + 3.6 * len(sides)), layout="constrained")
    above, *below = figure.subfigures(1 + len(sides), 1, height_ratios=(3, *[3.6] * len(sides)))
    _draw_distances(above.subplots(), {name: found.distance for name, (_, found) in sides.items()})
    for part, (name, (images, found)) in zip(below, sides.items(), strict=True):
        part.suptitle(f"{name} (above) and their nearest training pictures (below), at their distance", fontsize="medium")
        places = part.subplots(2, PAIRS, squeeze=False)
        for axes in places.flat:
            axes.set(xticks=[], yticks=[])
        for column, chosen in zip(places.T, found.closest(PAIRS), strict=False):
            _draw_picture(column[0], images[chosen], codec)
            _draw_picture(column[1], training[int(found.index[chosen])], codec)
            column[0].set_title(f"{chosen}: {found.distance[chosen]:.3f}", fontsize="small")
    save_figure(figure, path, dpi=90)


def _draw_distances(axes: Axes, distances: dict[str, np.ndarray]) -> None:
    bins = np.linspace(0, 1, 51)
    for name, values in distances.items():
        axes.hist(values, bins, weights=np.full(len(values), 100 / len(values)), histtype="step", label=name)
    axes.axvline(COPY, color="0.6", linewidth=0.8, label="copies are left of this")
    axes.set(xlabel="Jaccard distance to the nearest training picture", ylabel="pictures in %", xlim=(0, 1))
    axes.legend(loc="upper right")  # looking for the best place may take seconds


def _draw_picture(axes: Axes, image: np.ndarray, codec: Codec) -> None:
    axes.imshow(codec.classes(image[None])[0] != REST, cmap="gray", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
