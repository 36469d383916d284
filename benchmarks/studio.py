"""How long the studio takes until its page can be used, and what it needs while nothing is done.

Beside it the same for a page of Gradio's that has one button: what is ours, and what is the library's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from training.cli import run

PEER = """
import gradio
with gradio.Blocks(analytics_enabled=False) as page:
    gradio.Button("one")
page.launch(prevent_thread_lock=True, quiet=True, server_port={port}, ssr_mode=False)
print("http://127.0.0.1:{port}/", flush=True)
input()
"""


@dataclass(frozen=True)
class Options:
    """How much is measured."""

    runs: int = 5
    """Starts of each, in turn; the smallest counts."""


def main(options: Options) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        studio = [sys.executable, "-m", "studio", "--output", folder, "--no-browser", "--port", "7990"]
        peer = [sys.executable, "-c", PEER.format(port=7991)]
        measured = [[_start(command) for command in (studio, peer)] for _ in range(options.runs)]
    print("| | seconds to the page | CPU seconds | MB at rest, and of the process that waits for a job |\n|---|---|---|---|")
    for name, starts in zip(("studio", "a page with one button"), zip(*measured, strict=True), strict=True):
        seconds, cpu, sizes = min(starts)
        print(f"| {name} | {seconds:.1f} | {cpu:.1f} | {', '.join(f'{size / 1e6:.0f}' for size in sizes)} |")


def _start(command: list[str]) -> tuple[float, float, list[int]]:
    """(seconds until the page is there, CPU seconds of its process until then, bytes of it and of its child at rest)."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert process.stdout  # noqa: S101
        with urllib.request.urlopen(process.stdout.readline().strip()) as page:  # noqa: S310
            page.read()
        seconds, cpu = time.perf_counter() - began, _cpu(process.pid)
        time.sleep(15)  # the process for jobs imports its libraries
        threads = Path(f"/proc/{process.pid}/task").iterdir()
        children = [int(pid) for thread in threads for pid in (thread / "children").read_text().split()]
        return seconds, cpu, [_resident(pid) for pid in (process.pid, *children)]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _cpu(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    run(main, Options)
