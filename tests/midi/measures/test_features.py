"""Measures of one piece: muspy as a reference, a piano roll painted cell by cell as another, and answers known by heart."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.files.reading import read
from midi.measures.features import LENGTH_NAMES, LENGTHS, measure
from midi.notes import NOTE, SIGNATURE, TEMPO, make_piece, note_table
from tests.data import real_data

DIVISION = 4
SIXTEENTHS = st.lists(
    st.tuples(st.integers(0, 70), st.integers(2, 30), st.integers(0, 127), st.booleans()), min_size=1, max_size=30
)


def piece_of(rows, division=DIVISION, signature=None, tempos=500_000):
    """A piece of (start, length, pitch, drum) in ticks."""
    start, length, pitch, drum = (np.array(column) for column in zip(*rows, strict=True))
    notes = note_table(len(rows), start=start, end=start + length, pitch=pitch, drum=drum, track=drum)
    signatures = None if signature is None else np.array([(0, *signature)], SIGNATURE)
    return make_piece(notes, division, tempos, signatures)


def music_of(piece, shorter=0):
    """muspy's object; shorter: ticks by which its notes end early, since muspy counts the beat in which a note ends."""
    muspy = pytest.importorskip("muspy")
    tracks = [
        muspy.Track(
            is_drum=drum,
            notes=[
                muspy.Note(int(n["start"]), int(n["pitch"]), int(n["end"] - n["start"]) - shorter, 64)
                for n in piece.notes[piece.notes["drum"] == drum]
            ],
        )
        for drum in (False, True)
    ]
    return muspy.Music(resolution=piece.division, tracks=tracks)


def check_against_muspy(piece):
    muspy = pytest.importorskip("muspy")
    ours, music, shorter = measure(piece), music_of(piece), music_of(piece, 1)
    pitched = (~piece.notes["drum"]).any()
    close = {
        "pitch_count": muspy.n_pitches_used(music),
        "pitch_class_count": muspy.n_pitch_classes_used(music),
        "pitch_range": muspy.pitch_range(music) if pitched else np.nan,
        "polyphony": muspy.polyphony(music),
        "polyphony_rate": muspy.polyphony_rate(music, 1),
        "scale_consistency": muspy.scale_consistency(music),
        "pitch_entropy": muspy.pitch_entropy(music),
        "pitch_class_entropy": muspy.pitch_class_entropy(music),
        "empty_beat_rate": muspy.empty_beat_rate(shorter),
    }
    for name, value in close.items():
        assert getattr(ours, name) == pytest.approx(value, nan_ok=True), name


@given(SIXTEENTHS)
@settings(max_examples=60, deadline=None)
def test_muspy_agrees(rows):
    piece = piece_of(rows)
    check_against_muspy(piece)
    muspy = pytest.importorskip("muspy")
    wanted = muspy.groove_consistency(music_of(piece, 1), 4 * DIVISION)
    assert measure(piece).groove_consistency == pytest.approx(wanted, nan_ok=True)


@pytest.mark.parametrize("folder", ["nottingham", "js_fakes", "groove_drums"])
def test_muspy_agrees_on_real_pieces(folder):
    files = sorted(real_data(f"midi/{folder}").rglob("*.mid"))
    small = [path for path in files[:60] if path.stat().st_size < 8_000][:3]
    assert small
    for path in small:
        check_against_muspy(read(path))


