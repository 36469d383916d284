"""How loud notes are: measured in the picture of the sound, by MIDI's own law of velocities.

The network tells velocities, too, but little of them: it sees a recording that was brought to one level, through windows too
short to compare its notes (docs/results.md has both). The power of a note's harmonics where it begins tells more. A
recording's own level tells nothing of how it was played, so that its notes are put around one velocity, MIDDLE.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from transfer.transcription.notes import PITCHES

if TYPE_CHECKING:
    from spectro.layers import LogFrequency

HARMONICS = 8
"""Whose power is added up."""
LONGEST = 0.26
"""Seconds of the window by which it is measured, at most: notes that are shorter than it come out too soft."""
FULL = 12.0
"""dB above the loudest half second's level at which a velocity is 127."""
MIDDLE = 80
"""The velocity of a recording's median note: mezzo-forte."""


def velocities(picture: np.ndarray, layer: LogFrequency, level: float) -> np.ndarray:
    """How loud each pitch is, as a part of the greatest velocity: (frames, PITCHES) in [0, 1].

    picture: (frames, bins, windows) of `layer`, the second of whose bins is the lowest pitch; of the windows the longest
    counts that is not longer than LONGEST. level: RMS of the loudest half second.

    Power goes with the fourth power of velocities, which is the law of DLS (MMA, Downloadable Sounds Level 1, 1997):
    40 log10(velocity / 127) dB.
    """
    sizes = [setting.n_fft for setting in layer.settings]
    fit = [size for size in sizes if size <= LONGEST * layer.settings[0].rate] or [min(sizes)]
    chosen = sizes.index(max(fit))
    power = 10 ** (layer.settings[chosen].floor_db * (1 - picture[..., chosen]) / 10)
    tuned = np.maximum(np.maximum(power[:, :-2], power[:, 1:-1]), power[:, 2:])  # a third of a semitone off is in tune
    shifts = np.rint(layer.per_octave * np.log2(np.arange(1, HARMONICS + 1))).astype(int)
    rows = shifts[:, None] + layer.per_octave // 12 * np.arange(PITCHES)
    beyond = max(0, int(rows.max()) + 1 - tuned.shape[1])
    summed = np.pad(tuned, ((0, 0), (0, beyond)))[:, rows].sum(axis=1)
    # A picture's 1 is a sine of amplitude 1, whose RMS squared is a half.
    return np.clip((summed / 2 / (level * 10 ** (FULL / 20)) ** 2) ** 0.25, 0, 1)


def put_around_the_middle(parts: Sequence[np.ndarray]) -> None:
    """Change the velocities of notes of HEARD, in place, so that the median of all parts is MIDDLE; ratios stay."""
    loud = np.concatenate([notes["velocity"] for notes in parts]).astype(float)
    factor = MIDDLE / np.median(loud)
    for notes in parts:
        notes["velocity"] = np.clip(np.rint(factor * notes["velocity"]), 1, 127)
