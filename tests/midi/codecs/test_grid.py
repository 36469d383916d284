"""Columns and ticks against exact fractions, and the rules for notes that meet."""

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.codecs.grid import MAX_COLUMNS, class_runs, division_of, place, ticks_of
from midi.notes import TEMPO, make_piece, note_table
from tests.midi.codecs.pieces import piece_of, pieces
from training.errors import InputError

few = settings(max_examples=60, deadline=None)


def snapped(quarters):
    """As the parser does: of the multiples of 1/4 and 1/3 the nearest; the lower of two, 1/4 where both are as near."""
    candidates = []
    for part in (Fraction(1, 4), Fraction(1, 3)):
        low = floor(quarters / part) * part
        candidates.append(low if quarters - low <= part / 2 else low + part)
    return min(candidates, key=lambda each: abs(each - quarters))


ROUNDED = {
    "round": lambda quarters, per: floor(quarters * per + Fraction(1, 2)),
    "floor": lambda quarters, per: floor(quarters * per),
    "snap": lambda quarters, per: floor(snapped(quarters) * per),
}


@given(
    st.integers(0, 10**7), st.sampled_from([1, 24, 96, 480, 1000, 32767]), st.sampled_from([1, 4, 12, 24]),
    st.sampled_from(sorted(ROUNDED)),
)  # fmt: skip
@few
def test_columns_are_rounded_absolute_times(tick, division, per, rounding):
    notes = note_table(1, start=tick, end=tick + 100 * division, pitch=60)
    column = ROUNDED[rounding](Fraction(tick, division), per)
    assume(column + 101 * per <= MAX_COLUMNS)
    bars, losses = place(make_piece(notes, division), 0, 127, per, rounding=rounding)
    shift = abs(Fraction(column, per) - Fraction(tick, division))
    assert bars.first[0] == column
    assert losses["largest_shift"] == pytest.approx(float(shift))
    assert losses["moved"] == (shift > 0)


@given(pieces(), st.sampled_from([7, 20, 100]), st.sampled_from(["round", "floor"]))
@few
def test_columns_in_seconds_go_through_the_tempo_map(piece, per, rounding):
    def seconds(tick):
        total, pace, before = Fraction(0), 500_000, 0
        for change in piece.tempos:
            if change["tick"] < tick:
                total, before = total + int(change["tick"] - before) * Fraction(pace, piece.division), int(change["tick"])
                pace = int(change["microseconds"])
        return (total + (tick - before) * Fraction(pace, piece.division)) / 10**6

    bars, _ = place(piece, 0, 127, per, "second", rounding)
    for column, source in zip(bars.first, bars.source, strict=True):
        exact = seconds(int(piece.notes["start"][source])) * per
        assert column - exact <= (Fraction(1, 2) if rounding == "round" else 0) + Fraction(1, 10**6)
        assert exact - column <= (Fraction(1, 2) if rounding == "round" else 1) + Fraction(1, 10**6)


@pytest.mark.parametrize("tempos", [400_000, np.array([(0, 400_000), (960, 1_200_000)], TEMPO)], ids=["one tempo", "two"])
def test_the_largest_shift_is_in_quarters(tempos):
    """At 0.4 s a quarter a tick of 480 is 5/6 ms; 36 ticks are 0.03 s, of which a column of 0.05 s makes 60 ticks."""
    _, losses = place(make_piece(note_table(1, start=36, end=480, pitch=60), 480, tempos), 0, 127, 20, "second")
    assert losses["largest_shift"] == pytest.approx(24 / 480)


def test_the_largest_shift_after_a_tempo_change():
    """From the second quarter on a column of 0.05 s is 20 ticks."""
    tempos = np.array([(0, 400_000), (960, 1_200_000)], TEMPO)
    _, losses = place(make_piece(note_table(1, start=1207, end=1800, pitch=60), 480, tempos), 0, 127, 20, "second")
    assert losses["largest_shift"] == pytest.approx(7 / 480)


def test_a_stretch_without_duration_shifts_nothing():
    tempos = np.array([(0, 400_000), (480, 0)], TEMPO)
    _, losses = place(make_piece(note_table(1, start=900, end=960, pitch=60), 480, tempos), 0, 127, 20, "second")
    assert losses["largest_shift"] == 0
    assert losses["lengthened"] == 1


