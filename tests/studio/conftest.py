"""The studio as its users have it: a process of its own, one for all tests of this folder."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).parents[2]
PATIENCE = 300.0
"""Seconds for an answer, on a machine that is busy."""
END = 60.0
"""Seconds in which a server that is asked to end does so, on a machine that is busy."""


class Studio(NamedTuple):
    """A server at work."""

    url: str
    root: Path
    """Of the jobs."""
    folder: Path
    """Given by --folders."""
    process: subprocess.Popen

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rsplit(":", 1)[1])


@contextlib.contextmanager
def opened(folder: Path, *words: str) -> Iterator[Studio]:
    """A server that keeps its jobs in a new folder below `folder`, and ends with the block."""
    if importlib.util.find_spec("gradio") is None:
        pytest.skip("gradio is absent")
    root, mine = folder / "results", folder / "mine"
    mine.mkdir(parents=True)
    command = [sys.executable, "-m", "studio", "--output", root, "--folders", mine, "--no-browser", *words]
    with (folder / "server.txt").open("w") as told:
        process = subprocess.Popen(list(map(str, command)), cwd=ROOT, stdout=subprocess.PIPE, stderr=told, text=True)
    with process:
        try:
            url = process.stdout.readline().strip()
            assert url, (folder / "server.txt").read_text()
            yield Studio(url, root, mine, process)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(END)
            finally:
                process.kill()


def ask(studio, method, path, headers=(), body=None, host=None):
    """(status, text) of one request, in which nothing is added or mended."""
    connection = http.client.HTTPConnection("127.0.0.1", studio.port, timeout=PATIENCE)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        connection.putheader("Host", host or f"127.0.0.1:{studio.port}")
        for name, value in {**dict(headers), **({"Content-Length": str(len(body))} if body else {})}.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace")
    finally:
        connection.close()


def uploaded(studio, path: Path) -> dict:
    """A file as an input of `call`, sent there as a page does."""
    head = f'--cut\r\nContent-Disposition: form-data; name="files"; filename="{path.name}"\r\n\r\n'
    body = head.encode() + path.read_bytes() + b"\r\n--cut--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=cut"}
    status, text = ask(studio, "POST", "/gradio_api/upload", headers, body)
    assert status == 200, text
    return {"path": json.loads(text)[0], "orig_name": path.name, "meta": {"_type": "gradio.FileData"}}


def call(studio, page, **values):
    """What the HTTP API of a page answers to the call, until it is over; values: what is not as the page has it."""
    taken = json.loads(ask(studio, "GET", "/gradio_api/info")[1])["named_endpoints"][f"/{page}"]["parameters"]
    defaults = {each["parameter_name"]: each.get("parameter_default") for each in taken}
    assert values.keys() <= defaults.keys()
    body = json.dumps({"data": [*(defaults | values).values()]}).encode()
    status, text = ask(studio, "POST", f"/gradio_api/call/{page}", {"Content-Type": "application/json"}, body)
    assert status == 200, text
    return ask(studio, "GET", f"/gradio_api/call/{page}/{json.loads(text)['event_id']}")[1]


@pytest.fixture(scope="session")
def studio(tmp_path_factory):
    with opened(tmp_path_factory.mktemp("studio")) as server:
        yield server


@pytest.fixture(scope="session")
def sounds(tmp_path_factory):
    """Two recordings of 1.5 s: a note and its harmonics that decay, and one that has vibrato."""
    folder = tmp_path_factory.mktemp("sounds")
    rate, time = 22_050, np.arange(33_075) / 22_050
    plucked = sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(1, 6)) * np.exp(-3 * (time % 0.5))
    bowed = sum(np.sin(2 * np.pi * 330 * k * time + k * np.sin(2 * np.pi * 6 * time)) / k for k in range(1, 4))
    for name, sound in (("plucked", plucked), ("bowed", bowed)):
        soundfile.write(folder / f"{name}.wav", 0.3 * sound, rate)
    return folder / "plucked.wav", folder / "bowed.wav"
