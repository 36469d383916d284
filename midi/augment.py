"""Variations of a piece that a listener takes for the same kind of music: more data for training.

All work on notes, keep the table's invariants (`midi.notes.Piece`) and leave the pitch of drum notes alone, since there it
names an instrument. What is random is drawn from a generator that the caller gives. The pitch noise is that of "Music
generation using Deep Learning".
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from scipy.signal import lfilter

from midi.notes import Piece, in_order, last_of_tick
from midi.tempo import TEMPO, USUAL_TEMPO
from training.errors import InputError

TIMING, VELOCITY, TEMPO_WANDER = 0.01, 8.0, 0.005
"""Standard deviations of what `humanise` changes: onsets in seconds, velocities, and the tempo's logarithm."""
WANDER_QUARTERS = 4.0
"""Quarters in which a tempo comes half of the way back."""


@dataclass(frozen=True)
class Augment:
    """A random variation: `Augment()(piece, rng)`.

        varied = Augment(stretch=(0.5, 1.0, 2.0))(read("song.mid"), np.random.default_rng(0))

    The same for the same state of the generator.
    """

    transpose: tuple[int, int] = (-5, 6)
    """Semitones, from the lowest to the highest, all as likely; twelve in a row give every key once."""
    stretch: tuple[float, ...] = (1.0,)
    """Factors of time, one of which is drawn; 0.5, 1 and 2 stay on the grid of pictures."""
    velocity: float = 0.0
    """Deviation of velocities."""
    pitch_noise: float = 0.0
    """Fraction of the notes that get pitch noise."""

    def __post_init__(self) -> None:
        if len(self.transpose) != 2 or self.transpose[0] > self.transpose[1]:
            raise InputError(f"transpose must be the lowest and the highest semitones; received {self.transpose}")
        if not self.stretch:
            raise InputError("stretch must hold one factor or more; received none")
        for factor in self.stretch:
            _check_factor(factor)
        _check_deviation(self.velocity)
        _check_fraction(self.pitch_noise)

    def __call__(self, piece: Piece, rng: np.random.Generator) -> Piece:
        """A variation of `piece`."""
        semitones = int(rng.integers(self.transpose[0], self.transpose[1], endpoint=True))
        factor = self.stretch[rng.integers(len(self.stretch))]
        piece = stretch(transpose(piece, semitones), factor)
        return pitch_noise(jitter_velocity(piece, self.velocity, rng), self.pitch_noise, rng)


def transpose(piece: Piece, semitones: int, beyond: Literal["fold", "drop"] = "fold") -> Piece:
    """All pitches moved by `semitones`, drums excepted, and key signatures with them.

    beyond: a pitch that would leave 0 to 127 comes back by octaves ("fold"), or its note is left out and counted in
    `left_out` as "out_of_range" ("drop").
    """
    if beyond not in ("fold", "drop"):
        raise InputError(f"beyond must be fold or drop; received {beyond!r}")
    drum = piece.notes["drum"]
    moved = piece.notes["pitch"].astype(int) + int(semitones)
    outside = ((moved < 0) | (moved > 127)) & ~drum
    if beyond == "drop":
        kept = ~outside
        lost = {"out_of_range": piece.left_out.get("out_of_range", 0) + int(outside.sum())} if outside.any() else {}
        piece = replace(piece, notes=piece.notes[kept], left_out={**piece.left_out, **lost})
        drum, moved = drum[kept], moved[kept]
    piece = replace(piece, beside=piece.beside.transposed(semitones)) if semitones else piece
    folded = np.where(moved < 0, moved % 12, np.where(moved > 127, 116 + (moved - 116) % 12, moved))
    return _with(piece, pitch=np.where(drum, piece.notes["pitch"], folded))


def stretch(piece: Piece, factor: float, what: Literal["ticks", "tempo"] = "ticks") -> Piece:
    """The piece `factor` times as long in seconds. InputError: a factor that is not above 0.

    what: "ticks" rewrites all times, so that pictures change (a note of any length keeps a tick at least, tempos, time
    signatures and controllers move along); "tempo" has the same notes played at another tempo, so that pictures in quarters
    stay.
    """
    _check_factor(factor)
    if what == "tempo":
        return replace(piece, tempos=_slower(piece.tempos, factor))
    if what != "ticks":
        raise InputError(f"what must be ticks or tempo; received {what!r}")
    notes = piece.notes
    start, end = _scaled(notes["start"], factor), _scaled(notes["end"], factor)
    tempos, signatures = piece.tempos.copy(), piece.signatures.copy()
    for changes in (tempos, signatures):
        changes["tick"] = _scaled(changes["tick"], factor)
    beside = piece.beside.stretched(factor)
    piece = replace(piece, tempos=last_of_tick(tempos), signatures=last_of_tick(signatures), beside=beside)
    return _with(piece, start=start, end=np.maximum(end, start + (notes["end"] > notes["start"])))


