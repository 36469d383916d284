"""Many files in one command: what goes wrong with one of them does not stop the others."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator

from training.cli import print_line
from training.errors import InputError, reason_of

LISTED = 10
"""Files that are named at the end, at most."""


class Batch:
    """Files that are worked on one after the other: one that fails is a line on stderr, and the others go on.

        batch = Batch("converted", len(jobs))
        for source, target in jobs:
            with batch.one(source):
                convert(source, target)
        batch.end()

    A single file is no batch: it fails with its own error, and a bug with its traceback.
    """

    def __init__(self, done: str, total: int, what: str = "files") -> None:
        self._done, self._total, self._what = done, total, what
        self._failed: list[tuple[str, str]] = []

    @contextlib.contextmanager
    def one(self, path: str | os.PathLike) -> Iterator[None]:
        """Work on one file; what it raises is noted, unless it is of all files (`training.errors.reason_of`)."""
        try:
            yield
        except Exception as error:
            if self._total == 1 and not isinstance(error, InputError | OSError | MemoryError):
                raise
            self.failed(path, reason_of(error, path))

    def failed(self, path: str | os.PathLike, reason: str) -> None:
        """Note that a file failed, where that is known already."""
        self._failed.append((os.fsdecode(path), reason))
        if self._total > 1:
            print_line(f"error: {reason}")

    def end(self) -> None:
        """InputError: how many files failed, and which."""
        if self._total == 1 and self._failed:
            raise InputError(self._failed[0][1])
        if self._failed:
            names = ", ".join(name for name, _ in self._failed[:LISTED])
            more = f" and {len(self._failed) - LISTED:,} more" * (len(self._failed) > LISTED)
            raise InputError(
                f"{len(self._failed):,} of {self._total:,} {self._what} could not be {self._done}: {names}{more}"
            )
