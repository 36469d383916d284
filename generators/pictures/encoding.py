"""A user's files as latents: the windows of each, encoded or searched for; steps between two files, variations of one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial

import numpy as np

from generators.pictures.data import PictureRun
from generators.pictures.latent_sampler import LatentSampler
from generators.pictures.latents import Around, Between
from generators.pictures.projection import project
from generators.primers import encoded_file
from midi.codecs.codec import REST, Codec
from midi.notes import Piece
from training.cli import log
from training.errors import InputError


def between_files(
    run: PictureRun,
    sampler: LatentSampler,
    first: str | os.PathLike,
    last: str | os.PathLike,
    count: int,
    label: str | None = None,
) -> Between:
    """`count` steps from the windows of one file to those of the other, as many as the shorter one has; it tells so."""
    ends = [encode_file(run, sampler, path, label)[0] for path in (first, last)]
    windows = min(map(len, ends))
    for path, latents in zip((first, last), ends, strict=True):
        if len(latents) > windows:
            left_out = len(latents) - windows
            log(f"{path}: the last {left_out} of {len(latents)} pictures are left out; the other file is shorter")
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
    """(mean, log variance) of every window of a MIDI file, each (windows, latent), by the encoder or else by `project`.

    Tells how much of the file's cells the model gives back of them. InputError: the file cannot be read or has no note in
    the codec's range, a wrong label.
    """

    def encode(piece: Piece) -> tuple[np.ndarray, Mapping[str, float]]:
        encoded = run.codec.encode(piece)
        return encoded.images, encoded.losses

    images = encoded_file(path, encode)
    labels = None
    if run.labels:
        if label not in run.labels:
            raise InputError(f"give the file's --label, one of {', '.join(run.labels)}; received {label}")
        labels = np.full(len(images), run.labels.index(label), np.int32)
    pictures, read = run.codec.to_model(images, sampler.low), sampler.encoder or partial(project, sampler)
    mean, log_variance = read(pictures, labels)
    again = sampler.pictures(mean, labels, range(len(mean)))
    log(f"{path}: F1 of its cells, as the model gives them back, is {cells_f1(run.codec, images, again):.2f}")
    return mean, log_variance


def cells_f1(codec: Codec, true: np.ndarray, made: np.ndarray) -> float:
    """F1 of the cells that are on in some pictures, of those that are on in others; uint8 (count, h, w, c). 1: all equal."""
    true, made = (codec.classes(images) != REST for images in (true, made))
    return 2 * float((true & made).sum()) / max(float(true.sum() + made.sum()), 1.0)
