"""One process at a time in a directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from training.cli import InputError, tell

_NAME = ".lock"
_PATIENCE = 0.3  # seconds: `in_use` holds the lock for an instant


@contextlib.contextmanager
def exclusive(directory: Path, wait: bool = False) -> Iterator[None]:
    """Hold `directory` for this process; if another one is at work in it `wait` for it, or InputError.

    A killed holder frees it.
    """
    from filelock import FileLock, Timeout

    directory.mkdir(parents=True, exist_ok=True)
    lock = FileLock(directory / _NAME)
    try:
        lock.acquire(timeout=0 if wait else _PATIENCE)
    except Timeout:
        if not wait:
            raise InputError(f"{directory} is in use by another process; wait for it, or give another --output") from None
        tell(f"waiting for another process that works in {directory}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def in_use(directory: Path) -> bool:
    """Is a process at work in `directory`? Writes nothing, so that it may be asked of other people's directories."""
    try:
        handle = os.open(directory / _NAME, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)  # which gives the lock back
    return False
