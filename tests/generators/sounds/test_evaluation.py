"""Evaluations: known answers of the baselines, files, what cannot be evaluated."""

import numpy as np
import pytest

from generators.sounds import SoundEvaluateOptions, evaluation
from generators.sounds.evaluation import text_table
from generators.sounds.trials import compared, figures, is_periodic
from spectro.stft import SETTINGS
from training.errors import InputError
from training.report import write_report
from training.runs.lock import exclusive


def evaluate(run, **options):
    (record,) = evaluation.evaluate(SoundEvaluateOptions((run,), **options))
    return record


def test_a_run_is_evaluated(runs, cache):
    result = evaluate(runs["bands"], count=4, cache=cache)
    found = result["continuations"]
    assert found["the clip itself"]["distance"] == 0
    assert found["silence"]["level"] == -120
    assert found["last column held"]["movement"] == pytest.approx(0, abs=1e-4)
    assert found["last column held"]["onsets"] == 0
    assert result["next_column_error"]["model"] > 0
    folder = runs["bands"] / "evaluation"
    assert {"evaluation.json", "continuations.png"} <= {path.name for path in folder.iterdir()}
    assert all((folder / one["file"]).exists() for one in result["sounds"])
    assert len(text_table(result).splitlines()) == 4 + len(found)
    page = (runs["bands"] / "report.html").read_text()
    assert "Continuations" in page
    assert write_report(runs["bands"]).read_text() == page, "as after the same training command again"
    with pytest.raises(InputError, match="exists already"):
        evaluate(runs["bands"], count=4, cache=cache)


def test_a_pointer_is_evaluated_on_what_it_has_not_seen(runs, sounds, cache, tmp_path):
    """On clips of another length, of which less than half is known."""
    options = {"unseen": sounds, "seconds": 0.4, "heard": 0.16, "cache": cache, "output": tmp_path / "out"}
    result = evaluate(runs["pointer"], count=6, **options)
    assert result["options"]["heard"] == pytest.approx(0.16, abs=0.005)
    assert result["loss"] is None, "the clips are shorter than those of the training"
    assert result["next_column_error"] is None
    assert "model, of one column" not in result["continuations"]
    distances = {name: found["distance"] for name, found in result["continuations"].items()}
    assert distances["the clip itself"] == 0 < distances["best lags in hindsight"] <= distances["best lag of what is known"]
    with pytest.raises(InputError, match=r"--heard must be less than the 0\.4 s"):
        evaluate(runs["pointer"], **options | {"heard": 0.5, "output": tmp_path / "longer"})


def test_true_continuations_are_typical():
    pictures = np.random.default_rng(0).uniform(0, 1, (20, 65, 60))
    truth = pictures[..., 30:]
    ways = {"truth": truth, "silence": np.zeros_like(truth)}
    clips = compared(ways, pictures, 30, SETTINGS["quick"])
    found = figures(clips["truth"], clips["truth"])
    assert found["distance"] == 0
    assert found["rhythm"] == pytest.approx(1)
    assert found["harmony"] == pytest.approx(1)
    assert found["typical"] >= 0.8
    assert figures(clips["silence"], clips["truth"])["typical"] < 0.5


def test_clips_that_repeat_a_short_file_are_told_from_others():
    noise = np.random.default_rng(0).uniform(-1, 1, 1_000).astype(np.float32)
    assert is_periodic(np.resize(noise[:123], 1_000))
    assert is_periodic(np.concatenate([np.zeros(5), np.resize(np.r_[noise[:95], np.zeros(5)], 995)]))
    assert not is_periodic(noise)
    assert not is_periodic(np.r_[np.resize(noise[:123], 999), 0.5])


def test_what_cannot_be_evaluated(runs, cache, tmp_path):
    with pytest.raises(InputError, match="--count must be 2 or more"):
        evaluate(runs["linear"], count=1, cache=cache)
    with pytest.raises(InputError, match="gone"):
        evaluate(runs["linear"], data=tmp_path / "none", cache=cache)


def test_a_run_that_is_being_trained_is_refused(runs, cache, tmp_path):
    with exclusive(runs["linear"]), pytest.raises(InputError, match="is in use: is it still training"):
        evaluate(runs["linear"], count=4, cache=cache, output=tmp_path / "out")
    assert not (tmp_path / "out").exists()
