"""A user's files as latents, for models that encode: steps between two of them, variations of one."""

from __future__ import annotations

import os

import numpy as np

from generators.pictures.generator import Generator
from generators.pictures.latents import Around, Between
from midi.files.reading import read
from training.cli import InputError


def between_files(
    generator: Generator, first: str | os.PathLike, last: str | os.PathLike, count: int, label: str | None = None
) -> Between:
    """`count` steps from the windows of one file to those of the other, as many as the shorter one has."""
    ends = [encode_file(generator, path, label)[0] for path in (first, last)]
    windows = min(map(len, ends))
    return Between(ends[0][:windows], ends[1][:windows], count)


def variations(
    generator: Generator, path: str | os.PathLike, count: int, seed: int, spread: float = 1.0, label: str | None = None
) -> Around:
    """`count` variations of a file, `spread` standard deviations of its own encoding around it."""
    return Around(*encode_file(generator, path, label), count, seed, spread)


def encode_file(generator: Generator, path: str | os.PathLike, label: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(mean, log variance) of every window of a MIDI file, each (windows, latent).

    InputError: the model encodes nothing, the file cannot be read or has no note in the codec's range, a wrong label.
    """
    if not hasattr(generator.module, "encode"):
        raise InputError(f"{generator.record['model']} makes pictures but reads none; train a vae for this")
    piece = read(path)
    try:
        images = generator.codec.encode(piece).images
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    labels = None
    if generator.labels:
        if label not in generator.labels:
            raise InputError(f"give the file's --label, one of {', '.join(generator.labels)}; received {label}")
        labels = np.full(len(images), generator.labels.index(label), np.int32)
    return generator.module.encode(generator.model, generator.codec.to_model(images, generator.module.LOW), labels)
