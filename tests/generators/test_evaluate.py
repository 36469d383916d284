"""The command prints a table of all runs and where their results are."""

from functools import partial

import pytest

from generators.contract import EvaluateOptions as Options
from generators.evaluate import main
from generators.pictures import PictureEvaluateOptions as PictureOptions
from generators.pictures import evaluation
from generators.pictures.evaluation.likeness import likeness
from training.errors import InputError


def test_several_runs_are_one_table(runs, tmp_path, capsys, monkeypatch, undrawn):
    monkeypatch.setattr(evaluation, "likeness", partial(likeness, repeats=0))
    options = PictureOptions(tuple(runs.values()), count=8, output=tmp_path / "out", cache=runs["vae"].parent / "cache")
    main(options)
    printed = capsys.readouterr().out.splitlines()
    table = [line.split(" | ") for line in printed if line.startswith("| /")]
    assert [row[0] for row in table] == [f"| {run}" for run in runs.values()]
    assert printed[-2 * len(runs) :] == [
        str(path) for model, run in runs.items() for path in (tmp_path / "out" / run.name, run / "report.html")
    ]
    for run in runs.values():
        assert (tmp_path / "out" / run.name / "evaluation.json").exists()
        assert "../../" in (run / "report.html").read_text()
    with pytest.raises(InputError, match="--force"):
        main(options)


def test_no_run_is_one_line():
    with pytest.raises(InputError, match="at least one run"):
        main(Options(()))
