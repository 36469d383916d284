"""Which program plays each octave."""

import numpy as np

from midi.notes import make_piece, note_table
from transfer.dtn.pieces import OCTAVES, played_by, programs_of


def piece(pitches, programs, **columns):
    return make_piece(
        note_table(len(pitches), start=np.arange(len(pitches)), end=500, pitch=pitches, program=programs, **columns)
    )


def test_the_commonest_program_of_each_octave_and_of_the_nearest_where_there_are_few():
    bass, lead = piece([36, 37, 38], [33, 33, 0]), piece([71] * 5, [30, 30, 30, 0, 0])
    assert programs_of([bass, lead]) == [33, 33, 33, 33, 33, 30, 30, 30, 30, 30, 30]
    rare = piece([100], [9])
    assert programs_of([bass, *[lead] * 40, rare])[8] == 30


def test_drums_do_not_count_and_nothing_is_a_piano():
    assert programs_of([piece([36, 40], [5, 5], drum=True)]) == programs_of([]) == [0] * OCTAVES


def test_a_piece_is_played_by_the_octaves():
    made = played_by(piece([11, 12, 60, 127], [1, 1, 1, 1]), list(range(50, 61)))
    assert made.notes["program"].tolist() == [50, 51, 55, 60]
