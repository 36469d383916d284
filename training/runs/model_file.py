"""A `model.keras` from anyone, looked at before Keras opens it: what it would import, and how large it claims to be.

Keras' safe mode refuses code in a file. Here is refused what it leaves open: classes that are neither Keras' nor ours,
entries that a model file does not have, layers of sizes that no model of ours has.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator
from typing import Any

from training.errors import InputError

ENTRIES = {"metadata.json", "config.json", "model.weights.h5"}
"""What Keras writes for a model without vocabularies; all of ours are."""
MAX_WEIGHT_BYTES = 1 << 32
"""Of the weights' entry."""
MAX_CONFIG_BYTES = 1 << 24
"""Of a configuration, and of the metadata."""
MAX_SIZE = 1 << 26
"""Of a whole number in a configuration: samples, units, steps."""
NO_SIZES = ("seed", "shared_object_id")
"""Entries of a configuration that may be any number."""
OURS = ("classifiers", "generators", "transfer", "training", "spectro")
"""Packages whose registered classes a file may name."""
CODE = ("Lambda", "__lambda__", "function")
"""Names under which a file would bring functions."""


def check_model_file(path: str | os.PathLike) -> None:
    """InputError: the file is no model of this project's kind, or is not what a train command writes."""
    try:
        with zipfile.ZipFile(path) as archive:
            _check_entries(archive)
            config = json.loads(archive.read("config.json"))
        for module, name, registered in _classes(config):
            _check_class(module, name, registered)
        if large := [number for number in _numbers(config) if abs(number) > MAX_SIZE]:
            raise ValueError(f"it has a size of {large[0]:,}")
    except FileNotFoundError:
        raise InputError(f"{path} not found") from None
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError, RecursionError, zipfile.BadZipFile) as error:
        raise InputError(f"{path} is no model that a train command wrote ({str(error)[:200]})") from None


def _check_entries(archive: zipfile.ZipFile) -> None:
    infos = archive.infolist()
    names = {info.filename for info in infos}
    if names != ENTRIES or len(infos) != len(ENTRIES):
        raise ValueError(f"its entries are {', '.join(sorted(names))[:120]}")
    for info in infos:
        most = MAX_WEIGHT_BYTES if info.filename.endswith(".h5") else MAX_CONFIG_BYTES
        if info.file_size > most:
            raise ValueError(f"{info.filename} has {info.file_size:,} bytes; at most {most:,} are read")


def _classes(value: Any) -> Iterator[tuple[Any, Any, Any]]:
    """(module, class name, registered name) of everything that a configuration would make."""
    if isinstance(value, dict):
        if "class_name" in value:
            yield value.get("module"), value["class_name"], value.get("registered_name")
        for entry in value.values():
            yield from _classes(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _classes(entry)


def _check_class(module: Any, name: Any, registered: Any) -> None:
    """ValueError unless it is Keras' own, one of ours, or a plain value (which has no module)."""
    package = registered.split(">")[0] if isinstance(registered, str) and ">" in registered else None
    known = module is None or (isinstance(module, str) and module.split(".")[0] in ("keras", *OURS))
    if name in CODE or not known or package not in (None, *OURS):
        raise ValueError(f"it names {module}.{name} ({registered}), which is neither Keras' nor of this project")


def _numbers(value: Any, key: str = "") -> Iterator[int]:
    """All whole numbers in a configuration that may be sizes."""
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from _numbers(entry, name)
    elif isinstance(value, list):
        for entry in value:
            yield from _numbers(entry, key)
    elif isinstance(value, int) and key not in NO_SIZES:
        yield value
