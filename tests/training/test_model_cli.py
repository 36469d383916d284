"""One list of options from two dataclasses, with the preset's values."""

import dataclasses

import pytest

from classifiers import lil_data
from training import recipe
from training.model_cli import run_train_command


@pytest.fixture
def parse(monkeypatch):
    """The exit status of a command line, and what would be trained: (model, options), None if nothing."""

    def parsed(*arguments):
        seen = []
        monkeypatch.setattr(recipe, "train", lambda package, model, config, options: seen.append((model, options)))
        with pytest.raises(SystemExit) as stop:
            run_train_command("classifiers", list(arguments))
        return stop.value.code, seen[0] if seen else None

    return parsed


def test_the_preset_gives_the_defaults_and_options_override_them(parse):
    code, (model, options) = parse("lil_data", "--quick", "--dense", "11", "--seed", "4")
    assert (code, model, options.seed) == (0, "lil_data", 4)
    assert options.config == dataclasses.replace(lil_data.PRESETS["quick"], dense=11)
    assert parse("lil_data", "--preset", "paper")[1][1].config == lil_data.Config()
    assert parse()[1][1].config == lil_data.PRESETS["ours"]


@pytest.mark.parametrize("arguments", [("vgg",), ("lil_data", "--preset", "mine"), ("lil_data", "--dense", "x")])
def test_wrong_usage_exits_with_2(parse, arguments, capsys):
    assert parse(*arguments)[0] == 2
    assert capsys.readouterr().err


def test_help_lists_models_or_a_models_options(parse, capsys):
    assert parse("--help")[0] == 0
    assert "resnet50" in capsys.readouterr().out
    assert parse("softmax", "--help")[0] == 0
    told = capsys.readouterr().out
    assert "--learning-rate" in told
    assert "--devices" in told


def test_workers_need_an_index(capsys):
    with pytest.raises(SystemExit) as stop:
        run_train_command("classifiers", ["lil_data", "--quick", "--workers", "one:1,two:2"])
    assert stop.value.code == 1
    assert "--worker-index must be 0 to 1" in capsys.readouterr().err
