"""One process at a time in a directory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from training.cli import InputError


@contextlib.contextmanager
def exclusive(directory: Path) -> Iterator[None]:
    """Hold `directory` for this process; InputError if another one is at work in it. A killed holder frees it."""
    from filelock import FileLock, Timeout

    directory.mkdir(parents=True, exist_ok=True)
    lock = FileLock(directory / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise InputError(f"{directory} is in use by another process; wait for it, or give another --output") from None
    try:
        yield
    finally:
        lock.release()
