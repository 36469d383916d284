"""Notes as steps: the columns again, whatever they are; long gaps and notes chained; what a model may draw beside that."""

from dataclasses import replace

import numpy as np
import pytest

from generators.sequences.columns import Columns
from generators.sequences.notes import DURATION, GAP, PITCH, PLACE, Notes
from generators.sequences.primers import from_file
from generators.sequences.representation import Stretch, ended, next_bar, rolls_after, without_end
from midi.codecs import codec_named
from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.files.writing import write
from midi.notes import make_piece, note_table
from training.errors import InputError

NOTES = Notes(codec_named("beats88"))
COLUMNS = Columns(codec_named("beats88"))
REST_STEP, END_STEP = NOTES.silence, NOTES.silence + 1


def piece_of(*notes):
    """(start, end, pitch) in columns of four a quarter."""
    start, end, pitch = np.array(notes).T
    return make_piece(note_table(len(start), start=start * 120, end=end * 120, pitch=pitch), 480)


def steps_of(*notes):
    return NOTES.encode(piece_of(*notes))[0]


def columns_at_random(seed, length, density):
    """Cells as a codec has them: a note goes on only where one was begun, the last column has a note."""
    draws = np.random.default_rng(seed)
    columns = np.zeros((length, 88), np.uint8)
    for time in range(length):
        begins = draws.random(88) < density
        goes_on = (columns[time - 1] != REST) & (draws.random(88) < 0.97) & (time > 0)
        columns[time] = np.where(begins, ONSET, np.where(goes_on, SUSTAIN, REST))
    columns[-1, 3] = ONSET
    return columns


@pytest.mark.parametrize("top", ["high", "low"])
@pytest.mark.parametrize(("seed", "length", "density"), [(0, 400, 0.001), (1, 60, 0.3), (2, 900, 0.0001), (3, 1, 0.5)])
def test_steps_tell_columns_exactly(seed, length, density, top):
    notes = Notes(replace(codec_named("beats88"), top=top))
    columns = columns_at_random(seed, length, density)
    steps = notes.of_columns(columns)
    np.testing.assert_array_equal(notes.roll(steps), columns)
    assert notes.notes(steps) == (columns == ONSET).sum()
    assert notes.duration(steps) == length / 4
    assert ((steps >= 0) & (steps < notes.vocabulary)).all()
    onset, pitch = np.cumsum(steps[:, GAP]), steps[:, PITCH]
    assert ((np.diff(onset) > 0) | (np.diff(pitch) > 0) | (pitch[1:] >= notes.silence)).all(), "pitches rise in a column"
    np.testing.assert_array_equal(steps[:, PLACE], onset % 48)


def test_a_chord_and_a_note_after_it_are_four_steps_by_hand():
    steps = steps_of((0, 4, 64), (0, 2, 60), (6, 9, 21))
    assert steps.tolist() == [[0, 39, 2, 0], [0, 43, 4, 0], [6, 0, 3, 6], [3, END_STEP, 0, 9]]


def test_what_is_longer_than_four_bars_is_chained():
    steps = steps_of((0, 200, 60), (200, 210, 60), (400, 401, 60))
    tied = NOTES.longest + 1
    assert steps[:, DURATION].tolist() == [tied, tied, tied, 8, 10, 0, 0, 0, 1, 0]
    assert steps[:, GAP].tolist() == [0, 64, 64, 64, 8, 64, 64, 64, 8, 1]
    assert NOTES.notes(steps) == 3, "a note that goes on is one, one that begins where it ends another"
    assert [(note["start"], note["end"]) for note in NOTES.decode(steps).notes] == [
        (0, 24_000), (24_000, 25_200), (48_000, 48_120),
    ]  # fmt: skip


def test_a_note_ends_where_its_pitch_begins_again():
    """As no piece has it, but a model may: the rest of the first note is gone, not the second's."""
    steps = np.array([[0, 39, 10, 0], [2, 39, 3, 2], [8, 40, 1, 10]])
    assert [(int(note["start"]), int(note["end"])) for note in NOTES.decode(steps).notes] == [
        (0, 240), (240, 600), (1_200, 1_320),
    ]  # fmt: skip


def test_nothing_is_told_behind_the_end_and_steps_without_notes_are_a_rest():
    steps = steps_of((0, 4, 60), (4, 8, 62))
    behind = np.concatenate([steps, steps_of((0, 90, 70)), np.full((3, 4), NOTES.pad)])
    np.testing.assert_array_equal(NOTES.roll(behind), NOTES.roll(steps))
    for nothing in (steps[:0], NOTES.rest[None], np.full((2, 4), NOTES.pad)):
        assert not NOTES.roll(nothing).any()
    assert (ended(NOTES, behind), ended(NOTES, steps[:2])) == (3, None)
    np.testing.assert_array_equal(without_end(NOTES, behind), steps[:2])