def jitter_velocity(piece: Piece, deviation: float, rng: np.random.Generator) -> Piece:
    """Velocities plus a normal deviate each, rounded and kept within 1 to 127."""
    _check_deviation(deviation)
    velocity = piece.notes["velocity"] + deviation * rng.standard_normal(len(piece))
    return _with(piece, velocity=np.clip(np.rint(velocity), 1, 127))


def pitch_noise(piece: Piece, fraction: float, rng: np.random.Generator) -> Piece:
    """A `fraction` of the pitched notes moved by the integer part, towards zero, of a standard normal deviate each.

    68 % of these do not move, since the deviate is below 1. A note that would leave 0 to 127 stays.
    """
    _check_fraction(fraction)
    pitched = np.flatnonzero(~piece.notes["drum"])
    chosen = rng.choice(pitched, round(fraction * len(pitched)), replace=False)
    pitch = piece.notes["pitch"].astype(int)
    moved = pitch[chosen] + np.trunc(rng.standard_normal(len(chosen))).astype(int)
    pitch[chosen] = np.where((moved >= 0) & (moved <= 127), moved, pitch[chosen])
    return _with(piece, pitch=pitch)


def humanise(piece: Piece, amount: float, rng: np.random.Generator) -> Piece:
    """As people play, at an `amount` of 1: onsets off by TIMING, a tempo that wanders by TEMPO_WANDER and velocities that
    differ by VELOCITY, standard deviations all. Notes keep their lengths in ticks, and none begins before the piece.

    The tempo changes with every quarter and comes half of the way back to that of the piece in WANDER_QUARTERS.
    """
    if not (amount >= 0 and math.isfinite(amount)):
        raise InputError(f"an amount of playing as people do must be 0 or more; received {amount}")
    notes = piece.notes
    moved = piece.seconds(notes["start"]) + amount * TIMING * rng.standard_normal(len(piece))
    start = np.rint(piece.ticks(np.maximum(moved, 0))).astype(np.int64)
    piece = _with(piece, start=start, end=start + notes["end"] - notes["start"])
    piece = jitter_velocity(piece, amount * VELOCITY, rng)
    quarters = np.arange(0, piece.end + 1, piece.division)
    kept = 0.5 ** (1 / WANDER_QUARTERS)
    wander = lfilter([np.sqrt(1 - kept**2)], [1, -kept], rng.standard_normal(len(quarters)))
    ticks = np.union1d(quarters, piece.tempos["tick"])
    tempos = np.empty(len(ticks), TEMPO)
    tempos["tick"] = ticks
    factors = np.exp(amount * TEMPO_WANDER * wander[np.minimum(ticks // piece.division, len(wander) - 1)])
    tempos["microseconds"] = np.clip(np.rint(factors * [piece.tempo_at(int(tick)) for tick in ticks]), 1, (1 << 24) - 1)
    return replace(piece, tempos=tempos)


def _with(piece: Piece, **columns: np.ndarray) -> Piece:
    """The piece with other columns, in order again.

    Where notes of one voice and pitch have come together, the first that begins ends first: MIDI cannot tell otherwise.
    """
    notes = piece.notes.copy()
    for name, values in columns.items():
        notes[name] = values
    group = ((notes["track"].astype(np.int64) * 128 + notes["program"]) * 2 + notes["drum"]) * 128 + notes["pitch"]
    by_start, by_end = np.lexsort((notes["start"], group)), np.lexsort((notes["end"], group))
    notes["end"][by_start] = notes["end"][by_end]
    return replace(piece, notes=in_order(notes))


def _scaled(ticks: np.ndarray, factor: float) -> np.ndarray:
    return np.rint(ticks * factor).astype(np.int64)


def _slower(tempos: np.ndarray, factor: float) -> np.ndarray:
    if not len(tempos) or tempos["tick"][0] > 0:
        tempos = np.concatenate([np.array([(0, USUAL_TEMPO)], tempos.dtype), tempos])
    tempos = tempos.copy()
    tempos["microseconds"] = np.clip(_scaled(tempos["microseconds"], factor), 1, (1 << 24) - 1)
    return tempos


def _check_factor(factor: float) -> None:
    if not (factor > 0 and math.isfinite(factor)):
        raise InputError(f"a factor of time must be above 0; received {factor}")


def _check_deviation(deviation: float) -> None:
    if not (deviation >= 0 and math.isfinite(deviation)):
        raise InputError(f"a deviation of velocities must be 0 or more; received {deviation}")


def _check_fraction(fraction: float) -> None:
    if not 0 <= fraction <= 1:
        raise InputError(f"a fraction of the notes must be from 0 to 1; received {fraction}")