@given(SIXTEENTHS)
@settings(max_examples=60, deadline=None)
def test_sound_and_beats_are_those_of_a_roll(rows):
    piece = piece_of(rows)
    found = measure(piece)
    roll = np.zeros((128, piece.end), bool)
    any_note = np.zeros(-(-piece.end // DIVISION) * DIVISION, bool)
    for note in piece.notes:
        roll[note["pitch"], note["start"] : note["end"]] |= not note["drum"]
        any_note[note["start"] : note["end"]] = True
    voices = roll.sum(axis=0)
    np.testing.assert_allclose(found.pitch_sounding, roll.mean(axis=1))
    assert found.polyphony_rate == pytest.approx(np.mean(voices > 1))
    assert found.empty_beat_rate == pytest.approx(1 - any_note.reshape(-1, DIVISION).any(axis=1).mean())


def bars_of(piece, places):
    """(bars, places) of onsets on the 16th grid, cell by cell."""
    last = max(piece.end - 1, round(piece.notes["start"].max() * 4 / piece.division) * piece.division // 4)
    grid = np.zeros((4 * last // (piece.division * places) + 1, places), bool)
    for start in piece.notes["start"].tolist():
        grid[divmod(int(np.floor(4 * start / piece.division + 0.5)), places)] = True
    return grid


@given(SIXTEENTHS, st.sampled_from([(4, 4, 16), (3, 4, 12), (6, 8, 12), (2, 4, 8)]))
@settings(max_examples=60, deadline=None)
def test_groove_compares_neighbouring_bars(rows, signature):
    numerator, denominator, places = signature
    piece = piece_of(rows, division=96, signature=(numerator, denominator))
    piece = make_piece(piece.notes, 4, signatures=piece.signatures)
    grid = bars_of(piece, places)
    wanted = 1 - np.mean(grid[1:] != grid[:-1]) if len(grid) > 1 else np.nan
    assert measure(piece).groove_consistency == pytest.approx(wanted, nan_ok=True)


def test_unquantised_onsets_count_at_the_nearest_16th():
    exact = piece_of([(bar * 1920 + beat * 480, 100, 60, False) for bar in range(4) for beat in range(4)], 480)
    assert measure(exact).groove_consistency == 1
    late = exact.notes.copy()
    late["start"] += np.random.default_rng(0).integers(0, 59, len(late))
    assert measure(make_piece(late, 480)).groove_consistency == 1


def test_a_bar_of_known_answers():
    """C4 E4 G4 together for a half, D5 for a quarter, then a drum, at 60 beats a minute."""
    rows = [(0, 8, 60, False), (0, 8, 64, False), (0, 8, 67, False), (8, 4, 74, False), (12, 4, 36, True)]
    found = measure(piece_of(rows, tempos=1_000_000))
    assert (found.empty, found.length, found.note_count, found.drum_count) == (0, 4, 5, 1)
    assert (found.notes_per_bar, found.notes_per_quarter, found.notes_per_second) == (5, 1.25, 1.25)
    assert (found.pitch_count, found.pitch_class_count, found.pitch_range, found.velocity) == (4, 4, 14, 100)
    assert found.pitch_interval == 7  # from G4, the top of the chord, to D5
    assert found.pitch_class_transitions[7, 2] == 1
    assert found.scale_consistency == 1
    assert found.pitch_entropy == found.pitch_class_entropy == 2
    assert found.polyphony == pytest.approx((3 * 2 + 1) / 3)
    assert found.polyphony_rate == 0.5
    assert found.note_length == pytest.approx((3 * 2 + 1) / 4)
    lengths = dict(zip(LENGTH_NAMES, found.note_lengths.tolist(), strict=True))
    assert {name: share for name, share in lengths.items() if share} == {"1/4": 0.25, "1/2": 0.75}
    assert found.onset_interval == 1.5
    assert found.onset_intervals[LENGTHS == 2] == found.onset_intervals[LENGTHS == 1] == 0.5
    assert found.empty_beat_rate == 0
    assert np.flatnonzero(found.pitch_histogram).tolist() == [60, 64, 67, 74]


def test_drum_notes_can_be_pitches():
    rows = [(0, 4, 60, False), (0, 4, 36, True)]
    assert measure(piece_of(rows)).pitch_count == 1
    assert measure(piece_of(rows), drums=True).pitch_range == 24


def test_seconds_follow_the_tempo_map():
    tempos = np.array([(0, 500_000), (480, 1_000_000)], TEMPO)
    assert measure(piece_of([(0, 960, 60, False)] * 3, 480, tempos=tempos)).notes_per_second == 2


@pytest.mark.parametrize("quarters", LENGTHS)
def test_lengths_fall_into_their_own_class(quarters):
    piece = piece_of([(0, round(2400 * quarters), 60, False)], 2400)
    assert np.argmax(measure(piece).note_lengths) == np.flatnonzero(quarters == LENGTHS)


def test_a_piece_without_notes():
    found = measure(make_piece(np.empty(0, NOTE)))
    zero = {name for name, value in vars(found).items() if np.all(value == 0)}
    undefined = {name for name, value in vars(found).items() if np.isnan(value).all()}
    assert zero == {"length", "note_count", "drum_count", "pitch_count", "pitch_class_count"}
    assert undefined | zero | {"empty"} == vars(found).keys()
    assert found.empty == 1


def test_an_empty_picture_has_a_length():
    found = measure(make_piece(np.empty(0, NOTE)), length=4 * 480)
    assert (found.length, found.notes_per_bar, found.empty_beat_rate, found.polyphony_rate) == (4, 0, 1, 0)
    assert found.pitch_sounding.tolist() == [0] * 128


def test_one_note():
    found = measure(piece_of([(0, 4, 60, False)]))
    undefined = {name for name, value in vars(found).items() if np.isnan(value).any()}
    assert undefined == {
        "pitch_interval", "onset_interval", "groove_consistency", "pitch_class_transitions", "onset_intervals"
    }  # fmt: skip
    assert (found.pitch_range, found.pitch_entropy, found.polyphony, found.scale_consistency) == (0, 0, 1, 1)


def test_notes_without_length_begin_but_do_not_sound():
    found = measure(piece_of([(0, 0, 60, False), (8, 0, 64, False)]))
    assert (found.note_count, found.pitch_count, found.length) == (2, 2, 2)
    assert np.isnan(found.polyphony)
    assert found.empty_beat_rate == pytest.approx(1 / 3)


@given(SIXTEENTHS, st.integers(1, 11))
@settings(max_examples=30, deadline=None)
def test_transposition_turns_the_pitch_classes(rows, semitones):
    rows = [(start, length, pitch % 116, drum) for start, length, pitch, drum in rows]
    higher = [(start, length, pitch + semitones, drum) for start, length, pitch, drum in rows]
    low, high = measure(piece_of(rows)), measure(piece_of(higher))
    np.testing.assert_array_equal(high.pitch_class_histogram, np.roll(low.pitch_class_histogram, semitones))
    np.testing.assert_array_equal(
        high.pitch_class_transitions, np.roll(low.pitch_class_transitions, (semitones, semitones), (0, 1))
    )
    for name in ("scale_consistency", "pitch_class_entropy", "pitch_interval", "polyphony", "groove_consistency"):
        assert getattr(high, name) == pytest.approx(getattr(low, name), nan_ok=True)


def test_times_of_a_damaged_file_cost_no_memory():
    began = time.perf_counter()
    found = measure(piece_of([(0, 1, 60, False), ((1 << 28) - 1, 1, 62, False)], 1))
    assert found.empty_beat_rate == pytest.approx(1)
    assert time.perf_counter() - began < 0.5


def test_a_thousand_small_pieces_take_less_than_five_seconds():
    rng = np.random.default_rng(0)
    start = rng.integers(0, 256, (1_000, 100)) * 120
    pieces = [make_piece(note_table(100, start=row, end=row + 240, pitch=rng.integers(40, 90, 100))) for row in start]
    began = time.process_time()
    for piece in pieces:
        measure(piece)
    assert time.process_time() - began < 5