def test_transposition_moves_notes_alone():
    steps = steps_of((0, 200, 60), (250, 252, 100))
    up = NOTES.transposed(steps, 8)
    np.testing.assert_array_equal(NOTES.decode(up).notes["pitch"], NOTES.decode(steps).notes["pitch"] + 8)
    assert NOTES.transposed(steps, 9) is None
    assert NOTES.transposed(steps, -40) is None
    np.testing.assert_array_equal(steps, steps_of((0, 200, 60), (250, 252, 100)))


def test_a_note_at_a_bar_line_lies_behind_it():
    steps = steps_of((0, 4, 60), (15, 16, 62), (16, 20, 64), (16, 40, 67))
    assert [Stretch(bars).within(NOTES, steps) for bars in (0.5, 1, 2, 9)] == [1, 2, 4, 5]
    prompt, after = steps[:2], steps[2:4]
    assert next_bar(NOTES, prompt) == 1
    assert next_bar(NOTES, steps[:3]) == 2
    assert next_bar(NOTES, steps[:0]) == 0
    assert Stretch(1).after(NOTES, prompt, np.concatenate([after, [[16, 0, 1, 32]]])) == 2
    assert Stretch(9).after(NOTES, prompt, np.concatenate([after, steps[4:], after])) == 3, "not behind the end"
    assert Stretch(9, 1).after(NOTES, prompt, after) == 1


def test_what_goes_on_from_a_prompt_is_shown_from_the_bar_line_on():
    whole = steps_of((0, 20, 60), (20, 36, 62))
    (roll,) = rolls_after(NOTES, [whole[:1]], [whole[1:2]], 2)
    np.testing.assert_array_equal(roll[:20], COLUMNS.encode(piece_of((0, 20, 60), (20, 36, 62)))[0][16:])
    assert roll.shape == (32, 88)
    assert not roll[20:].any()


def test_a_limit_shortens_notes_and_nothing_else():
    limit = NOTES.note_limit(0.5)
    step = np.array([[3, 40, 20, 7], [3, 40, NOTES.longest + 1, 7], [3, 40, 5, 7], [64, REST_STEP, 0, 7]], np.int32)
    limited, memory = limit(step, limit.start([step[:0]] * 4))
    assert np.asarray(limited).tolist() == [[3, 40, 8, 7], [3, 40, 8, 7], [3, 40, 5, 7], [64, REST_STEP, 0, 7]]
    assert memory.shape == (4, 1)
    assert NOTES.note_limit(0) is None


def test_a_primer_has_no_end_and_what_is_lost_of_it_is_told(tmp_path, capsys):
    write(tmp_path / "a.mid", piece_of((0, 4, 60), (4, 8, 12)))
    _, steps = from_file(tmp_path / "a.mid", NOTES)(0)
    assert steps.tolist() == [[0, 39, 4, 0]]
    assert "1 of 2 notes kept; out of range 1" in capsys.readouterr().err
    write(tmp_path / "none.mid", make_piece(note_table(0)))
    with pytest.raises(InputError, match=r"none\.mid: it holds no notes"):
        from_file(tmp_path / "none.mid", NOTES)
    write(tmp_path / "low.mid", piece_of((0, 4, 12)))
    with pytest.raises(InputError, match="no note within the pitches 21 to 108"):
        from_file(tmp_path / "low.mid", NOTES)


def test_a_codec_in_seconds_has_no_notes():
    with pytest.raises(InputError, match="columns of levels88 are seconds: use beats88"):
        Notes(codec_named("levels88"))


def test_other_steps_do_not_serve():
    assert NOTES.serves(NOTES.facts())
    assert not NOTES.serves(COLUMNS.facts())
    assert not NOTES.serves(Notes(replace(codec_named("beats88"), resolution=8)).facts())


def test_drums_are_left_out_and_counted():
    pitched = note_table(3, start=[0, 480, 960], end=[480, 960, 1440], pitch=[60, 64, 67])
    drums = note_table(2, start=[0, 480], end=[240, 720], pitch=[36, 38], drum=True, track=1)
    steps, losses = NOTES.encode(make_piece(np.concatenate([pitched, drums]), 480))
    np.testing.assert_array_equal(steps, NOTES.encode(make_piece(pitched, 480))[0])
    assert (losses["notes"], losses["kept"], losses["drums"]) == (5, 3, 2)
    with pytest.raises(InputError, match="but those of drums"):
        NOTES.encode(make_piece(drums, 480))
