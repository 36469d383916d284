"""What pages share: the queue of jobs, and the folders of the user's disk that they may read."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from studio.jobs import Queue
from training.errors import InputError
from training.installation import HOME
from training.runs import read_run


@dataclass(frozen=True)
class Studio:
    """What all pages share."""

    queue: Queue
    folders: tuple[Path, ...] = ()
    """Folders of the user's disk that may be trained on, and whose runs are found."""

    def allowed(self, path: str) -> Path:
        """The path, where it lies in a folder given at the start or among the jobs, or ships. InputError: it does not."""
        found = Path(path).expanduser().resolve()
        if found.parent in (HOME / "classifiers/pretrained", HOME / "generators/pretrained"):
            return found
        if not any(found.is_relative_to(folder) for folder in (*self.folders, self.queue.root)):
            given = ", ".join(map(str, self.folders)) or "none; start the studio with --folders MY_MUSIC"
            raise InputError(f"{path} lies in none of the folders given at the start ({given})")
        return found

    def runs(self, package: str, *shipped: Path) -> list[tuple[str, str]]:
        """(name, path) of the runs of a package's models that are finished so far as to have weights; the newest first."""
        found = []
        for folder in (*self.folders, self.queue.root):
            for depth in ("", "*/", "*/*/"):
                found += [
                    path.parent for path in folder.glob(f"{depth}config.json") if (path.parent / "model.keras").exists()
                ]
        dated = sorted(set(found), key=lambda run: (run / "model.keras").stat().st_mtime, reverse=True)
        named = []
        for run in (*shipped, *dated):
            with contextlib.suppress(InputError):  # of a version that is not read, or no run at all
                record = read_run(run)
                if record.get("package") == package:
                    where = "ships with the project" if run in shipped else run.relative_to(run.parents[1]).as_posix()
                    named.append((f"{record['model']}: {where}", str(run)))
        return named
