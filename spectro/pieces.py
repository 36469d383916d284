"""Sound on its way, in pieces (samples, channels): mixed, resampled, regrouped, never whole in memory."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import soxr

from training.errors import InputError

SILENCE = 1e-4
"""Peak below which sound counts as silent (-80 dB of full scale)."""
CANCELLED = 1e-3
"""Part of the power of the channels (-30 dB) below which a mix has lost what they share."""


def mixed(pieces: Iterable[np.ndarray], name: str | os.PathLike, note: Callable[[str], None]) -> Iterator[np.ndarray]:
    """The mean of all channels (samples, 1).

    Channels that cancel each other, as one and the same with its sign changed do, are told of by `note` at the end.
    InputError, at the end: nothing is left of them.
    """
    power = peak = mixed_power = mixed_peak = 0.0
    for piece in pieces:
        mix = piece.mean(axis=1, keepdims=True)
        power += float(np.square(piece, dtype=np.float64).mean(axis=1).sum())
        mixed_power += float(np.square(mix, dtype=np.float64).sum())
        peak, mixed_peak = max(peak, float(np.abs(piece).max())), max(mixed_peak, float(np.abs(mix).max()))
        yield mix
    if peak < SILENCE or mixed_power >= CANCELLED * power:
        return
    told = f"{name}: its channels are in antiphase and cancel each other: peak {peak:.2g}, mixed {mixed_peak:.1g}"
    if mixed_peak < SILENCE:
        raise InputError(f"{told}; change the sign of one of them")
    note(told)


def resampled(pieces: Iterable[np.ndarray], old: int, new: int, channels: int) -> Iterator[np.ndarray]:
    """Brought from `old` to `new` Hz (soxr, high quality)."""
    resampler = soxr.ResampleStream(old, new, channels)
    for piece in pieces:
        yield resampler.resample_chunk(piece)
    yield resampler.resample_chunk(np.empty((0, channels), np.float32), last=True)


def regrouped(pieces: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """The same samples (samples, channels) in pieces of `size`, the last one perhaps shorter."""
    held: list[np.ndarray] = []
    count = 0
    for piece in pieces:
        held.append(piece)
        count += len(piece)
        if count < size:
            continue
        joined = np.concatenate(held)
        whole = len(joined) - len(joined) % size
        for start in range(0, whole, size):
            yield joined[start : start + size]
        held, count = [joined[whole:]], len(joined) - whole
    if count:
        yield np.concatenate(held)
