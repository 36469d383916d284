"""Loops compiled by numba, and how their machine code is kept on disk.

Numba (0.61 to 0.68) numbers the files of a function's variants, and an index tells which is which. It chooses the number
from an index that another process may be replacing, so that one variant's code is then loaded, and run, for another's; and
a file that a power cut left half-written ends every later process. Here each variant has a file of its own, named by what
it is for, written whole or not at all, and checked before it is used.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Hashable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numba
from numba.core import caching

from training.cli import print_line

DIGEST_BYTES = 32
"""Of SHA-256, at the end of each file."""


def compiled(function: Callable, **options: Any) -> Any:
    """Compile at the first call, without the interpreter's lock, and keep the machine code on disk where possible.

    options: of `numba.njit`. Numba keeps it beside the source or, when that is read-only, in the user's cache folder; where
    neither can be written `njit(cache=True)` raises, but compiling again in each process is all that is needed.
    """
    safe_caches()
    dispatcher = numba.njit(nogil=True, **options)(function)
    with suppress(RuntimeError):
        dispatcher.enable_caching()
    return dispatcher


def safe_caches() -> None:
    """Let all functions that are decorated from now on, a library's too, be kept in a `CodeFiles`."""
    vars(caching)["IndexDataCacheFile"] = CodeFiles


class CodeFiles(caching.IndexDataCacheFile):
    """The files of one function, in numba's folder for it; stands for numba's index and numbered files.

    The name tells the function, its line, the version of Python, and by a digest that of numba, the processor and the types
    of arguments; the content begins with the state of the source. Other files there, of numba's own, are never read.
    """

    def save(self, key: Hashable, data: Any) -> None:
        """Keep the code of one variant. A disk that takes no more is told, once a folder."""
        try:
            self._save_data(self._name(key), (self._source_stamp, key, data))
        except OSError as error:
            _tell(f"{self._cache_path}: {error.strerror}: compiled code is not kept there, and compiled again each time")

    def load(self, key: Hashable) -> Any:
        """The code of one variant; None where there is none, of this source, that is whole."""
        path = Path(self._cache_path, self._name(key))
        with suppress(OSError):
            content = path.read_bytes()
            if _digest(content[:-DIGEST_BYTES]) != content[-DIGEST_BYTES:]:
                _tell(f"{path} is damaged; it is compiled and written anew")
                return None
            stamp, kept, data = self._load_data(path.name)
            return data if (stamp, kept) == (self._source_stamp, key) else None
        return None

    def flush(self) -> None:
        """Forget all variants."""
        for path in Path(self._cache_path).glob(f"{self._base}-*.nbc"):
            path.unlink(missing_ok=True)

    @property
    def _base(self) -> str:
        return self._index_name.removesuffix(".nbi")

    def _name(self, key: Hashable) -> str:
        return f"{self._base}-{_digest(f'{self._version} {key!r}'.encode()).hex()[:20]}.nbc"

    def _dump(self, content: Any) -> bytes:
        data = super()._dump(content)
        return data + _digest(data)  # what reads it ends where the data do


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


_tell = functools.cache(print_line)
