"""Pieces for the tests of codecs: written out, and drawn by hypothesis."""

from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from midi.notes import TEMPO, make_piece, note_table


def piece_of(*notes, division=480, tempos=500_000, **columns):
    """A piece of (start, length, pitch), in quarters."""
    start, length, pitch = (np.array(values) for values in zip(*notes, strict=True))
    start, end = np.rint(start * division), np.rint((start + length) * division)
    return make_piece(note_table(len(notes), start=start, end=end, pitch=pitch, **columns), division, tempos)


def times(piece):
    """{(start, end, pitch)} in quarters, sorted."""
    return sorted(
        (Fraction(int(note["start"]), piece.division), Fraction(int(note["end"]), piece.division), int(note["pitch"]))
        for note in piece.notes
    )


@st.composite
def pieces(draw):
    """Any notes, off the grid, overlapping, in several tracks, with tempo changes; one at least is in range."""
    division = draw(st.sampled_from([24, 96, 480, 1000]))
    ticks = st.integers(0, 12 * division)
    values = (
        ticks,
        st.integers(1, 6 * division),
        st.integers(0, 127),
        st.integers(1, 127),
        st.integers(0, 127),
        st.integers(0, 2),
    )
    drawn = draw(st.lists(st.tuples(*values), max_size=14))
    start, length, pitch, velocity, program, track = np.array([*drawn, (division // 3, division, 60, 70, 5, 1)]).T
    if draw(st.booleans()):  # crowds notes on few pitches, so that they meet
        pitch = 60 + pitch % 3
    columns = {"velocity": velocity, "program": program, "track": track, "drum": track == 2}
    notes = note_table(len(start), start=start, end=start + length, pitch=pitch, **columns)
    changes = draw(st.lists(st.tuples(ticks, st.integers(150_000, 2_000_000)), max_size=3))
    return make_piece(notes, division, np.array(changes, TEMPO))


@st.composite
def melodies(draw):
    """One voice in eighths at 120 beats a minute, a rest after each note: on the grid of every codec."""
    lengths = draw(st.lists(st.tuples(st.integers(1, 8), st.integers(1, 3), st.integers(40, 90)), min_size=1, max_size=20))
    at, notes = draw(st.integers(0, 3)), []
    for length, rest, pitch in lengths:
        notes.append((at / 2, length / 2, pitch))
        at += length + rest
    return piece_of(*notes, division=draw(st.sampled_from([2, 24, 480])))
