"""Several machines that train one model together: who they are, and where each of them works.

All run the same command on the same data and hold the same model; each computes its share of every batch. The first is the
chief: its run directory is the result. The others do the same in folders that are thrown away, so no disk need be shared.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import re
import shutil
import socket
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from training.cli import log
from training.errors import InputError

MAX_WAIT_SECONDS = 600.0
"""The others are waited for so long: one may still make the corpus that another has already; it keeps it."""


@dataclass(frozen=True)
class Cluster:
    """The machines, and which of them this process is."""

    addresses: tuple[str, ...]
    """host:port of each worker, the chief's first."""
    index: int
    """This process's place among them."""


def enlist(workers: str | None, index: int | None) -> None:
    """Make this process a worker as `--workers` and `--worker-index` say, which stand above TF_CONFIG; None: as that says.

    InputError: addresses that are none, an index without them or beyond them, a TF_CONFIG that is of no such cluster.
    """
    if workers is None and index is not None:
        raise InputError("--worker-index says which of --workers host:port,... this is; give both or neither")
    if workers is not None:
        addresses = [address.strip() for address in workers.split(",")]
        if index is None or not 0 <= index < len(addresses):
            raise InputError(f"--worker-index must be 0 to {len(addresses) - 1} for these --workers; received {index}")
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        os.environ["TF_CONFIG"] = json.dumps(config)
    cluster()


def cluster() -> Cluster | None:
    """The machines that TF_CONFIG names; None without it, or where it names one. InputError: it is not of workers."""
    text = os.environ.get("TF_CONFIG")
    if not text:
        return None
    try:
        config = json.loads(text)
        jobs, task = config["cluster"], config["task"]
        addresses = (*jobs.get("chief", ()), *jobs.get("worker", ()))
        index = int(task["index"]) + (len(jobs.get("chief", ())) if task["type"] == "worker" else 0)
        if not set(jobs) | {task["type"]} <= {"chief", "worker"} or not 0 <= index < len(addresses):
            raise ValueError(f"task {task['type']} {task['index']} of {', '.join(jobs)}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"TF_CONFIG must name workers and which of them this is, as TensorFlow tells ({error})") from None
    for address in addresses:
        if not re.fullmatch(r"[^\s:/]+:\d{1,5}", str(address)):
            raise InputError(f"a worker's address must be host:port, as machine1:2222; received {address!r}")
    if len(set(addresses)) < len(addresses):
        raise InputError(f"every worker has an address of its own; received {', '.join(addresses)}")
    return Cluster(addresses, index) if len(addresses) > 1 else None


def is_chief() -> bool:
    """Whether the result is this process's: true but for the workers that help another."""
    found = cluster()
    return found is None or found.index == 0


def own_directory(output: str | os.PathLike) -> Path:
    """Where this process works: `output` itself, or for a worker that helps another a folder that vanishes when it ends."""
    if is_chief():
        return Path(output)
    return Path(_scratch(), Path(output).name)


@functools.cache
def _scratch() -> str:
    folder = tempfile.mkdtemp(prefix="spectro-worker-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def meet(workers: Cluster, wait: float = MAX_WAIT_SECONDS) -> None:
    """Return as soon as all workers answer at their addresses.

    InputError: one does not in `wait` seconds, or this one's port is taken. TensorFlow itself waits for those that never
    come, and cannot be interrupted.
    """
    port = int(workers.addresses[workers.index].rpartition(":")[2])
    try:
        door = socket.create_server(("", port))
    except OSError as error:
        raise InputError(f"port {port} cannot be opened ({error.strerror}); is another process there?") from None
    with door:
        until = time.monotonic() + wait
        for number, address in enumerate(workers.addresses):
            if number != workers.index and not _answers(address):
                log(f"waiting for worker {number} at {address}")
                while not _answers(address):
                    if time.monotonic() > until:
                        raise InputError(
                            f"worker {number} at {address} did not come within {wait / 60:g} minutes; start the same "
                            f"command there with --worker-index {number}"
                        )
                    time.sleep(0.3)


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError:
        return False
    return True
