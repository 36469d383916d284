"""A run directory is one run's, of one process, and runs no foreign code."""

import os
import shlex
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from training.errors import InputError
from training.files import read_json, write_json
from training.runs import FORMAT, load, model_module, open_run, read_run

RECORD = {
    "package": "classifiers",
    "model": "softmax",
    "config": {"epochs": 2, "sizes": (1, 2)},
    "labels": ("a", "b"),
    "seed": 0,
}


def test_the_same_record_resumes_and_epochs_may_change(tmp_path):
    with open_run(tmp_path / "run", RECORD):
        pass
    with open_run(tmp_path / "run", {**RECORD, "config": {"epochs": 9, "sizes": (1, 2)}}) as directory:
        assert read_run(directory)["config"] == {"epochs": 9, "sizes": [1, 2]}
        assert "keras" in read_run(directory)["versions"]


def test_another_config_is_refused_by_name(tmp_path):
    with open_run(tmp_path, RECORD):
        pass
    with (
        pytest.raises(InputError, match=r"config\.sizes is \[1, 2\], now \[1, 3\]"),
        open_run(tmp_path, {**RECORD, "config": {"epochs": 2, "sizes": (1, 3)}}),
    ):
        pass


def test_an_option_that_came_later_has_its_default(tmp_path):
    """A run of a version whose models had fewer options goes on, where the new ones change nothing."""
    with open_run(tmp_path, RECORD):
        pass
    with open_run(tmp_path, {**RECORD, "config": {**RECORD["config"], "mixup": 0.0}}):
        pass
    write_json(tmp_path / "config.json", {"format": FORMAT, **RECORD})
    with (
        pytest.raises(InputError, match=r"config\.mixup is 0\.0, now 0\.5"),
        open_run(tmp_path, {**RECORD, "config": {**RECORD["config"], "mixup": 0.5}}),
    ):
        pass


def test_a_second_process_and_foreign_directories_are_refused(tmp_path):
    with open_run(tmp_path / "run", RECORD), pytest.raises(InputError, match="in use"), open_run(tmp_path / "run", RECORD):
        pass
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").touch()
    with pytest.raises(InputError, match="is not a run"), open_run(tmp_path / "thesis", RECORD):
        pass
    with pytest.raises(InputError, match="is a file"), open_run(tmp_path / "thesis" / "chapter.txt", RECORD):
        pass
    with pytest.raises(InputError, match="not a run directory"):
        read_run(tmp_path)
    with pytest.raises(InputError, match="not found"):
        read_run(tmp_path / "nowhere")


def test_only_our_own_modules_are_imported(tmp_path):
    assert model_module(RECORD).__name__ == "classifiers.softmax"
    for package, model in (("os", "path"), ("classifiers", "train"), (None, None)):
        with pytest.raises(InputError, match="does not have"):
            model_module({"package": package, "model": model})


def test_missing_and_broken_models_and_formats(tmp_path):
    with open_run(tmp_path, RECORD):
        pass
    with pytest.raises(InputError, match=r"no model\.keras"):
        load(tmp_path)
    (tmp_path / "model.keras").write_bytes(os.urandom(100))
    with pytest.raises(InputError, match="no model that a train command wrote"):
        load(tmp_path)
    write_json(tmp_path / "config.json", {**read_json(tmp_path / "config.json"), "format": FORMAT + 1})
    with pytest.raises(InputError, match="run format 3; this version reads 2"):
        read_run(tmp_path)


@pytest.mark.parametrize("package", ["generators", "transfer"])
def test_runs_from_before_names_changed_are_refused_in_one_line_that_says_what_to_do(tmp_path, package):
    old = {"format": 1, "package": package, "model": "vae", "config": {"epochs": 2}, "seed": 0}
    write_json(tmp_path / "config.json", old)
    with pytest.raises(InputError, match=r"format 1, and .* train again with this version, or use the commit of version 0"):
        read_run(tmp_path)
    with pytest.raises(InputError, match="train again with this version"), open_run(tmp_path, old):
        pass
    assert read_json(tmp_path / "config.json") == old
    write_json(tmp_path / "config.json", old | {"format": 2})
    assert read_run(tmp_path)["package"] == package


@pytest.mark.parametrize("strange", [None, True, "1", [1], {"a": 1}, 0, 3])
def test_strange_formats_and_packages_are_refused(tmp_path, strange):
    for record in ({"format": strange, "package": "generators"}, {"format": 1, "package": strange}):
        write_json(tmp_path / "config.json", record)
        with pytest.raises(InputError, match="format"):
            read_run(tmp_path)


def test_classifiers_of_format_1_load_and_resume(tmp_path):
    """Their names have not changed; the model that ships is one of them."""
    shipped = Path(__file__).parents[3] / "classifiers" / "pretrained" / "lil_data"
    assert read_json(shipped / "config.json")["format"] == 1
    assert load(shipped).count_params() > 1000
    write_json(tmp_path / "config.json", {"format": 1, **RECORD})
    with open_run(tmp_path, RECORD):
        assert read_run(tmp_path)["format"] == FORMAT


def test_what_a_killed_process_left_half_written_is_removed(tmp_path):
    with open_run(tmp_path, RECORD):
        pass
    left = [tmp_path / name for name in (".model.1a.tmp.keras", "backup/.state.1a.tmp.npz", "samples/.sheet.1a.tmp.png")]
    left += [tmp_path / "part" / "backup" / ".state.1a.tmp.npz", tmp_path / "part" / ".model.1a.tmp.keras"]
    elsewhere = tmp_path / "evaluation" / ".table.1a.tmp.csv"  # another command may be writing it
    for path in [*left, elsewhere]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with open_run(tmp_path, RECORD):
        assert not any(path.exists() for path in left)
    assert elsewhere.exists()


def test_the_command_is_recorded_and_may_be_another_next_time(tmp_path, monkeypatch):
    with open_run(tmp_path, RECORD):
        assert "command" not in read_run(tmp_path), "it was a call of Python"
    for extra in ([], ["--epochs", "9"]):
        monkeypatch.setitem(sys.modules, "__main__", SimpleNamespace(__spec__=SimpleNamespace(name="classifiers.train")))
        monkeypatch.setattr(sys, "argv", ["train.py", "softmax", "--output", "my runs/one", *extra])
        with open_run(tmp_path, RECORD):
            line = shlex.join(["python", "-m", "classifiers.train", "softmax", "--output", "my runs/one", *extra])
            assert read_run(tmp_path)["command"] == {"folder": os.getcwd(), "line": line}


def test_a_record_that_is_none(tmp_path):
    write_json(tmp_path / "config.json", ["a", "list"])
    with pytest.raises(InputError, match="holds no record"):
        read_run(tmp_path)
