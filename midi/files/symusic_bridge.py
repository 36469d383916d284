"""The level of symusic (extra `[symusic]`): `symusic.Score` objects into pieces, and pieces into `symusic.Score` objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from midi.beside import PACKET
from midi.files.writing import to_bytes
from midi.notes import NOTE, SIGNATURE, TEMPO, Piece, in_order, last_of_tick, require_tracks
from training.machine_code import compiled

if TYPE_CHECKING:
    from symusic import Score


def from_symusic(score: Score, left_out: Mapping[str, int] | None = None) -> Piece:
    """The piece of a `symusic.Score` in ticks; left_out: what symusic is known to have passed over.

    InputError: more tracks than the table can number.
    """
    tracks = [(track, columns) for track in score.tracks if len((columns := track.notes.numpy())["time"])]
    require_tracks(len(tracks))
    notes = np.empty(sum(len(columns["time"]) for _, columns in tracks), NOTE)
    first = 0
    for number, (track, columns) in enumerate(tracks):
        time = columns["time"]
        part = notes[first : first + len(time)]
        _fill(part, time, columns["duration"], columns["pitch"], columns["velocity"], track.program, track.is_drum, number)
        first += len(time)
    tempos = {tempo.time: tempo.mspq for tempo in score.tempos}
    signatures = {change.time: (change.numerator, change.denominator) for change in score.time_signatures}
    return Piece(
        in_order(notes),
        score.tpq,
        last_of_tick(np.array(list(tempos.items()), TEMPO)),
        last_of_tick(np.array([(tick, *signature) for tick, signature in signatures.items()], SIGNATURE)),
        left_out or {},
    )


def to_symusic(piece: Piece) -> Score:
    """The `symusic.Score` of a piece, with what is beside its notes but packets of system exclusive events (0xF7).

    symusic misreads those, and gives every track the programs that stand in itself.

    InputError: as `midi.files.writing.to_bytes`.
    """
    import symusic

    events = piece.beside.events
    beside = replace(piece.beside, events=events[events["status"] != PACKET])
    return symusic.Score.from_midi(to_bytes(replace(piece, beside=beside)))


@compiled
def _fill(
    notes: np.ndarray, time: np.ndarray, duration: np.ndarray, pitch: np.ndarray, velocity: np.ndarray,
    program: int, drum: bool, track: int,
) -> None:  # fmt: skip
    """Write one track into its part of the table."""
    for place in range(len(time)):
        note = notes[place]
        note.start, note.end = time[place], np.int64(time[place]) + duration[place]
        note.pitch, note.velocity = pitch[place], velocity[place]
        note.program, note.drum, note.track = program, drum, track
