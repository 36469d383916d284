"""The file that brings a training run back: arrays in order, and what they are of. Read without Keras."""

from __future__ import annotations

import json
import math
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from training.errors import InputError
from training.files import atomic

FORMAT = 1
NAME = "state.npz"


def write_state(path: Path, about: dict[str, Any], arrays: list[np.ndarray]) -> None:
    """Write `arrays` and `about` (JSON; `paths` names the arrays) to `path`, atomically."""
    numbered: dict[str, Any] = {f"{index:05d}": array for index, array in enumerate(arrays)}
    with atomic(path) as temporary:
        np.savez(temporary, about=np.array(json.dumps({"format": FORMAT, **about})), **numbered)


def read_state(path: Path) -> tuple[dict[str, Any], list[np.ndarray]]:
    """(about, arrays). InputError: not a whole file, or of another format version."""
    return _read(path, arrays=True)


def read_about(path: Path) -> dict[str, Any]:
    """What the arrays are of, without reading them. InputError as `read_state`."""
    return _read(path, arrays=False)[0]


def _read(path: Path, arrays: bool) -> tuple[dict[str, Any], list[np.ndarray]]:
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            _check_sizes(file.zip, path.stat().st_size)
            about = json.loads(str(file["about"]))
            if about["format"] != FORMAT:
                raise InputError(
                    f"{path} has format {about['format']}, this version reads {FORMAT}; "
                    "train on with the version that wrote it, or start a new run"
                )
            if not isinstance(about["epoch"], int):
                raise ValueError(f"its epoch is {about['epoch']!r}")
            return about, [file[f"{index:05d}"] for index in range(len(about["paths"]))] if arrays else []
    except InputError:
        raise
    except (
        OSError,
        EOFError,
        KeyError,
        TypeError,
        ValueError,
        RuntimeError,
        MemoryError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise InputError(f"{path} is not a whole training backup ({error}); remove it to train from the start") from None


def _check_sizes(archive: zipfile.ZipFile, size: int) -> None:
    """ValueError unless every array is as large as it says: memory is taken by what its header says."""
    for member in archive.infolist():
        if member.compress_type != zipfile.ZIP_STORED or member.file_size > size:
            raise ValueError(f"{member.filename} is packed, or larger than the file")
        with archive.open(member) as stream:
            if np.lib.format.read_magic(stream) != (1, 0):
                raise ValueError(f"{member.filename} is of another NumPy format")
            shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
            if math.prod(shape) * dtype.itemsize != member.file_size - stream.tell():
                raise ValueError(f"{member.filename} is not as large as it says")
