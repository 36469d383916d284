"""Two workers by the commands that the README gives, one of them killed in the middle, and both started again."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.reliability.parity import free_addresses

COMMANDS = {
    "vae": ["generators.train", "vae", "--quick", "--epochs", "5"],
    "lil_data": ["classifiers.train", "lil_data", "--quick", "--epochs", "5"],
}


def start(command: list[str], output: Path, cache: Path) -> list[subprocess.Popen]:
    addresses, options = ",".join(free_addresses(2)), ["--output", str(output), "--cache", str(cache)]
    whole = [sys.executable, "-m", *command, *options, "--workers", addresses]
    return [
        subprocess.Popen([*whole, "--worker-index", str(index)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for index in range(2)
    ]


def finished(workers: list[subprocess.Popen]) -> list[tuple[str, str]]:
    told = [worker.communicate() for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0], told
    return told


def state(run: Path) -> dict[str, bytes]:
    with np.load(run / "backup" / "state.npz") as file:
        arrays = {name: file[name].tobytes() for name in file.files if name != "about"}
    return arrays | {"history": (run / "history.csv").read_bytes()}


@pytest.mark.slow
@pytest.mark.parametrize("victim", [0, 1])
@pytest.mark.parametrize("model", list(COMMANDS))
def test_a_killed_worker_is_one_line_and_the_same_command_resumes(tmp_path, model, victim):
    whole, killed, cache = tmp_path / "whole", tmp_path / "killed", tmp_path / "cache"
    told = finished(start(COMMANDS[model], whole, cache))
    assert [out.strip() for out, _ in told] == [str(whole), ""], "the result is the chief's"
    workers = start(COMMANDS[model], killed, cache)
    while not (killed / "history.csv").exists() or len((killed / "history.csv").read_text().splitlines()) < 3:
        assert all(worker.poll() is None for worker in workers)
        time.sleep(0.05)
    workers[victim].kill()
    began = time.monotonic()
    _, err = workers[1 - victim].communicate(timeout=60)
    assert time.monotonic() - began < 45
    assert workers[1 - victim].returncode == 1
    assert err.splitlines()[-1].startswith("error: another worker has ended")
    workers[victim].communicate()
    again = finished(start(COMMANDS[model], killed, cache))
    assert f"resuming {killed} after epoch" in again[0][1]
    assert state(whole) == state(killed)
