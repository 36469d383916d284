"""Every transfer model follows the contract; what the commands' options may be stands beside them."""

import dataclasses
import math
import typing
from pathlib import Path

import pytest

from training.cli import guarded
from training.errors import InputError
from training.files import write_json
from training.options import check
from training.recipe import Recipe
from training.runs import FORMAT
from transfer import MODELS
from transfer.contract import ApplyOptions, EvaluateOptions, TransferFamily, TransferTrainOptions, open_application
from transfer.evaluate import main as evaluate
from transfer.style.options import StyleOptions


def run_of(folder: Path, model: str) -> Path:
    write_json(folder / "config.json", {"format": FORMAT, "package": "transfer", "model": model, "config": {}})
    return folder


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_trained_and_applied(model):
    family = MODELS[model]
    assert isinstance(family, TransferFamily)
    assert issubclass(family.recipe(model), Recipe)
    assert set(family.recipe(model).takes) <= {field.name for field in dataclasses.fields(TransferTrainOptions)}
    assert type(family).application is not TransferFamily.application


@pytest.mark.parametrize("model", MODELS)
def test_a_model_without_measures_is_refused_in_one_line(model, tmp_path, capsys):
    family = MODELS[model]
    assert family.measured == (type(family).evaluate is not TransferFamily.evaluate)
    if not family.measured:
        assert guarded(evaluate, EvaluateOptions(run_of(tmp_path / "run", model))) == 1
        told = capsys.readouterr().err.splitlines()
        assert len(told) == 1
        assert "there are no measures; expected one of dtn" in told[0]


def test_models_with_measures_are_reported_again_after_training():
    assert all(type(one).report is not TransferFamily.report for one in MODELS.values() if one.measured)


NUMBERS = [
    (options, field.name)
    for options in (StyleOptions, ApplyOptions, EvaluateOptions)
    for field in dataclasses.fields(options)
    if {int, float} & {*typing.get_args(hint := typing.get_type_hints(options)[field.name]), hint}
]


@pytest.mark.parametrize(("options", "name"), NUMBERS)
def test_no_number_is_taken_that_cannot_be(options, name):
    given = {} if options is StyleOptions else {"run": Path("run")}
    for number in (-1, math.nan, math.inf):
        with pytest.raises(InputError, match=f"--{name.replace('_', '-')} must be"):
            check(options(**given, **{name: number}))


def test_what_may_be_0():
    check(StyleOptions(style_strength=0, content_weight=0, style_weight=0, seed=0))
    with pytest.raises(InputError, match="--iterations must be 1 or more; received 0"):
        check(StyleOptions(iterations=0))


@pytest.mark.parametrize("given", [{"overlap": 0.7}, {"strength": 1.5}, {"strength": math.nan}])
def test_python_users_get_the_same_lines(given):
    with pytest.raises(InputError, match=f"--{next(iter(given))} must be from 0 to"):
        open_application("run", **given)
