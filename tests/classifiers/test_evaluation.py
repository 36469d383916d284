"""Scores, against scikit-learn, and over several runs."""

import shutil

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, precision_score, recall_score

from classifiers import lil_data
from classifiers.evaluate import Options, main
from classifiers.evaluation import evaluate, score, table
from training.errors import InputError
from training.files import read_json
from training.recipe import train


def test_figures_equal_scikit_learn():
    generator = np.random.default_rng(0)
    truth = np.repeat(generator.integers(0, 3, 20), 4)
    probabilities = generator.dirichlet(np.ones(3), 80)
    probabilities[np.arange(80), truth] += 0.3
    scores = score(probabilities, truth, np.repeat(np.arange(20), 4), [f"s{i}" for i in range(20)], ("a", "b", "c"))
    guess = probabilities.argmax(axis=1)
    assert scores["segment"]["accuracy"] == pytest.approx(accuracy_score(truth, guess))
    np.testing.assert_array_equal(scores["confusion"], confusion_matrix(truth, guess))
    np.testing.assert_allclose(list(scores["precision"].values()), precision_score(truth, guess, average=None))
    np.testing.assert_allclose(list(scores["recall"].values()), recall_score(truth, guess, average=None))
    verdicts = probabilities.reshape(20, 4, 3).mean(axis=1).argmax(axis=1)
    assert scores["track"]["accuracy"] == pytest.approx(accuracy_score(truth[::4], verdicts))
    assert scores["segment"]["low"] < scores["segment"]["accuracy"] < scores["segment"]["high"]


def test_a_sure_classifier_has_a_point_interval():
    scores = score(np.eye(2)[[0, 1, 0]], np.array([0, 1, 0]), np.arange(3), list("abc"), ("x", "y"))
    assert scores["track"] == {"accuracy": 1.0, "low": 1.0, "high": 1.0}


def test_the_leak_stands_in_one_table(run, genres, cache, tmp_path, capsys):
    leaky = train(
        "classifiers",
        "lil_data",
        lil_data.PRESETS["quick"],
        data=genres,
        output=tmp_path / "leaky",
        cache=cache,
        split="segment",
    )
    capsys.readouterr()
    main(Options((run, leaky), cache=cache))
    told = capsys.readouterr().out
    assert "| source |" in told
    assert "| segment |" in told
    assert "| mean |" in told
    result = evaluate([run], cache=cache)
    assert read_json(run / "evaluation.json")["segment"] == result["runs"][0]["segment"]
    assert "| clicks |" in table(result)


def test_the_report_keeps_its_parts_when_it_is_evaluated_again(run, genres, cache, tmp_path):
    """Also with the recordings elsewhere."""
    before = (run / "report.html").read_text()
    (run / "report.html").unlink()
    shutil.copytree(genres, tmp_path / "moved")
    evaluate([run], data=tmp_path / "moved", cache=cache)
    assert (run / "report.html").read_text() == before
    for part in ("<h2>Test part</h2>", 'src="confusion.png"', "<h2>Samples</h2>", "<h2>Training</h2>"):
        assert part in before


def test_other_runs_go_on_where_one_fails(run, cache, tmp_path, capsys):
    with pytest.raises(InputError, match=r"^1 of 2 runs could not be evaluated: .*none$"):
        main(Options((tmp_path / "none", run), cache=cache))
    printed = capsys.readouterr()
    assert printed.err.startswith(f"error: {tmp_path / 'none'}")
    assert printed.out.splitlines()[-1] == str(run / "confusion.png")


def test_other_files_than_trained_on_are_refused(run, tmp_path, cache):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError):
        evaluate([run], data=tmp_path / "empty", cache=cache)
    with pytest.raises(InputError, match="not a run directory"):
        evaluate([tmp_path], cache=cache)
