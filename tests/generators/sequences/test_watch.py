"""What is watched while a sequence model trains, on columns made by hand."""

import contextlib
from types import SimpleNamespace

import numpy as np
import pytest

from generators import lstm
from generators.sequences import watch as module
from generators.sequences.columns import Columns
from generators.sequences.data import open_pieces
from generators.sequences.watch import BARS, Watch, pictures_of
from midi.codecs import codec_named
from midi.codecs.codec import ONSET, SUSTAIN
from tests.generators.sequences.conftest import quick
from training.errors import InputError
from training.family import Context

FRAMES = Columns(codec_named("frames88"))
LENGTH = BARS * 8


def silence():
    return np.zeros((2, LENGTH, 88), np.uint8)


def held():
    """Every piece begins a note in its first bar and never ends it."""
    generated = silence()
    generated[:, 3, 40], generated[:, 4:, 40] = ONSET, SUSTAIN
    return generated


def lively():
    generated = silence()
    generated[:, ::8, 40], generated[:, ::8, 47] = ONSET, ONSET
    return generated


@pytest.fixture
def watched(frames, tmp_path, monkeypatch):
    """Make a Watch, and have it look at what is generated: look(watch, epoch, generated) -> what it adds to the logs."""
    monkeypatch.setattr(module, "averaged", contextlib.nullcontext)
    pieces = open_pieces(frames, FRAMES)

    def made(patience=20):
        one = Watch(tmp_path, None, FRAMES, pieces, patience)
        one.set_model(None)
        one.on_train_begin()
        return one

    def look(one, epoch, generated):
        monkeypatch.setattr(one, "_continued", lambda model: generated)
        one.on_epoch_begin(epoch)
        logs = {}
        one.on_epoch_end(epoch, logs)
        return logs

    return made, look


def test_the_logs_tell_what_is_generated(watched):
    made, look = watched
    logs = look(made(), 0, lively())
    assert logs["collapsed"] == 0
    assert logs["density"] == pytest.approx(2 / 8)
    assert logs["onsets"] == 2
    assert (logs["range"], logs["groove"], logs["longest"]) == (7, 1, 1 / 8)


def test_silence_and_a_note_that_is_held_to_the_end_are_dead(watched, capsys):
    made, look = watched
    assert [look(made(), 0, generated)["collapsed"] for generated in (silence(), held(), lively())] == [1, 1, 0]
    assert capsys.readouterr().err.count("epoch 1: the model falls silent or holds a note to the end") == 2
    mixed = np.concatenate([silence(), lively()])
    assert look(made(), 0, mixed)["collapsed"] == 0, "not all pieces are"


def test_nothing_else_for_long_stops_with_advice(watched):
    made, look = watched
    one = made(patience=2)
    for epoch, generated in enumerate((silence(), lively(), held())):
        look(one, epoch, generated)
    with pytest.raises(InputError, match=r"for 2 epochs.*--patience 0 trains on"):
        look(one, 3, silence())
    patient = made(patience=0)
    for epoch in range(5):
        look(patient, epoch, silence())


def test_a_resumed_run_knows_its_dead_epochs(watched, tmp_path):
    made, look = watched
    (tmp_path / "history.csv").write_text("epoch,collapsed\n0,1.0\n1,0.0\n2,1.0\n3,1.0\n")
    with pytest.raises(InputError, match="for 2 epochs"):
        look(made(patience=2), 3, silence())
    look(made(patience=2), 2, silence())


def test_the_picture_has_the_lowest_row_at_the_bottom_and_onsets_white():
    prompt, generated = np.zeros((3, 88), np.uint8), np.zeros((4, 88), np.uint8)
    prompt[1, 0] = ONSET  # the lowest key: the first row of these columns
    generated[2, 87], generated[3, 87] = ONSET, SUSTAIN
    short = np.zeros((1, 88), np.uint8)
    pictures = pictures_of([prompt, short], [generated, generated], FRAMES)[..., 0]
    assert pictures.shape == (2, 88, 3 + 1 + 4)
    assert (pictures[:, :, 3] == 96).all()
    picture = np.delete(pictures[0], 3, axis=1)
    lit = {(row, column): picture[row, column] for row, column in np.argwhere(picture)}
    assert lit == {(87, 1): 255, (0, 5): 255, (0, 6): 150}


def test_a_training_makes_its_sampler_once(frames, tmp_path, monkeypatch):
    """Every look uses the same graphs; another model would get its own."""
    made = []

    def sampler(*arguments):
        made.append(lstm.sampler(*arguments))
        return made[-1]

    config = quick("lstm", codec="frames88", head="independent", transpose=0, epochs=1)
    model = lstm.build(config, Context())
    watch = Watch(tmp_path, SimpleNamespace(sampler=sampler), FRAMES, open_pieces(frames, FRAMES), 0)
    watch.set_model(model)
    watch.on_train_begin()
    for epoch in range(3):
        watch.on_epoch_begin(epoch)
        watch.on_epoch_end(epoch, {})
        watch.samples(model)
    assert len(made) == 1
    assert made[0]._draw.experimental_get_tracing_count() == made[0]._stepwise.experimental_get_tracing_count() == 1
    watch.sampler_of(lstm.build(config, Context()))
    assert len(made) == 2
