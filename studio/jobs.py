"""The queue of jobs: one at a time, each in a process of its own."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from studio.job import ABOUT, BEGAN, ENDED, INPUT, LOG, STOP, Job
from training.errors import InputError
from training.files import write_json
from training.installation import HOME
from training.runs.lock import exclusive

TICK = 0.2
"""Seconds between two looks."""


class Queue:
    """Runs the jobs below a folder one at a time, the oldest first; those that waited for a server before this one, too."""

    def __init__(self, root: Path) -> None:
        """InputError: another server is at work in the folder."""
        self.root = root.resolve()
        self._held = contextlib.ExitStack()
        self._held.enter_context(exclusive(self.root))
        self._remove_uploads()
        self._change = threading.Condition()
        self._waiting = [job for job in reversed(self.all()) if job.state == "waiting"]
        self._closed = False
        self._worker: subprocess.Popen | None = None
        self._thread = threading.Thread(target=self._run, daemon=True, name="jobs")

    def work(self) -> None:
        """Begin to run jobs."""
        self._thread.start()

    def new(self, page: str) -> Job:
        """An empty job of a page, which takes files and is then to be started."""
        job = Job(self.root / f"{datetime.now():%Y-%m-%d-%H%M%S}-{page}-{secrets.token_hex(2)}")
        job.folder.mkdir()
        write_json(job.folder / STOP, None)  # until it is started nobody shall run it
        return job

    def start(self, job: Job, page: str, steps: Sequence[Sequence[object]]) -> None:
        """Let a job run these commands when its turn comes."""
        write_json(job.folder / ABOUT, {"page": page, "steps": [[str(word) for word in step] for step in steps]})
        self.again(job)

    def again(self, job: Job) -> None:
        """Run a job that is over once more, in the same folder; trainings go on. InputError: what it needs is gone."""
        needed = {word for step in job.steps for word in step if word.startswith(f"{INPUT}/")}
        if gone := sorted(word for word in needed if not (job.folder / word).exists()):
            raise InputError(f"{gone[0].removeprefix(INPUT + '/')} was kept until the studio had ended; give it again")
        with self._change:
            if not job.over:
                raise InputError(f"the job is {job.state} already")
            for name in (ENDED, STOP, LOG, BEGAN):
                (job.folder / name).unlink(missing_ok=True)
            self._waiting.append(job)
            self._change.notify_all()

    def find(self, name: str | None) -> Job:
        """The job of that name. InputError: there is none."""
        if not name:
            raise InputError("there is no job yet; begin one")
        job = Job(self.root / Path(name).name)
        if not (job.folder / ABOUT).is_file():
            raise InputError(f"there is no job {name!r}")
        return job

    def all(self) -> list[Job]:
        """Every job that was started, newest first."""
        found = sorted(self.root.glob(f"*/{ABOUT}"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
        return [Job(path.parent) for path in found]

    def ahead(self, job: Job) -> int:
        """How many jobs must end before this one begins."""
        with self._change:
            before = self._waiting.index(job) if job in self._waiting else 0
        return before + any(other.state == "running" for other in self.all() if other != job)

    def stop(self, job: Job) -> None:
        """Ask a job to end: one that waits never begins, one that runs writes what there is so far."""
        with self._change:
            if not job.over:
                (job.folder / STOP).touch()
            if job in self._waiting:
                self._waiting.remove(job)

    def close(self) -> list[Job]:
        """Let go of the folder, and of uploads; the job that runs on all the same, if there is one."""
        with self._change:
            self._closed = True
            self._change.notify_all()
            idle = self._worker
        if idle:  # a worker that has no job
            idle.kill()
            self._thread.join()
        self._remove_uploads()
        self._held.close()
        return [job for job in self.all() if job.state == "running"]

    def _remove_uploads(self) -> None:
        """Those of jobs that are over, or that were never started because the server was killed."""
        for path in self.root.glob(f"*/{INPUT}"):
            if Job(path.parent).over:
                shutil.rmtree(path, ignore_errors=True)

    def _run(self) -> None:
        """One job after the other, until the queue is closed."""
        while not self._closed:
            with _new_worker() as worker:
                with self._change:
                    self._worker = worker
                    if self._closed:
                        worker.kill()
                worker.stdout.readline()  # ready; a job that is stopped until then costs nothing
                if (job := self._next()) is None:
                    return
                with contextlib.suppress(BrokenPipeError):
                    worker.communicate(os.fsencode(job.folder) + b"\n")
            with self._change:
                if job not in self._waiting and not job.over:  # it never began; or it waits again already
                    write_json(job.folder / ENDED, {"status": worker.returncode or 1, "seconds": 0.0})

    def _next(self) -> Job | None:
        """The job whose turn it is, once there is one; the worker is then its own. None: the queue is closed."""
        with self._change:
            while not self._closed:
                if not self._waiting:
                    self._change.wait()
                elif any(job.state == "running" for job in self.all()):  # begun by a server before this one
                    self._change.wait(TICK)
                else:
                    self._worker = None
                    return self._waiting.pop(0)
        return None


def _new_worker() -> subprocess.Popen:
    """A process that has imported what takes long, and waits for a job: nobody else then waits for that."""
    path = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH"))))
    return subprocess.Popen(
        [sys.executable, "-P", "-c", "from studio.worker import work; work()"],
        env=os.environ | {"PYTHONPATH": path, "COLUMNS": "80", "TQDM_MININTERVAL": "0.5"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C in the terminal ends the server, and no job
    )
