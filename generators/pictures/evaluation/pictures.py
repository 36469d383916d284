"""The pictures of an evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from generators.contract import PictureSampler
from generators.pictures.data import PictureRun, RunData
from generators.pictures.evaluation.copies import DRAWN_PAIRS, Nearest, draw_closest_pairs
from generators.pictures.evaluation.latent_map import draw_latent_map
from generators.pictures.evaluation.likeness import PictureSet
from generators.pictures.latent_sampler import LatentSampler
from generators.pictures.watch import sheet
from midi.measures.report import draw_histograms
from training.files import atomic

SHEET_PICTURES = 64
"""Pictures on a contact sheet."""


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
