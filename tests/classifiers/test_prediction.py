"""Predictions for files of any length, and for files that are none."""

import numpy as np
import pytest
import soundfile

from classifiers.predict import Options, main
from classifiers.prediction import Classifier, Prediction, write_prediction
from tests.classifiers.conftest import RATE, sound
from training.errors import InputError
from training.files import read_json, write_json
from training.runs import FORMAT


@pytest.fixture(scope="module")
def classifier(run):
    return Classifier(run)


@pytest.mark.parametrize(
    ("seconds", "starts", "end"), [(0.2, [0.0], 0.2), (0.5, [0.0], 0.5), (0.6, [0.0, 0.1], 0.6), (1.5, [0.0, 0.5, 1.0], 1.5)]
)
def test_windows_cover_the_file(classifier, tmp_path, seconds, starts, end):
    soundfile.write(tmp_path / "a.wav", sound("noise", 1, seconds), RATE)
    prediction = classifier(tmp_path / "a.wav")
    np.testing.assert_allclose(prediction.starts, starts)
    assert prediction.ends[-1] == pytest.approx(end)
    np.testing.assert_allclose(prediction.probabilities.sum(axis=1), 1, atol=1e-5)
    assert prediction.verdict in ("clicks", "noise", "tones")


def test_many_windows_equal_one_by_one(classifier):
    samples = sound("tones", 3, 6.0).astype(np.float32)
    together = classifier.of_samples(samples).probabilities
    alone = [classifier.of_samples(samples[i : i + 4000]).probabilities[0] for i in range(0, len(samples), 4000)]
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_silence_is_not_judged(classifier):
    prediction = classifier.of_samples(np.concatenate([np.zeros(4000), sound("tones", 1, 0.5)]).astype(np.float32))
    assert prediction.silent.tolist() == [True, False]
    np.testing.assert_array_equal(prediction.mean, prediction.probabilities[1])
    with pytest.raises(InputError, match="is silent"):
        classifier.of_samples(np.zeros(9000, np.float32))


def test_the_command_goes_on_after_a_bad_file(run, tmp_path, capsys):
    soundfile.write(tmp_path / "good.wav", sound("noise", 1), RATE)
    (tmp_path / "bad.wav").write_text("no sound")
    options = Options((run, tmp_path / "bad.wav", tmp_path / "good.wav"), tmp_path / "out")
    with pytest.raises(InputError, match="1 of 2 files"):
        main(options)
    told = capsys.readouterr()
    assert "bad.wav" in told.err
    assert "good.wav: " in told.out
    result = read_json(tmp_path / "out" / "good.json")
    assert result["verdict"] in result["mean"]
    assert [list(window) for window in result["windows"]] == [["start", "end", "silent", "novelty", "probabilities"]] * 2
    assert result["novelty"] == np.mean([window["novelty"] for window in result["windows"]])
    assert (tmp_path / "out" / "good.png").stat().st_size > 1000
    with pytest.raises(InputError):
        main(options)
    assert "exists already" in capsys.readouterr().err


def test_labels_may_be_any_word(tmp_path):
    """Also those of the window's own fields."""
    labels = ("start", "end", "silent", "probabilities")
    chances = np.array([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]])
    prediction = Prediction("a.wav", labels, np.array([0.0, 0.5]), np.array([0.5, 1.0]), chances, np.array([False, True]))
    write_prediction(prediction, tmp_path / "a", tmp_path)
    windows = read_json(tmp_path / "a.json")["windows"]
    assert [(one["start"], one["end"], one["silent"]) for one in windows] == [(0, 0.5, False), (0.5, 1, True)]
    assert [one["probabilities"] for one in windows] == [dict(zip(labels, row, strict=True)) for row in chances.tolist()]


def test_folders_and_files_together(run, tmp_path, capsys):
    (tmp_path / "album").mkdir()
    for path in (tmp_path / "album" / "one.wav", tmp_path / "album" / "two.wav", tmp_path / "one.wav"):
        soundfile.write(path, sound("noise", len(str(path))), RATE)
    main(Options((run, tmp_path / "album", tmp_path / "one.wav"), tmp_path / "out"))
    assert sorted(path.name for path in (tmp_path / "out").glob("*.json")) == ["one-2.json", "one.json", "two.json"]


def test_runs_of_other_packages_are_refused(tmp_path):
    write_json(tmp_path / "config.json", {"format": FORMAT, "package": "generators", "model": "vae"})
    with pytest.raises(InputError, match="not of a classifier"):
        Classifier(tmp_path)
