"""What is watched while a generator trains, on pictures made by hand."""

import contextlib
from types import SimpleNamespace

import numpy as np
import pytest

from generators.pictures import watch
from generators.pictures.watch import Watch
from generators.samples import sheet
from midi.codecs import codec_named
from training.errors import InputError

ROLL = codec_named("roll64")
DATA = SimpleNamespace(density=0.05, density_low=0.03, density_high=0.08)


def pictures(density, low=-1.0):
    """Four pictures of black and white columns of cells, of the given density."""
    values = np.full((4, *ROLL.shape), low, np.float32)
    values.reshape(4, -1)[:, : round(density * 64 * 64)] = 1.0
    return values


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Make a Watch, and have it look at pictures: look(watch, epoch, values) -> what it adds to the logs."""
    monkeypatch.setattr(watch, "averaged", contextlib.nullcontext)

    def look(one, epoch, values):
        monkeypatch.setattr(one, "_preview", lambda model: values)
        one.set_model(None)
        one.on_epoch_begin(epoch)
        logs = {}
        one.on_epoch_end(epoch, logs)
        return logs

    def made(patience=20):
        one = Watch(tmp_path, SimpleNamespace(LOW=-1.0), ROLL, DATA, 0, patience)
        one.on_train_begin()
        return one

    return made, look


def test_the_logs_tell_what_the_pictures_show(watched):
    made, look = watched
    values = pictures(0.0)
    values[0, 5, :32], values[1, 9, :16] = 1.0, 1.0
    assert look(made(), 0, values) == {"density": 48 / (4 * 64 * 64), "pitches": 2, "empty": 0.5, "collapsed": 0}


def test_black_or_grey_pictures_are_dead(watched):
    made, look = watched
    for values, collapsed in ((pictures(0.0), 1), (np.full((4, *ROLL.shape), 0.3), 1), (pictures(0.05), 0)):
        assert look(made(), 0, values)["collapsed"] == collapsed


def test_leaving_the_datas_range_is_told_once_until_it_is_back(watched, capsys):
    made, look = watched
    one = made()
    for epoch, density in enumerate((0.05, 0.2, 0.3, 0.05, 0.01)):
        look(one, epoch, pictures(density))
    told = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in told] == ["epoch 2", "epoch 5"]
    assert "20.0 % of the cells are on; the data's pictures have 3.0 to 8.0 % (mean 5.0)" in told[0]


def test_nothing_but_black_for_long_stops_with_advice(watched):
    made, look = watched
    one = made(patience=2)
    for epoch, density in enumerate((0.0, 0.05, 0.0)):
        look(one, epoch, pictures(density))
    with pytest.raises(InputError, match=r"black or grey pictures for 2 epochs.*--patience 0 trains on"):
        look(one, 3, pictures(0.0))
    patient = made(patience=0)
    for epoch in range(5):
        look(patient, epoch, pictures(0.0))


def test_a_resumed_run_knows_its_dead_epochs(watched, tmp_path):
    made, look = watched
    (tmp_path / "history.csv").write_text("epoch,collapsed\n0,1.0\n1,0.0\n2,1.0\n3,1.0\n")
    with pytest.raises(InputError, match="for 2 epochs"):
        look(made(patience=2), 3, pictures(0.0))
    look(made(patience=2), 2, pictures(0.0))


def test_a_sheet_holds_every_picture():
    images = np.random.default_rng(0).integers(0, 256, (5, 6, 7, 4), np.uint8)
    page = sheet(images, across=3, border=1)
    assert page.shape == (2 * 7 + 1, 3 * 8 + 1, 1)
    np.testing.assert_array_equal(page[8:14, 9:16, 0], images[4, ..., :3].max(axis=-1))
