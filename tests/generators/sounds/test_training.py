"""Runs: complete, resumed bit for bit, watched; and what a feed of crops gives."""

from dataclasses import replace

import numpy as np
import pytest

from generators.sounds.data import Crop, PicturedClips
from generators.sounds.watch import Watch
from spectro.stft import SETTINGS
from tests.generators.sounds.conftest import MODELS
from tests.meanings import unexplained
from training.errors import InputError
from training.files import read_json
from training.fitting.callbacks import read_history
from training.recipe import train
from training.runs import load


@pytest.mark.parametrize("name", MODELS)
def test_a_run_holds_everything(runs, name):
    run = runs[name]
    names = {"config.json", "history.csv", "model.keras", "statistics.json", "starts.npz", "report.html"}
    assert names <= {path.name for path in run.iterdir()}
    last = read_history(run / "history.csv")[-1]
    assert {"loss", "val_loss", "level", "flatness", "onsets", "movement", "collapsed"} <= set(last)
    assert {path.suffix for path in (run / "samples").iterdir()} == {".png", ".wav"}
    assert read_json(run / "statistics.json")["movement"] > 1
    assert unexplained(run) == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bands", "pointer"])
def test_a_resumed_run_is_the_run(name, configs, sounds, cache, tmp_path):
    where = {"data": sounds, "cache": cache, "seed": 1}
    config = replace(configs[name], cosine=False)
    whole = load(train("generators", MODELS[name], config, output=tmp_path / "whole", **where))
    where["output"] = tmp_path / "run"
    train("generators", MODELS[name], replace(config, epochs=1), **where)
    train("generators", MODELS[name], config, **where)
    for ours, theirs in zip(load(tmp_path / "run").get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_crops_are_parts_of_clips():
    clips = np.stack([np.arange(1000.0), np.arange(1000.0) + 5000]).astype(np.float32)
    parts, _ = Crop(300)(clips, None, np.random.default_rng(0))
    np.testing.assert_array_equal(np.diff(parts, axis=1), 1)
    faster, _ = Crop(300, 0.5)(clips, None, np.random.default_rng(1))
    rates = np.diff(faster, axis=1)
    assert 0.5 <= rates.min() <= rates.max() <= 1.5
    np.testing.assert_allclose(rates, rates[:, :1].repeat(299, 1), atol=1e-2)
    assert faster[0].max() <= 999
    whole, _ = Crop(1000, 0.5)(clips, None, np.random.default_rng(2))
    assert np.all(np.diff(whole, axis=1) <= 1.01)


def test_crops_may_begin_with_silence():
    parts, _ = Crop(300, mute=200)(np.ones((60, 1000), np.float32), None, np.random.default_rng(0))
    silent = (parts == 0).sum(axis=1)
    assert silent.max() <= 200
    assert 10 <= (silent == 0).sum() <= 30
    assert (silent > 100).sum() > 2 * ((silent > 0) & (silent <= 100)).sum()
    assert all(part[count:].all() for part, count in zip(parts, silent, strict=True))


def test_the_watch_tells_silence_and_gives_up(tmp_path, monkeypatch, capsys):
    setting = SETTINGS["quick"]
    pictures = np.random.default_rng(0).uniform(0, 1, (2, setting.rows, 40)).astype(np.float32)
    clips = PicturedClips(np.zeros((2, 39 * setting.hop), np.float32), pictures, np.ones(2), setting)
    watch = Watch(tmp_path, None, clips, {"movement": 5.0, "level": -20.0}, patience=2)
    monkeypatch.setattr(watch, "_continued", lambda model: np.full((2, setting.rows, 20), 0.5, np.float32))
    watch.on_train_begin()
    watch.on_epoch_begin(0)
    logs = {}
    watch.on_epoch_end(0, logs)
    assert logs["collapsed"] == 1
    assert logs["movement"] == pytest.approx(0, abs=1e-6)
    assert "silent or constant" in capsys.readouterr().err
    with pytest.raises(InputError, match="for 2 epochs"):
        watch.on_epoch_end(1, {})
    monkeypatch.setattr(watch, "_continued", lambda model: pictures)
    logs = {}
    watch.on_epoch_end(2, logs)
    assert logs["collapsed"] == 0


def test_data_that_cannot_be_used(configs, tmp_path):
    with pytest.raises(InputError, match="not found"):
        train("generators", "spectrogram_lstm", configs["bands"], data=tmp_path / "none", output=tmp_path / "run")
