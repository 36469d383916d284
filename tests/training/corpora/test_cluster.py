"""What stands in a cluster's way is one line; a worker that is killed is not missed."""

import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from midi.demo import write_corpus
from training.corpora.cluster import workers
from training.errors import InputError


@pytest.mark.parametrize("address", ["nonsense", "host:8786", "http://host:1", "tcp://host", "tcp://:1", "tcp://a:b"])
def test_what_is_no_address(address):
    pytest.importorskip("distributed")
    with (
        pytest.raises(InputError, match=f"no scheduler at {address} .* expected an address like tcp://host:8786"),
        workers(address),
    ):
        pytest.fail("entered")


def test_nobody_there():
    pytest.importorskip("distributed")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(InputError, match="refused"), workers(f"tcp://127.0.0.1:{port}"):
        pytest.fail("entered")


def test_without_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(InputError, match="needs Dask"), workers("tcp://127.0.0.1:1"):
        pytest.fail("entered")


ROOT = Path(__file__).parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
HALTING = """
import time
from pathlib import Path
import training.corpora.build as shard
stream, count = shard._stream, 0
def halting(out, encoder, path):
    global count
    count += 1
    if count == 5:
        out.flush()
        Path("REACHED").touch()
        time.sleep(600)
    return stream(out, encoder, path)
shard._stream = halting
"""
LOOPBACK = ("--no-dashboard", "--host", "127.0.0.1")


class Loopback:
    """A Dask scheduler and workers, each a process of its own, on this machine; their output in `folder/log`."""

    def __init__(self, folder):
        self.folder, self.file, self.processes = folder, folder / "scheduler.json", []
        self.start("scheduler", "--port", "0")
        while not self.file.exists():
            assert self.processes[0].poll() is None, (folder / "log").read_text()
            time.sleep(0.05)
        self.address = json.loads(self.file.read_text())["address"]

    def start(self, *command):
        """Start `dask COMMAND`."""
        with (self.folder / "log").open("a") as log:
            command = [sys.executable, "-m", "dask", *command, *LOOPBACK, "--scheduler-file", str(self.file)]
            self.processes.append(subprocess.Popen(command, env=ENVIRONMENT, stdout=log, stderr=log))
        return self.processes[-1]

    def worker(self, *options):
        """Start a worker, and wait until it has joined."""
        common = ("--nthreads", "1", "--no-nanny", "--local-directory", str(self.folder))
        process = self.start("worker", *common, *options)
        while (self.folder / "log").read_text().count("Registered to") < len(self.processes) - 1:
            assert process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.05)
        return process

    def stop(self):
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip("distributed")
    (tmp_path / "dask").mkdir()
    cluster = Loopback(tmp_path / "dask")
    yield cluster
    cluster.stop()


def recordings(folder):
    folder.mkdir()
    for number in range(70):
        sound = np.random.default_rng(number).uniform(-0.1, 0.1, (22_050, 1))
        soundfile.write(folder / f"{number} x.flac", sound, 22_050)


def content(directory):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.iterdir() if path.name != ".lock"}


def test_a_worker_killed_in_the_middle_changes_no_byte(tmp_path, cluster):
    """Of two, the first in its fifth file; both builders; relative paths, too: the workers stand in another folder."""
    write_corpus(tmp_path / "midi", pieces_per_style=10, bars=8)
    recordings(tmp_path / "spectro")
    cluster.worker()
    for package in ("midi", "spectro"):
        halting, reached = tmp_path / f"halting_{package}.py", tmp_path / f"{package} reached"
        halting.write_text(HALTING.replace("REACHED", str(reached)))
        victim = cluster.worker("--preload", str(halting))
        command = [sys.executable, "-m", f"{package}.corpus", package]
        on_two, pipes = ["--output", f"{package} on two", "--scheduler", cluster.address], {"stdout": -1, "stderr": -1}
        with subprocess.Popen([*command, *on_two], cwd=tmp_path, env=ENVIRONMENT, text=True, **pipes) as build:
            while not reached.exists():
                assert build.poll() is None, build.stderr.read()
                time.sleep(0.01)
            victim.kill()
            out, told = build.communicate()
        assert (build.returncode, out) == (0, f"{package} on two\n"), told
        subprocess.run([*command, "--output", "one"], cwd=tmp_path, env=ENVIRONMENT, check=True, capture_output=True)
        assert content(tmp_path / f"{package} on two") == content(tmp_path / "one")
        shutil.rmtree(tmp_path / "one")
