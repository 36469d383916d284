"""Event tokens: the published numbers by hand, round trips, and what a model may write that no piece has."""

import numpy as np
import pytest

from generators.sequences.events import END, OFF, ON, PAD, SHIFT, VELOCITY, Events
from midi.files.reading import read
from midi.files.writing import write
from midi.notes import TEMPO, make_piece, note_table
from training.errors import InputError

SECONDS, QUARTERS = Events("second"), Events("quarter")
UNITS = pytest.mark.parametrize("events", [SECONDS, QUARTERS], ids=["second", "quarter"])


def random_piece(seed, count=200):
    """Notes anywhere, of any pitch and velocity, that overlap; two tempos."""
    draws = np.random.default_rng(seed)
    start = draws.integers(0, 20_000, count)
    columns = {"start": start, "end": start + draws.integers(1, 2_000, count), "pitch": draws.integers(0, 128, count)}
    notes = note_table(count, **columns, velocity=draws.integers(1, 128, count))
    return make_piece(notes, 480, np.array([(0, 600_000), (5_000, 300_000)], TEMPO))


def test_tokens_by_hand():
    """At 120 beats a minute a quarter is half a second; the second velocity is in the first's step of four."""
    notes = note_table(3, start=[0, 0, 1_200], end=[480, 240, 2_400], pitch=[64, 60, 64], velocity=[80, 81, 100])
    tokens = SECONDS.encode(make_piece(notes, 480))[0][:, 0].tolist()
    assert tokens == [
        VELOCITY + 20, ON + 60, ON + 64, SHIFT + 24, OFF + 60, SHIFT + 24, OFF + 64, SHIFT + 74, VELOCITY + 25, ON + 64,
        SHIFT + 99, SHIFT + 24, OFF + 64, END,
    ]  # fmt: skip
    tokens = QUARTERS.encode(make_piece(notes, 480))[0][:, 0].tolist()
    assert [token - SHIFT + 1 for token in tokens if SHIFT <= token < VELOCITY] == [6, 6, 18, 30]


@UNITS
@pytest.mark.parametrize("seed", range(3))
def test_what_is_decoded_is_encoded_the_same(events, seed):
    steps, losses = events.encode(random_piece(seed))
    again = events.decode(steps)
    np.testing.assert_array_equal(events.encode(again)[0], steps)
    assert events.notes(steps) == len(again) == losses["kept"]
    assert losses["kept"] + losses["merged"] == losses["notes"] == 200


def test_velocities_are_kept_in_steps_of_four():
    velocities = np.array([80, 83, 2, 127])
    piece = make_piece(note_table(4, start=np.arange(4) * 480, end=480 + np.arange(4) * 480, pitch=60, velocity=velocities))
    steps, losses = QUARTERS.encode(piece)
    assert QUARTERS.decode(steps).notes["velocity"].tolist() == [80, 80, 1, 124]
    assert losses["velocities"] == 3
    assert ((steps >= VELOCITY) & (steps < PAD)).sum() == 3, "told where it changes"


def test_seconds_are_those_of_the_tempo_map():
    piece = random_piece(7, 1)
    again = SECONDS.decode(SECONDS.encode(piece)[0])
    for name in ("start", "end"):
        np.testing.assert_allclose(again.seconds(again.notes[name]), piece.seconds(piece.notes[name]), atol=0.0051)


def test_a_bar_is_two_seconds_or_four_quarters_and_notes_at_its_line_lie_behind_it():
    steps = np.array([[ON + 60], [SHIFT + 99], [SHIFT + 99], [OFF + 60], [ON + 62]])
    assert SECONDS.bars(steps).tolist() == [0.005, 0.5, 1, 1, 1.005]
    assert SECONDS.duration(steps) is None
    quarters = np.array([[ON + 60], [SHIFT + 47], [OFF + 60], [END]])
    assert QUARTERS.bars(quarters).tolist() == [1 / 48, 1, 1, 1]
    assert (QUARTERS.duration(quarters), QUARTERS.duration(quarters[:0])) == (4, 0)


