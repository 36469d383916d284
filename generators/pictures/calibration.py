"""The threshold at which a trained generator's pictures are as dense as the data, found once and kept with the run."""

from __future__ import annotations

import os

import numpy as np

from generators.pictures.generator import Generator
from generators.pictures.latents import seed_of
from midi.codecs.binarise import calibrated_threshold
from training.cli import tell
from training.files import write_json

COUNT = 1_024
"""Pictures that the threshold is found on."""


def calibrate(run: str | os.PathLike) -> None:
    """Find the threshold (on the model's scale) on COUNT pictures and write it to `RUN/sampling.json`; none for greys."""
    generator = Generator(run)
    if not generator.black_and_white:
        return
    seeds = np.array([seed_of(0, item) for item in range(COUNT)], np.uint64)
    labels = np.arange(COUNT, dtype=np.int32) % max(len(generator.labels), 1)
    values = generator.values(generator.module.latents(generator.model, seeds), labels)
    threshold = calibrated_threshold(values, generator.statistics.density)
    half = (generator.module.LOW + 1) / 2
    write_json(
        generator.run / "sampling.json",
        {"threshold": threshold, "density": generator.statistics.density, "density_at_half": float((values >= half).mean())},
    )
    made, wanted = float((values >= threshold).mean()), generator.statistics.density
    tell(f"with a threshold of {threshold:.3f} {100 * made:.2f} % of the cells are on (data: {100 * wanted:.2f} %)")
