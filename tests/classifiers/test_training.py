"""From a folder to a run, again after a kill, and on to other labels."""

import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from classifiers import lil_data, softmax
from classifiers.evaluation import evaluate
from tests.classifiers.conftest import RATE, sound
from tests.meanings import unexplained
from training.errors import InputError
from training.recipe import train
from training.runs import load, read_run

QUICK = lil_data.PRESETS["quick"]


def test_a_run_holds_everything(run):
    names = {path.name for path in run.iterdir()}
    assert {"config.json", "history.csv", "backup", "model.keras", "samples", "logs", "report.html",
            "evaluation.json", "confusion.png"} <= names  # fmt: skip
    assert read_run(run)["labels"] == ["clicks", "noise", "tones"]
    assert list((run / "samples").glob("confusion-*.png"))
    assert "classifiers.lil_data" in (run / "report.html").read_text()
    assert load(run).output_shape == (None, 3)
    assert unexplained(run) == set()


def test_repeating_the_command_trains_no_further_and_more_epochs_do(genres, cache, tmp_path, monkeypatch):
    train("classifiers", "softmax", softmax.PRESETS["quick"], data=genres, output=tmp_path, cache=cache)
    before = (tmp_path / "history.csv").read_text()
    train("classifiers", "softmax", softmax.PRESETS["quick"], data=genres, output=tmp_path, cache=cache)
    assert (tmp_path / "history.csv").read_text() == before
    assert "Test part" in (tmp_path / "report.html").read_text()
    moved = shutil.copytree(genres, tmp_path.with_name("moved"))
    train("classifiers", "softmax", replace(softmax.PRESETS["quick"], epochs=3), data=moved, output=tmp_path, cache=cache)
    after = (tmp_path / "history.csv").read_text()
    assert after.startswith(before)
    assert len(after.splitlines()) == 4
    assert read_run(tmp_path)["data"]["path"] == str(moved)
    monkeypatch.setattr("training.corpora.user_cache.build_corpus", None)  # evaluation finds it in the training's cache
    assert evaluate([tmp_path])["runs"][0]["clips"]
    monkeypatch.undo()
    (moved / "tones" / os.listdir(moved / "tones")[0]).unlink()
    with pytest.raises(InputError, match=r"data\.fingerprint"):
        train("classifiers", "softmax", softmax.PRESETS["quick"], data=moved, output=tmp_path, cache=cache)
    with pytest.raises(InputError, match=r"config\.learning_rate"):
        train(
            "classifiers",
            "softmax",
            replace(softmax.PRESETS["quick"], learning_rate=1.0),
            data=genres,
            output=tmp_path,
            cache=cache,
        )


def test_starting_from_a_run_with_other_labels(run, cache, tmp_path, capsys):
    for kind in ("tones", "noise"):
        (tmp_path / "data" / f"my {kind}").mkdir(parents=True)
        for seed in range(3):
            soundfile.write(tmp_path / "data" / f"my {kind}" / f"{seed}.ogg", sound(kind, seed + 50), RATE)
    config = replace(QUICK, epochs=1, learning_rate=1e-12)
    train("classifiers", "lil_data", config, data=tmp_path / "data", output=tmp_path / "tuned", init=run, cache=cache)
    assert "conv_4, dense; fresh: genre" in capsys.readouterr().err
    tuned, source = load(tmp_path / "tuned"), load(run)
    np.testing.assert_allclose(
        tuned.get_layer("conv_2").get_weights()[0], source.get_layer("conv_2").get_weights()[0], atol=1e-6
    )
    assert tuned.output_shape == (None, 2)
    with pytest.raises(InputError, match="no layer of"):
        train("classifiers", "softmax", replace(softmax.PRESETS["quick"], setting="lil_data"),
              data=tmp_path / "data", init=run, output=tmp_path / "other", cache=cache)  # fmt: skip


def test_one_label_or_too_few_files_is_one_line(tmp_path, cache):
    (tmp_path / "data" / "tones").mkdir(parents=True)
    for seed in range(3):
        soundfile.write(tmp_path / "data" / "tones" / f"{seed}.wav", sound("tones", seed), RATE)
    with pytest.raises(InputError, match=r"at least two labels.*tones: 3"):
        train("classifiers", "lil_data", QUICK, data=tmp_path / "data", output=tmp_path / "run", cache=cache)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"validation_fold": "2"}, "--validation-fold needs --fold"), ({"fold": "1", "split": "segment"}, "give one of them")],
)
def test_options_that_would_do_nothing_are_refused(genres, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        train("classifiers", "softmax", data=genres, cache=tmp_path / "cache", output=tmp_path / "run", **options)
    assert list(tmp_path.iterdir()) == []
