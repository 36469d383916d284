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


def pictures(density, low=-1.0, alike=False):
    """Four pictures of black and white cells, of the given density; each begins a row below the one before."""
    values = np.full((4, *ROLL.shape), low, np.float32)
    values.reshape(4, -1)[:, : round(density * 64 * 64)] = 1.0
    return values if alike else np.stack([np.roll(value, row, axis=0) for row, value in enumerate(values)])


@pytest.fixture
def watched(tmp_path, monkeypatch):
    """Make a Watch, and have it look at pictures: look(watch, epoch, values) -> what it adds to the logs."""
    monkeypatch.setattr(watch, "averaged", contextlib.nullcontext)

    def look(one, epoch, values, **logs):
        monkeypatch.setattr(one, "_preview", lambda model: values)
        one.set_model(None)
        one.on_epoch_begin(epoch)
        one.on_epoch_end(epoch, logs)
        return logs

    def made(patience=20, labels=0):
        one = Watch(tmp_path, SimpleNamespace(LOW=-1.0), ROLL, DATA, labels, patience)
        one.on_train_begin()
        return one

    return made, look


def test_the_logs_tell_what_the_pictures_show(watched):
    made, look = watched
    values = pictures(0.0)
    values[0, 5, :32], values[1, 9, :16] = 1.0, 1.0
    told = {"density": 48 / (4 * 64 * 64), "pitches": 2, "empty": 0.5, "distinct": 3, "collapsed": 0}
    assert look(made(), 0, values) == told


def test_pictures_that_are_black_grey_or_alike_are_collapsed_and_told(watched, capsys):
    made, look = watched
    for values, fault, distinct in (
        (pictures(0.0), "black: 0.0 % of the cells are on (data: 5.0), 1 different among 4", 1),
        (np.linspace(0.28, 0.32, 4 * 4096).reshape(4, *ROLL.shape), "grey: 100.0 %", 1),
        (pictures(0.05, alike=True), "all alike: 5.0 % of the cells are on (data: 5.0), 1 different among 4", 1),
        (pictures(0.05), None, 4),
    ):
        logs = look(made(), 0, values)
        told = capsys.readouterr().err
        assert (logs["collapsed"], logs["distinct"]) == (fault is not None, distinct)
        assert f"epoch 1: the pictures are {fault}" in told if fault else not told


def test_pictures_may_be_alike_of_one_label_and_not_of_two(watched):
    made, look = watched
    values = np.repeat(pictures(0.05)[:2], watch.PREVIEWS // 2, axis=0)
    assert [look(made(labels=labels), 0, values)["collapsed"] for labels in (0, 1, 2, watch.PREVIEWS)] == [0, 0, 1, 0]


def test_a_collapse_is_told_once_with_what_the_critic_thinks(watched, capsys):
    made, look = watched
    one = made()
    for epoch in range(3):
        look(one, epoch, pictures(0.05, alike=True), margin=12.345)
    (told,) = capsys.readouterr().err.splitlines()
    assert told.endswith("different among 4; the critic's margin is 12.3")


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
    with pytest.raises(InputError, match=r"pictures that are black for 2 epochs.*--patience 0 trains on"):
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
