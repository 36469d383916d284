"""Models by what they make: the family that serves each, and the options that a command line asks for."""

import pytest

from generators import MODELS
from generators.contract import EvaluateOptions, GeneratorFamily, SampleOptions, family_named, run_family
from training.errors import InputError
from training.files import write_json
from training.recipe import Recipe
from training.runs import FORMAT


def run_of(folder, model, package="generators"):
    folder.mkdir()
    write_json(folder / "config.json", {"format": FORMAT, "package": package, "model": model})
    return str(folder)


@pytest.mark.parametrize("model", MODELS)
def test_every_model_is_served(model):
    family = MODELS[model]
    assert isinstance(family, GeneratorFamily)
    assert issubclass(family.recipe(model), Recipe)
    assert issubclass(family.sampling, SampleOptions)
    assert issubclass(family.evaluating, EvaluateOptions)


@pytest.mark.parametrize("model", MODELS)
def test_the_run_may_stand_anywhere_on_the_line(tmp_path, model):
    run = run_of(tmp_path / "my run", model)
    for line in ([run], [run, "--count", "3"], ["--count", "3", run], ["--force", run, "--seed", "1"]):
        assert family_named(line) is MODELS[model]


@pytest.mark.parametrize("line", [[], ["--help"], ["--count", "3"]])
def test_a_line_without_a_run_has_no_family(line):
    assert family_named(line) is None


def test_what_is_no_run_of_a_generator_is_refused(tmp_path):
    with pytest.raises(InputError, match="none not found; a run is what the train command writes"):
        family_named([str(tmp_path / "none"), "--count", "3"])
    with pytest.raises(InputError, match="is not a run directory"):
        family_named([str(tmp_path)])
    other = run_of(tmp_path / "other", "lil_data", "classifiers")
    with pytest.raises(InputError, match="is a run of classifiers; expected one that"):
        family_named(["--count", "3", other])


def test_a_run_that_names_a_module_of_ours_which_is_no_model_is_refused(tmp_path):
    """Nothing is imported because a file says so, and there is no traceback."""
    for model in ("watch", "no_such_model", None):
        with pytest.raises(InputError, match="which this version does not have"):
            run_family(run_of(tmp_path / str(model), model))
