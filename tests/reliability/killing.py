"""Ways to kill a training process, and what shows that it came back: for programs, which fork before TensorFlow runs."""

from __future__ import annotations

import io
import json
import os
import signal
import time
import traceback
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import numpy as np

STAGES = ("half written", "before fsync", "before rename", "after rename")
"""Instants in the life of a file that is written atomically."""


def die() -> None:
    """End this process as SIGKILL does."""
    os.kill(os.getpid(), signal.SIGKILL)


def at_batch(number: int) -> None:
    """Let this process die at the end of its `number`-th training batch."""
    _each_batch(lambda count: die() if count == number else None)


def at_write(path: Path, stage: str) -> None:
    """Let this process die at a stage of writing the file `path`."""
    from training import files

    fsync, replace = files.fsync, os.replace

    def deadly_fsync(written):
        ours = Path(written).parent == path.parent and Path(written).name.startswith(f".{path.stem}.")
        if ours and stage == "half written":
            os.truncate(written, Path(written).stat().st_size // 2)
        if ours and stage in STAGES[:2]:
            die()
        fsync(written)

    def deadly_replace(source, target):
        if Path(target) == path and stage == "before rename":
            die()
        replace(source, target)
        if Path(target) == path and stage == "after rename":
            die()

    files.fsync, os.replace = deadly_fsync, deadly_replace


def _each_batch(act: Callable[[int], object]) -> None:
    from training.corpora.batches import Epochs

    before, count = Epochs.on_train_batch_end, 0

    def counted(self, batch, logs=None):
        nonlocal count
        before(self, batch, logs)
        count += 1
        act(count)

    Epochs.on_train_batch_end = counted


class Ended(NamedTuple):
    """What came of a process."""

    status: int
    """Its exit status, negative for a signal."""
    batches: int
    """Training batches done."""
    seconds: float
    """From the end of the first batch to its own end."""


def forked(work: Callable[[], object], log: Path, killed_after: float | None = None) -> Ended:
    """Do `work` in a child of this process, its output to `log`. killed_after: seconds from the end of its first batch."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        _each_batch(lambda count: os.write(writer, b"."))
        _work(work, log)
    os.close(writer)
    batches = len(os.read(reader, 1))
    began = time.monotonic()
    if killed_after is not None:
        time.sleep(killed_after)
        os.kill(child, signal.SIGKILL)
    while more := os.read(reader, 65_536):
        batches += len(more)
    os.close(reader)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return Ended(status, batches, time.monotonic() - began)


def _work(work: Callable[[], object], log: Path) -> NoReturn:
    """Do it in a process that ends with it."""
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    status = 1
    try:
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def differences(one: Path, other: Path) -> list[str]:
    """Files of two runs that are not the same: arrays to the last bit, other files to the last byte.

    TensorBoard's logs and the lock are left out.
    """
    names = [{path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()} for run in (one, other)]
    wrong = [f"{name} is in one only" for name in names[0] ^ names[1] if _counts(name)]
    return wrong + [name for name in sorted(names[0] & names[1]) if _counts(name) and _of(one / name) != _of(other / name)]


def _counts(name: str) -> bool:
    return "logs" not in Path(name).parts and Path(name).name != ".lock"


def _of(path: Path) -> object:
    """What must be the same."""
    if path.suffix == ".npz":
        with np.load(path) as file:
            about = json.loads(str(file["about"]))["epoch"] if "about" in file else None
            return about, [(name, file[name].tobytes()) for name in file.files if name != "about"]
    if path.suffix == ".keras":
        with zipfile.ZipFile(path) as file:
            return _without(json.loads(file.read("config.json")), "shared_object_id"), _arrays(file.read("model.weights.h5"))
    if path.name == "evaluation.json":
        return _without(json.loads(path.read_text()), "run")
    if path.name == "report.html":  # its first line names the run
        return path.read_bytes().replace(f"The run {path.resolve().parent.name} of".encode(), b"")
    return path.read_bytes()


def _without(value: Any, name: str) -> Any:
    """JSON without the entries of a name: addresses in memory, or where a run lies."""
    if isinstance(value, dict):
        return {key: _without(entry, name) for key, entry in value.items() if key != name}
    return [_without(entry, name) for entry in value] if isinstance(value, list) else value


def _arrays(data: bytes) -> list[tuple[str, bytes]]:
    """(name, bytes) of every array in an HDF5 file."""
    import h5py

    found: list[tuple[str, bytes]] = []
    with h5py.File(io.BytesIO(data)) as file:
        file.visititems(lambda name, entry: found.append((name, entry[()].tobytes())) if hasattr(entry, "shape") else None)
    return found
