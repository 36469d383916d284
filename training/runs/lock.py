"""One process at a time in a directory, on every system: a lock file that a killed holder frees."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from training.cli import log
from training.errors import InputError

LOCK = ".lock"
"""Name of the lock file."""
_RETRY_SECONDS = 0.3  # `in_use` holds the lock for an instant


@contextlib.contextmanager
def exclusive(directory: Path, wait: bool = False) -> Iterator[None]:
    """Hold `directory` for this process; if another one is at work in it `wait` for it, or InputError.

    A killed holder frees it.
    """
    from filelock import FileLock, Timeout

    directory.mkdir(parents=True, exist_ok=True)
    lock = FileLock(directory / LOCK)
    try:
        lock.acquire(timeout=0 if wait else _RETRY_SECONDS)
    except Timeout:
        if not wait:
            raise InputError(f"{directory} is in use by another process; wait for it, or give another --output") from None
        log(f"waiting for another process that works in {directory}")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def in_use(directory: Path) -> bool:
    """Is a process at work in `directory`? Writes nothing, so that it may be asked of other people's directories.

    False where it cannot be known: a lock file that may not be read, a disk without locks.
    """
    from filelock import lock_descriptor

    path = directory / LOCK
    if not path.is_file():
        return False
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return not lock_descriptor(handle, blocking=False)
    except OSError:
        return False
    finally:
        os.close(handle)  # which gives the lock back


@contextlib.contextmanager
def idle(run: Path) -> Iterator[None]:
    """Hold a run for its evaluation, so that nobody trains it meanwhile. InputError: there is none, or somebody does."""
    if not run.is_dir():
        raise InputError(f"{run} not found")
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(exclusive(run))
        except InputError:
            raise InputError(f"{run} is in use: is it still training? Evaluate it when that is done") from None
        yield
