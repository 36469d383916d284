"""A run is a directory: `config.json`, `history.csv`, `backup/`, `model.keras`, `samples/`, `logs/`, `report.html`."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import platform
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training import installation
from training.cli import log
from training.errors import InputError
from training.family import PACKAGES, family_of
from training.files import read_json, remove_half_written, write_json
from training.runs.lock import exclusive
from training.runs.model_file import check_model_file

if TYPE_CHECKING:
    import keras

FORMAT = 2
"""Version of the run format."""
READABLE = {"classifiers": (1, 2)}
"""Formats that are read of runs of a package, where it is more than FORMAT: names in the others changed after format 1."""
MAY_CHANGE = ("epochs", "early_stop", "devices", "versions", "command", "path", "cache")
"""What may differ when a command is repeated in its run directory; which data it is, its fingerprint tells."""


@contextlib.contextmanager
def open_run(directory: str | os.PathLike, record: dict[str, Any]) -> Iterator[Path]:
    """Create or resume the run in `directory` and hold it for this process.

    record: package, model, config, labels, data, seed: all that makes a run what it is. InputError if the directory holds a
    run of another record (the differing entries are named), something that is no run, or is in use. What a killed process
    left half written is removed. Another precision than float32, set in Keras before, is part of the record.
    """
    import keras

    directory = Path(directory)
    if (precision := keras.config.dtype_policy().name) != "float32":
        record = record | {"precision": precision}
    config = directory / "config.json"
    if any(0xD800 <= ord(letter) <= 0xDFFF for letter in str(directory)):
        raise InputError(f"{directory} has bytes that are not UTF-8, where TensorBoard cannot write; give another --output")
    if directory.is_file():
        raise InputError(f"{directory} is a file; a run needs a directory: give another --output")
    if directory.is_dir() and not config.exists() and any(name != ".lock" for name in os.listdir(directory)):
        raise InputError(f"{directory} exists and is not a run; give another --output")
    with exclusive(directory):
        if config.exists():
            _refuse_other(directory, read_run(directory), record)
        for part in (directory, *(backup.parent for backup in directory.glob("*/backup"))):
            remove_half_written(part, part / "backup", part / "samples")
        write_json(config, {"format": FORMAT, **record, "versions": versions(), **_command()})
        yield directory


def read_run(directory: str | os.PathLike) -> dict[str, Any]:
    """The record of a run. InputError if `directory` is not one, or of another format."""
    directory = Path(directory)
    if not (directory / "config.json").is_file():
        missing = "not found" if not directory.exists() else "is not a run directory (it has no config.json)"
        raise InputError(f"{directory} {missing}; a run is what the train command writes to --output")
    record = read_json(directory / "config.json")
    if not isinstance(record, dict) or not isinstance(record.get("config", {}), dict):
        raise InputError(f"{directory} is not a run directory (its config.json holds no record)")
    _check_format(directory, record.get("format"), str(record.get("package")))
    return record


def _check_format(directory: Path, found: Any, package: str) -> None:
    """InputError: this version does not read the format; what to do about that."""
    if found in READABLE.get(package, (FORMAT,)):
        return
    if found == 1:
        raise InputError(
            f"{directory} is a run of format 1, and names in {package} have changed since; train again with this version, "
            "or use the commit of version 0.1.0 that trained it"
        )
    raise InputError(f"{directory}: run format {found!r}; this version reads {FORMAT}. Use the version that trained it")


def model_module(record: dict[str, Any]) -> Any:
    """The model module that a run's record names, if it is one of ours."""
    return family_of(record).module(record["model"])


def load(directory: str | os.PathLike) -> keras.Model:
    """The best model of a run, for use: not compiled, safe mode (a file can never run code of its own).

        model = load("runs/genres")
        model.predict(clips)  # (clips, samples) -> (clips, labels)

    InputError: not a run, not trained yet, a file that is damaged or not of this project's kind.
    """
    model_module(read_run(directory))  # registers the layers
    import keras

    path = Path(directory, "model.keras")
    if not path.exists():
        raise InputError(f"{directory} has no model.keras yet; train it first")
    check_model_file(path)
    try:
        return keras.saving.load_model(path, compile=False, safe_mode=True)
    except (
        ValueError,
        OSError,
        KeyError,
        TypeError,
        MemoryError,
    ) as error:  # TypeError: an older version had other settings
        why = " ".join(str(error).split())[:200]
        raise InputError(
            f"{path} cannot be loaded ({why}); is the file whole and of this version? If not, train it again"
        ) from None


def cache_of(record: dict[str, Any], cache: Path | None = None) -> Path | None:
    """Where folders become corpora: `cache`, or the --cache that the run of `record` was trained with; None: the user's."""
    found = (record.get("data") or {}).get("cache")
    return cache or (Path(found) if found else None)


def start_from(fresh: keras.Model, run: str | os.PathLike) -> None:
    """Give a fresh model the weights of `run`. InputError: they have other shapes."""
    weights = load(run).get_weights()
    if [weight.shape for weight in weights] != [weight.shape for weight in fresh.get_weights()]:
        raise InputError(f"the weights of {run} do not fit this model; was it trained with another model, codec or sizes?")
    fresh.set_weights(weights)
    log(f"started from {run}")


def versions() -> dict[str, str]:
    """Versions of what computes, for records."""
    found = installation.versions("keras", "tensorflow", "numpy", "scipy", "librosa", "soundfile")
    return {"python": platform.python_version(), **found}


def _command() -> dict[str, Any]:
    """The command line, for the record: what resumes the run, and from which folder; none where Python code trains."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    name = spec.name if spec else ""
    if name not in [f"{package}.train" for package in PACKAGES]:
        return {}
    return {"command": {"folder": os.getcwd(), "line": shlex.join(["python", "-m", name, *sys.argv[1:]])}}


def _refuse_other(directory: Path, old: dict[str, Any], new: dict[str, Any]) -> None:
    flat_new = _flat(_as_json(new))
    flat_old = {key: value for key, value in _flat(_defaults(new)).items() if key in flat_new} | _flat(old)
    differing = [
        f"{key} is {flat_old.get(key)!r}, now {flat_new.get(key)!r}"
        for key in sorted(flat_old.keys() | flat_new.keys())
        if flat_old.get(key) != flat_new.get(key) and not set(key.split(".")) & {*MAY_CHANGE, "format"}
    ]
    if differing:
        raise InputError(f"{directory} is a run of other settings ({'; '.join(differing[:4])}); give another --output")


def _defaults(record: dict[str, Any]) -> dict[str, Any]:
    """What a run of an older version has where its model's options are fewer: the defaults, which change nothing."""
    try:
        options = model_module(record).Config
    except InputError:
        return {}
    return {"config": _as_json({field.name: field.default for field in dataclasses.fields(options)})}


def _as_json(value: Any) -> Any:
    """What reading back the written JSON would give: tuples become lists, paths strings."""
    if isinstance(value, dict):
        return {str(key): _as_json(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json(entry) for entry in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, entry in value.items():
        flat.update(_flat(entry, f"{prefix}{key}.") if isinstance(entry, dict) else {f"{prefix}{key}": entry})
    return flat
