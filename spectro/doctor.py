"""What is installed: versions, devices, caches, extras, and what to install for what.

The exit status is 1 if something that is needed is missing.
"""

from __future__ import annotations

import os
import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from training.cli import run
from training.errors import InputError

if TYPE_CHECKING:
    from training.installation import Requirement

PURPOSES = {
    "formats": "reads m4a, WMA, sound of video files and others that libsndfile does not",
    "symusic": "reads MIDI files faster",
    "score": "writes MusicXML",
    "onnx": "exports ONNX",
    "litert": "exports LiteRT",
    "jax": "trains on JAX, with KERAS_BACKEND=jax",
    "cluster": "builds corpora on a Dask cluster",
    "studio": "opens the studio, pages in the browser",
}
"""What each extra is for; extras of developers are not told of."""


@dataclass(frozen=True)
class Options:
    """Where to look."""

    cache: Path | None = None
    """Cache folder; by default the platform's one for this user."""


def main(options: Options) -> None:
    """Print a line for each thing. InputError: something that is needed is missing or of another version."""
    from training.installation import DISTRIBUTION, HOME, VERSION, requirements

    _print("spectro", f"{VERSION}, in {HOME}")
    _print("python", f"{platform.python_version()}, {sys.executable}")
    _print("machine", f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPU cores")
    _print_devices()
    _print_caches(options.cache)
    needed = requirements()
    always = [one for one in needed if not one.extra]
    faults = [_wanted(one) for one in always if not one.fits]
    _print("needs", f"{len(always) - len(faults)} of {len(always)} packages are there")
    for extra, purpose in PURPOSES.items():
        missing = [_wanted(one) for one in needed if one.extra == extra and not one.fits]
        if any(one.extra == extra for one in needed):
            install = f"; missing: {', '.join(missing)}: pip install '{DISTRIBUTION}[{extra}]'" if missing else ""
            _print(f"[{extra}]", purpose + (install or "; installed"))
    if faults:
        raise InputError(f"missing: {', '.join(faults)}; python -m pip install {DISTRIBUTION}")


def _wanted(one: Requirement) -> str:
    """A requirement, and what is there instead."""
    return f"{one.name}{one.wanted}" + (f" (found {one.found})" if one.found else "")


def _print_devices() -> None:
    from training.cli import import_keras
    from training.installation import devices, versions

    try:
        import_keras()
        backend, names = devices()
    except ImportError as error:
        _print("keras", f"cannot be imported: {error}")
        return
    _print("keras", f"{versions('keras')['keras']} on {backend}")
    accelerators = [name for name in names if "cpu" not in name.lower()]
    _print("devices", ", ".join(accelerators) or "the CPU; no accelerator that this backend can use")


def _print_caches(cache: Path | None) -> None:
    from training.corpora.cleaning import cached
    from training.corpora.user_cache import cache_folder

    folder = cache_folder(cache)
    there = cached(folder)
    size = sum(one.size for one in there) / 1e6
    above = next(path for path in (folder, *folder.parents) if path.exists())
    refused = "" if os.access(above, os.W_OK) else "; it cannot be written: give commands --cache FOLDER"
    _print("cache", f"{folder}, {len(there)} folders of {size:.1f} MB{refused}")


def _print(name: str, value: str) -> None:
    print(f"{name:<10} {value}", flush=True)


if __name__ == "__main__":
    run(main, Options)
