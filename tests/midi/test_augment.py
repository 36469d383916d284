"""Variations of pieces: what moves, what stays, and that the table stays a table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mido import Message, MetaMessage, MidiFile, MidiTrack

from midi.augment import TEMPO_WANDER, TIMING, VELOCITY, Augment, humanise, jitter_velocity, pitch_noise, stretch, transpose
from midi.files.mido_bridge import from_mido, to_mido
from midi.files.reading import read
from midi.files.writing import write
from midi.notes import SIGNATURE, TEMPO, in_order, make_piece, note_table
from training.errors import InputError

ROWS = st.lists(
    st.tuples(st.integers(0, 500), st.integers(0, 300), st.integers(0, 127), st.booleans(), st.integers(0, 1)), max_size=25
)


def piece_of(rows, **columns):
    """A piece of (start, length, pitch, drum, track), first in, first out."""
    start, length, pitch, drum, track = (np.array(column, int) for column in zip(*rows, strict=True)) if rows else [[]] * 5
    end = np.add(start, length)
    notes = note_table(len(rows), start=start, end=end, pitch=pitch, drum=np.array(drum, bool), track=track, **columns)
    return stretch(make_piece(notes, signatures=np.array([(0, 4, 4)], SIGNATURE)), 1)


def check(piece):
    """The invariants of the table."""
    notes = piece.notes
    assert np.array_equal(notes, in_order(notes))
    assert (notes["end"] >= notes["start"]).all()
    for key in np.unique(notes[["track", "program", "drum", "pitch"]]):
        voice = notes[notes[["track", "program", "drum", "pitch"]] == key]
        assert (np.diff(voice["end"]) >= 0).all()


def lengths(piece):
    return np.sort(piece.notes["end"] - piece.notes["start"]).tolist()


@given(ROWS, st.integers(-140, 140))
@settings(max_examples=60, deadline=None)
def test_transposition(rows, semitones):
    piece = piece_of(rows)
    moved = transpose(piece, semitones)
    check(moved)
    ours, theirs = piece.notes, moved.notes
    assert len(ours) == len(theirs)
    assert sorted(theirs["pitch"][theirs["drum"]]) == sorted(ours["pitch"][ours["drum"]])
    wanted = (ours["pitch"][~ours["drum"]].astype(int) + semitones) % 12
    assert sorted(theirs["pitch"][~theirs["drum"]] % 12) == sorted(wanted)
    assert (theirs["pitch"] <= 127).all()
    assert np.array_equal(theirs["start"], ours["start"])


@given(ROWS, st.integers(-12, 12))
@settings(max_examples=60, deadline=None)
def test_transposition_drops_and_counts(rows, semitones):
    piece = piece_of(rows)
    moved = transpose(piece, semitones, "drop")
    check(moved)
    notes = piece.notes
    wanted = notes["pitch"].astype(int) + semitones * ~notes["drum"]
    fits = (wanted >= 0) & (wanted <= 127)
    assert sorted(moved.notes["pitch"]) == sorted(wanted[fits])
    assert moved.left_out.get("out_of_range", 0) == np.count_nonzero(~fits)


@given(ROWS)
@settings(max_examples=30, deadline=None)
def test_there_and_back_is_the_same_piece(rows):
    rows = [(start, length, 20 + pitch % 80, drum, track) for start, length, pitch, drum, track in rows]
    piece = piece_of(rows)
    for back in (transpose(transpose(piece, 7), -7), transpose(piece, 0), stretch(stretch(piece, 3), 1 / 3)):
        assert sorted(back.notes.tolist()) == sorted(piece.notes.tolist())


def test_folding_is_by_the_fewest_octaves():
    piece = piece_of([(0, 10, 127, False, 0), (20, 10, 0, False, 0)])
    assert transpose(piece, 1).notes["pitch"].tolist() == [116, 1]
    assert transpose(piece, -1).notes["pitch"].tolist() == [126, 11]


def test_notes_that_come_together_end_in_the_order_they_begin():
    piece = piece_of([(0, 100, 127, False, 0), (10, 20, 115, False, 0)])
    folded = transpose(piece, 5)
    assert folded.notes[["start", "end", "pitch"]].tolist() == [(0, 30, 120), (10, 100, 120)]


def test_a_variation_is_written_and_read_as_it_is(tmp_path):
    rng = np.random.default_rng(0)
    rows = [
        (int(s), 50, int(p), False, 0) for s, p in zip(rng.integers(0, 2000, 200), rng.integers(50, 60, 200), strict=True)
    ]
    piece = pitch_noise(piece_of(rows), 1, rng)
    write(tmp_path / "a.mid", piece)
    assert np.array_equal(read(tmp_path / "a.mid").notes[["start", "end", "pitch"]], piece.notes[["start", "end", "pitch"]])


@given(ROWS, st.floats(0.01, 8))
@settings(max_examples=60, deadline=None)
def test_stretching_ticks(rows, factor):
    piece = piece_of(rows)
    longer = stretch(piece, factor)
    check(longer)
    assert sorted(longer.notes["start"]) == sorted(np.rint(piece.notes["start"] * factor))
    assert lengths(longer).count(0) == lengths(piece).count(0)
    assert float(longer.seconds(longer.end)) == pytest.approx(float(piece.seconds(piece.end)) * factor, abs=0.01)


def test_tempos_and_signatures_move_along():
    tempos = np.array([(0, 500_000), (960, 250_000)], TEMPO)
    piece = make_piece(note_table(1, end=1920), 480, tempos, np.array([(0, 4, 4), (960, 3, 4)], SIGNATURE))
    longer = stretch(piece, 2)
    assert longer.tempos["tick"].tolist() == longer.signatures["tick"].tolist() == [0, 1920]
    assert float(longer.seconds(longer.end)) == 2 * float(piece.seconds(piece.end))
    assert stretch(piece, 1e-4).tempos.tolist() == [(0, 250_000)]


def test_stretching_the_tempo_leaves_the_ticks():
    for tempos in (np.array([(0, 400_000), (960, 250_000)], TEMPO), np.empty(0, TEMPO), np.array([(480, 250_000)], TEMPO)):
        piece = make_piece(note_table(1, end=1920), 480, tempos)
        slower = stretch(piece, 1.5, "tempo")
        assert np.array_equal(slower.notes, piece.notes)
        assert float(slower.seconds(1920)) == pytest.approx(1.5 * float(piece.seconds(1920)))


def test_velocities():
    piece = piece_of([(i, 10, i % 128, False, 0) for i in range(2_000)])
    louder = jitter_velocity(piece, 5, np.random.default_rng(0)).notes["velocity"].astype(int) - 100
    assert louder.std() == pytest.approx(5, rel=0.1)
    assert abs(louder.mean()) < 0.5
    far = jitter_velocity(piece, 500, np.random.default_rng(0)).notes["velocity"]
    assert (far.min(), far.max()) == (1, 127)
    assert np.array_equal(jitter_velocity(piece, 0, np.random.default_rng(0)).notes, piece.notes)


@pytest.mark.parametrize("amount", [0.0, 1.0, 3.0])
def test_people_are_off_the_beat_and_their_tempo_wanders(amount):
    """Standard deviations: of onsets, of the tempo's logarithm, of velocities; eighths at 150 beats a minute."""
    count = 4_000
    notes = note_table(
        count, start=960 + 480 * np.arange(count), end=1_200 + 480 * np.arange(count), pitch=np.arange(count) % 128
    )
    piece = make_piece(notes, 960, 400_000, np.array([(0, 3, 4)], SIGNATURE))
    played = humanise(piece, amount, np.random.default_rng(0))
    check(played)
    assert lengths(played) == lengths(piece)
    assert np.array_equal(played.signatures, piece.signatures)
    off = piece.seconds(played.notes["start"]) - piece.seconds(piece.notes["start"])
    assert off.std() == pytest.approx(amount * TIMING, rel=0.1)
    assert played.notes["velocity"].astype(float).std() <= 1.1 * amount * VELOCITY
    wander = np.log(played.tempos["microseconds"] / 400_000)
    assert wander.std() == pytest.approx(amount * TEMPO_WANDER, rel=0.2)
    if amount:
        assert np.corrcoef(wander[4:], wander[:-4])[0, 1] == pytest.approx(0.5, abs=0.15), "half of the way back in a bar"


