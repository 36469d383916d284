"""Models by what they make: the modules that serve each, and the options that a command line asks for."""

import importlib

import pytest

from generators import MODELS
from generators.contract import family_of, model_of, options_of, part
from training.cli import InputError
from training.files import write_json
from training.runs import FORMAT


class Common: ...


class Pictures(Common): ...


class Sequences(Common): ...


class Sounds(Common): ...


FAMILIES = {"generators.pictures": Pictures, "generators.sequences": Sequences, "generators.sounds": Sounds}


def run_of(folder, model, package="generators"):
    folder.mkdir()
    write_json(folder / "config.json", {"format": FORMAT, "package": package, "model": model})
    return str(folder)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(("name", "public"), [("training", "train"), ("sampling", "sample"), ("evaluation", "evaluate")])
def test_every_model_is_served(model, name, public):
    module = part(model, name)
    assert module.__name__ == f"{importlib.import_module(f'generators.{model}').FAMILY}.{name}"
    assert callable(getattr(module, public))


def test_a_run_has_the_family_of_its_model(tmp_path):
    found = {model: family_of(run_of(tmp_path / model, model)) for model in MODELS}
    assert found == {
        "vae": "generators.pictures",
        "dcgan": "generators.pictures",
        "lstm": "generators.sequences",
        "seq2seq": "generators.sequences",
        "spectrogram_lstm": "generators.sounds",
    }
    assert set(found.values()) == set(FAMILIES)
    assert {model: model_of(tmp_path / model) for model in MODELS} == {model: model for model in MODELS}


@pytest.mark.parametrize(("model", "options"), [("vae", Pictures), ("lstm", Sequences), ("spectrogram_lstm", Sounds)])
def test_the_run_may_stand_anywhere_on_the_line(tmp_path, model, options):
    run = run_of(tmp_path / "my run", model)
    for line in ([run], [run, "--count", "3"], ["--count", "3", run], ["--force", run, "--seed", "1"]):
        assert options_of(line, FAMILIES, Common) is options


@pytest.mark.parametrize("line", [[], ["--help"], ["--count", "3"]])
def test_a_line_without_a_run_has_the_common_options(line):
    assert options_of(line, FAMILIES, Common) is Common


def test_what_is_no_run_of_a_generator_is_refused(tmp_path):
    with pytest.raises(InputError, match="none not found; a run is what the train command writes"):
        options_of([str(tmp_path / "none"), "--count", "3"], FAMILIES, Common)
    with pytest.raises(InputError, match="is not a run directory"):
        options_of([str(tmp_path)], FAMILIES, Common)
    other = run_of(tmp_path / "other", "lil_data", "classifiers")
    with pytest.raises(InputError, match="is a run of classifiers; expected one that"):
        options_of(["--count", "3", other], FAMILIES, Common)
    with pytest.raises(InputError, match="is a run of classifiers"):
        family_of(other)


def test_a_run_that_names_a_module_of_ours_which_is_no_model_is_refused(tmp_path):
    """Nothing is imported because a file says so, and there is no traceback."""
    for model in ("watch", "no_such_model", None):
        with pytest.raises(InputError, match="which this version does not have"):
            family_of(run_of(tmp_path / str(model), model))
