"""A job: commands of the toolkit that run one after the other, in a folder of their own.

All that is known of it lies in that folder, so that it outlives the page that asked for it, and the server:

    job.json     what runs, in words as they stand after `spectro`
    input/       copies of what was uploaded, until the server ends
    log.txt      what its commands tell on stderr, as a terminal would get it
    began        when its first command began: the time of this file
    stop         it was asked to stop
    ended.json   how it ended
"""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.files import distinct, read_json
from training.runs.lock import in_use

ABOUT, INPUT, LOG, BEGAN, STOP, ENDED = "job.json", "input", "log.txt", "began", "stop", "ended.json"
OWN = {ABOUT, INPUT, LOG, BEGAN, STOP, ENDED}
PARTLY = 1
"""Exit status of a command that could not use some of its files, or all."""


@dataclass(frozen=True)
class Job:
    """A job by its folder."""

    folder: Path

    @property
    def page(self) -> str:
        """Name of the page that asked for it."""
        return read_json(self.folder / ABOUT)["page"]

    @property
    def steps(self) -> list[list[str]]:
        """Commands that run one after the other, as words after `spectro`."""
        return read_json(self.folder / ABOUT)["steps"]

    @property
    def command(self) -> str:
        """The command lines that do the same; uploads as the user has called them."""
        return "\n".join(shlex.join(["spectro", *map(_as_called, step)]) for step in self.steps)

    @property
    def ended(self) -> dict[str, Any] | None:
        """`status`, the highest exit status of the commands, and `seconds`; None before."""
        path = self.folder / ENDED
        return read_json(path) if path.exists() else None

    @property
    def state(self) -> str:
        """waiting, running, done, partly (some files could not be used), failed, or stopped: by the user, or by a kill."""
        # in this order: a job may begin or end meanwhile, and it leaves a log after it is in use, `ended` before it is not
        began, running, asked = (self.folder / LOG).exists(), in_use(self.folder), (self.folder / STOP).exists()
        if ended := self.ended:
            status = ended["status"]
            return (
                "done" if not status else "stopped" if asked else "partly" if status == PARTLY and self.files() else "failed"
            )
        return "running" if running else "stopped" if asked or began else "waiting"

    @property
    def seconds(self) -> int:
        """Since it began, or that it took; 0 before."""
        began, ended = self.folder / BEGAN, self.ended
        return round(ended["seconds"] if ended else time.time() - began.stat().st_mtime if began.exists() else 0)

    @property
    def over(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state not in ("waiting", "running")

    def take(self, uploads: Sequence[str | os.PathLike]) -> list[Path]:
        """Keep copies of files for the job; their paths as its commands see them."""
        names = distinct([Path(INPUT, Path(upload).name) for upload in uploads])
        for upload, name in zip(uploads, names, strict=True):
            (self.folder / INPUT).mkdir(exist_ok=True)
            shutil.copyfile(upload, self.folder / name)
        return names

    def log(self) -> list[str]:
        """The lines of the log that are not empty, each as it stands when all that overwrites it has come."""
        with contextlib.suppress(FileNotFoundError):
            text = (self.folder / LOG).read_bytes().decode("utf-8", "replace")
            lines = (line.rstrip("\r").rsplit("\r", 1)[-1].strip() for line in text.split("\n"))
            return [line for line in lines if line]
        return []

    def files(self) -> list[str]:
        """What its commands have written, relative to the folder; what is hidden or not yet whole is not told."""
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*") if path.is_file())
        return sorted(
            str(path) for path in found if path.parts[0] not in OWN and not any(name.startswith(".") for name in path.parts)
        )


def _as_called(word: str) -> str:
    """A word of a command line, an upload by the name that its user knows."""
    name = word.removeprefix(f"{INPUT}/")
    return f"./{name}" if name.startswith("-") and name != word else name