@UNITS
def test_any_tokens_are_a_piece(events):
    steps = np.random.default_rng(0).integers(0, 391, (3_000, 1)).astype(np.int16)
    whole = steps[~np.isin(steps[:, 0], (END, PAD))][:, None].reshape(-1, 1)
    piece = events.decode(whole)
    assert len(piece)
    assert (piece.notes["end"] > piece.notes["start"]).all()
    assert len(events.decode(steps)) <= len(piece)
    assert not events.roll(steps[:0]).any()
    assert events.roll(whole).shape[1] == 128


def test_transposition_moves_notes_alone():
    steps = np.array([[VELOCITY + 3], [ON + 120], [SHIFT + 5], [OFF + 120], [END]])
    assert SECONDS.transposed(steps, 7)[:, 0].tolist() == [VELOCITY + 3, ON + 127, SHIFT + 5, OFF + 127, END]
    assert SECONDS.transposed(steps, 8) is None
    assert SECONDS.transposed(np.array([[OFF + 3]]), -4) is None


def test_a_piece_without_notes_is_one_line():
    with pytest.raises(InputError, match="it holds no notes"):
        SECONDS.encode(make_piece(note_table(0)))


def test_units_are_of_a_corpus():
    assert SECONDS.serves(SECONDS.facts())
    assert not SECONDS.serves(QUARTERS.facts())
    assert Events.from_facts(QUARTERS.facts() | {"seed": 1}) == QUARTERS
    for facts in ({}, {"unit": "bar"}, {"unit": 3}):
        with pytest.raises(InputError, match="expected events in the unit second or quarter"):
            Events.from_facts(facts)


@pytest.mark.parametrize("unit", ["second", "quarter"])
def test_drums_are_left_out_and_counted(unit):
    pitched = note_table(2, start=[0, 480], end=[480, 960], pitch=[60, 64], velocity=80)
    drums = note_table(2, start=[0, 480], end=[240, 720], pitch=[36, 38], velocity=80, drum=True, track=1)
    tokens, losses = Events(unit).encode(make_piece(np.concatenate([pitched, drums]), 480))
    np.testing.assert_array_equal(tokens, Events(unit).encode(make_piece(pitched, 480))[0])
    assert (losses["notes"], losses["kept"], losses["drums"]) == (4, 2, 2)


@pytest.mark.parametrize("seed", [0, 1])
def test_notes_begin_and_end_when_another_tokeniser_has_them(tmp_path, seed):
    """MidiTok's tokens like MIDI (arXiv 1808.03715 too), of notes on the grid of which no two of a pitch overlap."""
    miditok, symusic = pytest.importorskip("miditok"), pytest.importorskip("symusic")
    draws = np.random.default_rng(seed)
    pitch, place = np.repeat(np.arange(40, 90, 3), 12), np.tile(np.arange(12), 17)
    start = 480 * place + 40 * draws.integers(0, 6, len(pitch))
    end = start + 40 * draws.integers(1, 7, len(pitch))
    notes = note_table(len(pitch), start=start, end=end, pitch=pitch, velocity=4 * draws.integers(1, 32, len(pitch)))
    write(tmp_path / "piece.mid", make_piece(notes, 480))
    options = {"use_rests": False, "use_programs": False, "use_time_signatures": False, "special_tokens": ["PAD"]}
    grid = {"pitch_range": (0, 127), "beat_res": {(0, 64): 12}, "num_velocities": 127}
    (theirs,) = miditok.MIDILike(miditok.TokenizerConfig(**options, **grid))(symusic.Score(tmp_path / "piece.mid"))
    found, now = [], 0
    for kind, value in (token.split("_") for token in theirs.tokens):
        if kind == "TimeShift":
            beats, parts, _ = map(int, value.split("."))
            now += 12 * beats + parts
        elif kind == "Velocity":
            found[-1] = (*found[-1][:3], int(value))
        else:
            found.append((now, kind == "NoteOn", int(value), 0))
    mine, now, velocity = [], 0, 0
    for token in QUARTERS.encode(read(tmp_path / "piece.mid"))[0][:-1, 0].tolist():
        if token >= VELOCITY:
            velocity = 4 * (token - VELOCITY)
        elif token >= SHIFT:
            now += token - SHIFT + 1
        else:
            mine.append((now, token < OFF, token % OFF, velocity if token < OFF else 0))
    assert sorted(mine) == sorted(found)
    assert len(mine) == 2 * len(pitch)
