"""A user's files as latents: the windows of each, encoded; steps between two files, variations of one."""

from __future__ import annotations

import os
from collections.abc import Mapping

import numpy as np

from generators.pictures.data import PictureRun
from generators.pictures.latent_sampler import LatentSampler
from generators.pictures.latents import Around, Between
from generators.primers import encoded_file
from midi.notes import Piece
from training.errors import InputError


def between_files(
    run: PictureRun,
    sampler: LatentSampler,
    first: str | os.PathLike,
    last: str | os.PathLike,
    count: int,
    label: str | None = None,
) -> Between:
    """`count` steps from the windows of one file to those of the other, as many as the shorter one has."""
    ends = [encode_file(run, sampler, path, label)[0] for path in (first, last)]
    windows = min(map(len, ends))
    return Between(ends[0][:windows], ends[1][:windows], count)


def variations(
    run: PictureRun,
    sampler: LatentSampler,
    path: str | os.PathLike,
    count: int,
    seed: int,
    spread: float = 1.0,
    label: str | None = None,
) -> Around:
    """`count` variations of a file, `spread` standard deviations of its own encoding around it."""
    return Around(*encode_file(run, sampler, path, label), count, seed, spread)


def encode_file(
    run: PictureRun, sampler: LatentSampler, path: str | os.PathLike, label: str | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """(mean, log variance) of every window of a MIDI file, each (windows, latent).

    InputError: the model encodes nothing, the file cannot be read or has no note in the codec's range, a wrong label.
    """
    if sampler.encoder is None:
        raise InputError(f"{run.record['model']} makes pictures but reads none; train a vae for this")

    def pictures(piece: Piece) -> tuple[np.ndarray, Mapping[str, float]]:
        encoded = run.codec.encode(piece)
        return encoded.images, encoded.losses

    images = encoded_file(path, pictures)
    labels = None
    if run.labels:
        if label not in run.labels:
            raise InputError(f"give the file's --label, one of {', '.join(run.labels)}; received {label}")
        labels = np.full(len(images), run.labels.index(label), np.int32)
    return sampler.encoder(run.codec.to_model(images, sampler.low), labels)
