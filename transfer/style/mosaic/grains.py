"""The grains of a style: columns of its spectrum, phases and all, as it is and transposed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import soxr

from spectro.pieces import mixed, regrouped
from training.cli import log
from transfer.style.sounds import Sound

TRANSPOSITIONS = range(-6, 6)
"""Semitones: whatever pitch class a style has, it has all of them then."""
STRETCHES = 10
"""Of a style, at most: time and memory of a mosaic grow with them."""


@dataclass(frozen=True)
class Grains:
    """Of one style."""

    spectrum: np.ndarray
    """complex64 (rows, grains)."""
    follows: np.ndarray
    """bool (grains - 1,): whether a grain sounds in the style right after the one before."""

    @cached_property
    def magnitude(self) -> np.ndarray:
        """float32 (rows, grains)."""
        return np.abs(self.spectrum)


def grains_of(style: Sound) -> Grains:
    """Of the mean of a style's channels; of a long one STRETCHES of a second each, at equal distances, which is told.

    So is a style that is shorter than a grain: the rest of them is silence. InputError: the channels cancel each other.
    """
    setting, parts = style.setting, []
    if style.samples < setting.n_fft:
        seconds, whole = style.samples / setting.rate, setting.n_fft / setting.rate
        log(f"the style lasts {seconds:.3f} s, a grain {whole:.3f} s: the rest of each is silence")
    for stretch in _stretches(style):
        for semitones in TRANSPOSITIONS:
            copy = soxr.resample(stretch, setting.rate * 2 ** (semitones / 12), setting.rate) if semitones else stretch
            parts.append(setting.analyse(copy.astype(np.float32)))
    follows = np.concatenate([np.arange(part.shape[1]) > 0 for part in parts])[1:]
    return Grains(np.concatenate(parts, axis=1), follows)


def _stretches(style: Sound) -> Iterator[np.ndarray]:
    """Stretches (samples,) of a style; one that is not long is one stretch."""
    rate = style.setting.rate
    seconds = -(-style.samples // rate)
    mono = mixed(
        (block.T for block in style.blocks()), style.source if not isinstance(style.source, np.ndarray) else "the style", log
    )
    if seconds <= STRETCHES:
        yield np.concatenate([piece[:, 0] for piece in mono])
        return
    log(f"the style lasts {seconds} s: grains are taken of {STRETCHES} stretches of a second, at equal distances")
    chosen = set(np.linspace(0, seconds - 1, STRETCHES).round().astype(int))
    for number, piece in enumerate(regrouped(mono, rate)):
        if number in chosen:
            yield piece[:, 0]
