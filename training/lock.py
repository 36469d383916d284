"""One process at a time in a directory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from training.cli import InputError, tell


@contextlib.contextmanager
def exclusive(directory: Path, wait: bool = False) -> Iterator[None]:
    """Hold `directory` for this process; if another one is at work in it `wait` for it, or InputError.

    A killed holder frees it.
    """
    from filelock import FileLock, Timeout

    directory.mkdir(parents=True, exist_ok=True)
    lock = FileLock(directory / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        if not wait:
            raise InputError(f"{directory} is in use by another process; wait for it, or give another --output") from None
        tell(f"waiting for another process that works in {directory}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