def test_tempo_changes_stay_where_people_play():
    changes = np.array([(0, 400_000), (1_000, 800_000)], TEMPO)
    piece = make_piece(note_table(2, start=[0, 4_000], end=[100, 4_100]), 480, changes)
    played = humanise(piece, 1.0, np.random.default_rng(0))
    assert (played.notes["start"] >= 0).all()
    for tick in (0, 999, 1_000, 4_000):
        assert played.tempo_at(tick) == pytest.approx(piece.tempo_at(tick), rel=6 * TEMPO_WANDER)
    assert len(humanise(piece_of([]), 1.0, np.random.default_rng(0)).notes) == 0
    with pytest.raises(InputError, match="0 or more"):
        humanise(piece, -1.0, np.random.default_rng(0))


def test_pitch_noise_moves_a_third_of_the_chosen_notes():
    piece = piece_of([(10 * i, 5, 60, i % 4 == 0, 0) for i in range(40_000)])
    noisy = pitch_noise(piece, 0.5, np.random.default_rng(0)).notes
    assert (noisy["pitch"][noisy["drum"]] == 60).all()
    moves = noisy["pitch"][~noisy["drum"]].astype(int) - 60
    assert np.mean(moves != 0) == pytest.approx(0.5 * 0.3173, abs=0.01)
    assert np.mean(np.abs(moves) >= 2) == pytest.approx(0.5 * 0.0455, abs=0.004)
    assert abs(moves.mean()) < 0.01


