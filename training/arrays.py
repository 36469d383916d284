"""Arrays in an .npz file from anyone: nothing is unpickled, and sizes are checked before anything is allocated."""

from __future__ import annotations

import math
import os
import zipfile
from collections.abc import Collection
from typing import BinaryIO

import numpy as np

from training.errors import InputError

MAX_BYTES = 1 << 30
"""Of all arrays of a file."""
_DAMAGED = (OSError, ValueError, EOFError, KeyError, TypeError, NotImplementedError, SyntaxError, zipfile.BadZipFile)


def read_arrays(path: str | os.PathLike | BinaryIO, names: Collection[str]) -> dict[str, np.ndarray]:
    """The arrays called `names`. InputError: not there, damaged, of objects, larger than MAX_BYTES or than its file."""
    try:
        with zipfile.ZipFile(path) as archive:
            for name in names:
                _check(archive, f"{name}.npy")
            sizes = [info.file_size for info in archive.infolist()]
        if sum(sizes) > MAX_BYTES:
            raise ValueError(f"{sum(sizes):,} bytes; at most {MAX_BYTES:,} are read")
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in names}
    except FileNotFoundError:
        raise InputError(f"{path} not found") from None
    except _DAMAGED as error:
        raise InputError(f"{path} is no whole file of the arrays {', '.join(names)} ({error})") from None


def _check(archive: zipfile.ZipFile, name: str) -> None:
    """ValueError unless the array has as many bytes as its header says."""
    with archive.open(name) as member:
        version = np.lib.format.read_magic(member)
        read_header = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, _, dtype = read_header(member)
        size = archive.getinfo(name).file_size - member.tell()
    if dtype.hasobject or math.prod(shape) * dtype.itemsize != size:
        raise ValueError(f"{name} claims to be {dtype} {shape}, and has {size:,} bytes")