@pytest.mark.parametrize("rounding", ["round", "floor"])
@pytest.mark.parametrize(("per", "tempo"), [(20, 500_000), (20, 16_777_215), (100, 321_123), (7, 1), (33.3, 777_777)])
def test_ticks_of_columns_in_seconds_are_of_that_column(per, tempo, rounding):
    columns = np.arange(2000)
    notes = note_table(2000, start=ticks_of(columns, per, "second", tempo, rounding), pitch=60)
    notes["end"] = notes["start"] + 1
    bars, losses = place(make_piece(notes, division_of(per, "second"), tempo), 0, 127, per, "second", rounding)
    np.testing.assert_array_equal(bars.first, columns)
    assert losses["kept"] == 2000


@pytest.mark.parametrize("per", [1, 4, 7, 12, 24, 96, 500])
def test_ticks_of_columns_in_quarters_are_exact(per):
    division = division_of(per, "quarter")
    assert ticks_of(np.arange(50), per, "quarter", 500_000).tolist() == [column * division // per for column in range(50)]
    assert division % per == 0
    assert 240 <= division <= 960


def test_columns_finer_than_ticks():
    with pytest.raises(InputError, match="a tick is 10 ms, longer than a column of 5 ms"):
        ticks_of(np.arange(3), 200, "second", 4_800_000)


def placed(*notes, per=4):
    bars, losses = place(piece_of(*notes), 31, 94, per)
    return sorted(zip(bars.row.tolist(), bars.first.tolist(), bars.last.tolist(), strict=True)), losses


def test_a_note_still_sounding_is_cut_by_the_next():
    bars, losses = placed((0, 3, 60), (1, 1, 60))
    assert bars == [(34, 0, 4), (34, 4, 8)]
    assert (losses["shortened"], losses["kept"]) == (1, 2)


def test_of_notes_in_one_cell_the_longest_stays():
    bars, losses = placed((0, 1, 60), (0, 3, 60), (0.01, 2, 60))
    assert bars == [(34, 0, 12)]
    assert (losses["merged"], losses["kept"], losses["notes"]) == (2, 1, 3)


def test_every_note_covers_a_column():
    bars, losses = placed((1, 0.01, 60), (2, 0, 64))
    assert bars == [(30, 8, 9), (34, 4, 5)]
    assert losses["lengthened"] == 2


def test_pitches_without_a_row_are_counted():
    bars, losses = placed((0, 1, 30), (0, 1, 31), (0, 1, 94), (0, 1, 95))
    assert [row for row, _, _ in bars] == [0, 63]
    assert (losses["out_of_range"], losses["kept"]) == (2, 2)


def test_rounding_does_not_add_up():
    """Ten thirds of a 16th in a row end where ten thirds of a 16th end, not ten columns later."""
    bars, _ = place(piece_of(*((number / 12, 1 / 12, 40 + number) for number in range(30))), 0, 127, 4)
    assert bars.first.max() == 10


def test_the_longest_piece():
    at = MAX_COLUMNS // 4
    assert placed((at - 1, 1, 60))[0] == [(34, MAX_COLUMNS - 4, MAX_COLUMNS)]
    with pytest.raises(InputError, match="ends in column 524,292; at most 524,288 columns are made: a damaged delta time"):
        placed((at, 1, 60))


def brute_runs(row):
    """The notes of a row of classes, cell by cell."""
    notes, begin = [], None
    for column, value in enumerate([*row, REST]):
        if begin is not None and value != SUSTAIN:
            notes.append((begin, column))
            begin = None
        if value == ONSET or (value == SUSTAIN and begin is None):
            begin = column
    return notes


@given(st.integers(0, 2**32 - 1), st.integers(0, 12))
@few
def test_runs_of_classes(seed, columns):
    classes = np.random.default_rng(seed).integers(0, 3, (4, columns)).astype(np.uint8)
    row, first, last = class_runs(10 * classes, np.arange(256, dtype=np.uint8) // 10)
    expected = [(number, *note) for number, each in enumerate(classes) for note in brute_runs(each)]
    assert list(zip(row.tolist(), first.tolist(), last.tolist(), strict=True)) == expected