@given(ROWS, st.floats(0, 1), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_pitch_noise_keeps_the_table(rows, share, seed):
    piece = piece_of(rows)
    noisy = pitch_noise(piece, share, np.random.default_rng(seed))
    check(noisy)
    assert np.array_equal(noisy.notes["start"], piece.notes["start"])
    assert np.array_equal(pitch_noise(piece, 0, np.random.default_rng(seed)).notes, piece.notes)


@given(ROWS, st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_a_variation_is_that_of_the_generators_state(rows, seed):
    piece = piece_of(rows)
    before = piece.notes.copy()
    augment = Augment(transpose=(-5, 6), stretch=(0.5, 1, 2), velocity=10, pitch_noise=0.2)
    first, again = (augment(piece, np.random.default_rng(seed)) for _ in range(2))
    check(first)
    assert np.array_equal(first.notes, again.notes)
    assert np.array_equal(piece.notes, before)


def test_parameters_are_drawn_from_their_whole_range():
    piece = piece_of([(480, 480, 60, False, 0)])
    rng = np.random.default_rng(0)
    found = [Augment(transpose=(-2, 3), stretch=(0.5, 2))(piece, rng).notes[0] for _ in range(200)]
    assert {int(note["pitch"]) for note in found} == {58, 59, 60, 61, 62, 63}
    assert {int(note["start"]) for note in found} == {240, 960}


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"transpose": (3, 1)}, "lowest and the highest"),
        ({"stretch": ()}, "one factor"),
        ({"stretch": (0.0,)}, "above 0"),
        ({"stretch": (float("nan"),)}, "above 0"),
        ({"velocity": -1.0}, "0 or more"),
        ({"pitch_noise": 1.5}, "0 to 1"),
    ],
)
def test_bad_parameters(options, match):
    with pytest.raises(InputError, match=match):
        Augment(**options)


def test_bad_choices():
    piece = piece_of([])
    with pytest.raises(InputError, match="fold or drop"):
        transpose(piece, 1, "wrap")
    with pytest.raises(InputError, match="ticks or tempo"):
        stretch(piece, 1, "bars")


def test_keys_and_controllers_move_along():
    """C major a semitone higher is D flat major; a pedal pressed at tick 10 is pressed at 20."""
    key, pedal = MetaMessage("key_signature", key="C"), Message("control_change", control=64, value=127, time=10)
    note = [Message("note_on", note=60), Message("note_off", note=60, time=5)]
    piece = from_mido(MidiFile(tracks=[MidiTrack([key, pedal, *note])]))
    messages = to_mido(stretch(transpose(piece, 1), 2)).tracks[0]
    now = np.cumsum([message.time for message in messages]).tolist()
    found = {message.type: (time, message) for time, message in zip(now, messages, strict=True)}
    assert found["key_signature"][1].key == "Db"
    assert found["control_change"][0] == 20
    assert found["note_on"][1].note == 61
