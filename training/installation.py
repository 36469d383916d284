"""What is installed: whether the packages of these names are ours, which version, with what beside it.

The packages are called by words that others use, too: the distribution py-midi overwrites `midi` with its own package, and
a user's own `midi.py` stands before it where a command is started beside that file. Of others' modules only those of the
standard library are imported here, so that every command can ask first.
"""

from __future__ import annotations

import contextlib
import os
import sys
from importlib import metadata
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import NamedTuple

from training.errors import InputError

VERSION = "0.1.0"
DISTRIBUTION = "spectro-music"
"""The name that pip knows: `spectro` is taken there."""
PACKAGES = ("spectro", "midi", "classifiers", "generators", "transfer", "training", "studio")
HOME = Path(__file__).resolve().parents[1]
"""The folder that holds them: of this checkout, or site-packages."""
MARK = f'__distribution__ = "{DISTRIBUTION}"'
"""The line by which a package's `__init__.py` is known as ours."""


def leave_working_folder() -> None:
    """Take the folder that `python -m` has put first on the path off it, so that a user's files there are never imported.

    It stays where the packages themselves lie in it, as in a checkout.
    """
    if sys.path and sys.path[0] in ("", os.getcwd()) and Path.cwd().resolve() != HOME:
        del sys.path[0]


def check_packages() -> None:
    """InputError: a package that would be imported under one of our names is not ours; whose it is, and what to do."""
    for name in PACKAGES:
        spec = next((found for finder in sys.meta_path if (found := finder.find_spec(name, None))), None)
        if fault := _fault(name, spec):
            raise InputError(f"the package {name} is not that of {DISTRIBUTION}: {fault}")


def versions(*distributions: str) -> dict[str, str]:
    """Versions of this project and of those of `distributions` that are installed."""
    found = {"spectro": VERSION}
    for name in distributions:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


class Requirement(NamedTuple):
    """A distribution that this one needs, or needs for one of its extras."""

    name: str
    wanted: str
    """Its versions, as `>=2.20`; empty where any is."""
    extra: str
    """The extra that it belongs to; empty where it is always needed."""
    found: str
    """The version that is installed; empty where none is."""
    fits: bool
    """It is installed, in one of these versions."""


def requirements() -> list[Requirement]:
    """What the installed distribution says that it needs here, and what of it is there.

    InputError: it is not installed, as in a checkout whose packages are used as they lie there.
    """
    from packaging.requirements import Requirement as Parsed

    try:
        lines = metadata.requires(DISTRIBUTION) or []
        extras = ["", *(metadata.metadata(DISTRIBUTION).get_all("Provides-Extra") or [])]
    except metadata.PackageNotFoundError:
        raise InputError(f"{DISTRIBUTION} is not installed here; in {HOME}: python -m pip install --editable .") from None
    found = []
    for parsed in map(Parsed, lines):
        extra = next((one for one in extras if parsed.marker is None or parsed.marker.evaluate({"extra": one})), None)
        if extra is None:  # of another system
            continue
        version = versions(parsed.name).get(parsed.name, "")
        fits = bool(version) and parsed.specifier.contains(version, prereleases=True)
        found.append(Requirement(parsed.name, str(parsed.specifier), extra, version, fits))
    return found


def devices() -> tuple[str, list[str]]:
    """(Keras' backend with its version, names of the accelerators and processors that it computes on). Imports it."""
    import keras

    name = keras.backend.backend()
    backend = f"{name} {versions(name).get(name, '')}".strip()
    if name != "tensorflow":
        return backend, keras.distribution.list_devices()
    import tensorflow as tf

    return backend, [device.name.removeprefix("/physical_device:") for device in tf.config.list_physical_devices()]


def _fault(name: str, spec: ModuleSpec | None) -> str:
    """What is wrong with the package that would be imported as `name`, and what to do; empty if it is ours."""
    ours = HOME / name / "__init__.py"
    again = f"python -m pip install --force-reinstall --no-deps {DISTRIBUTION}"
    if spec is None or spec.origin is None:
        return f"{ours} is gone, as when another distribution of that name was removed; mend it: {again}"
    found = Path(spec.origin).resolve()
    if found == ours:
        if MARK in ours.read_text(encoding="utf-8", errors="replace"):
            return ""
        owner = _owner(found)
        remedy = f"python -m pip uninstall {owner}, then {again}" if owner else again
        return f"{owner or 'something'} has overwritten {ours}; mend it: {remedy}"
    owner = _owner(found)
    whose = f"{found} of {owner}" if owner else str(found)
    return f"{whose} stands before it; rename that, or use an environment of its own for {DISTRIBUTION}"


def _owner(path: Path) -> str:
    """The other distribution that has installed a file; empty where none has."""
    for distribution in metadata.distributions():
        files = () if distribution.name == DISTRIBUTION else distribution.files or ()
        if any(file.name == path.name and Path(str(file.locate())).resolve() == path for file in files):
            return distribution.name
    return ""
