"""The process of a job: imports what takes long, waits for a job, runs its commands as `python -m` does, and ends."""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
from pathlib import Path

import training.cli
from spectro.commands import COMMANDS, command_of
from studio.job import BEGAN, ENDED, LOG, PARTLY, STOP, Job
from studio.jobs import TICK
from training.files import write_json
from training.runs.lock import exclusive

PATIENCE = 10.0
"""Seconds in which commands that are asked to stop write what there is so far, each of the two times that they are asked."""


def work() -> None:
    """Tell when all is imported, wait on stdin for a job, run it, and end; end at once where the server does."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's `spectro studio &` has it ignored
    training.cli.start()
    training.cli.import_keras()
    print("ready", flush=True)
    folder = os.fsdecode(sys.stdin.buffer.readline().rstrip(b"\n"))
    if folder:
        run(Job(Path(folder)))


def run(job: Job) -> None:
    """Run the commands of a job in its folder, until one fails altogether; leaves `ended.json`."""
    began, status = time.monotonic(), 0
    with exclusive(job.folder):
        if (job.folder / STOP).exists():
            return
        (job.folder / BEGAN).touch()
        _redirect(job.folder / LOG)
        os.chdir(job.folder)
        threading.Thread(target=_watch, args=(job,), daemon=True).start()
        for step in job.steps:
            code = _status_of(step)
            status = max(status, code)
            # of one that could not use some files, the next one has the others
            if code not in (0, PARTLY) or (job.folder / STOP).exists():
                break
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is too late to stop
        write_json(job.folder / ENDED, {"status": status, "seconds": time.monotonic() - began})


def _status_of(step: list[str]) -> int:
    """Run one command; its exit status."""
    try:
        name, rest = command_of(step)
        training.cli.program = f"spectro {name}"
        sys.argv[1:] = rest
        runpy.run_module(COMMANDS[name].module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except KeyboardInterrupt:
        return 130
    except Exception as error:  # a bug of ours: its traceback is in the log, and the job has an end
        sys.excepthook(type(error), error, error.__traceback__)
        return 1
    return 0


def _redirect(log: Path) -> None:
    """Send all that is printed, by libraries in C and child processes too, to the log.

    stderr says that it is a terminal: progress bars, which tell the time left, are for the page.
    """
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    for number in (1, 2):
        os.dup2(handle, number)
    os.close(handle)
    sys.stderr.isatty = lambda: True  # type: ignore[method-assign]


def _watch(job: Job) -> None:
    """End the commands as Ctrl-C would, once the job is asked to stop; kill them where they go on.

    Twice: an interrupt is lost where it comes while a library in C calls Python, as when Numba compiles.
    """
    while not (job.folder / STOP).exists():
        time.sleep(TICK)
    for number in (signal.SIGINT, signal.SIGINT, signal.SIGKILL):
        os.killpg(0, number)
        time.sleep(PATIENCE)
