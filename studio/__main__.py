"""Open the studio: the main jobs of the toolkit on a page in the browser, for this machine alone.

Nothing is sent anywhere. Jobs run one at a time, each in a process of its own; closing the page ends none of them. Their
results lie in folders below OUTPUT, and are found there again. Ctrl-C ends the studio and removes what was uploaded to it.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from training.cli import log, run
from training.options import Range


@dataclass(frozen=True)
class Options:
    """Where results go, and who may come."""

    output: Path = Path("studio-results")
    """Folder for the jobs, each in a folder of its own."""
    folders: tuple[Path, ...] = ()
    """Folders of yours whose recordings and pieces may be trained on, and whose runs are found. No other is read."""
    port: Annotated[int, Range(1, 65_535)] | None = None
    """Port of the page; by default the first free one from 7860."""
    host: str = "127.0.0.1"
    """Address to listen at; any but this machine's own needs --password."""
    password: str | None = None
    """Asked of whoever comes, with the name studio. It is sent unencrypted."""
    browser: bool = True
    """Open the page in the browser; with --no-browser its address is printed alone."""


def main(options: Options) -> None:
    """Serve until Ctrl-C."""
    import webbrowser

    from studio.server import Server

    signal.signal(signal.SIGTERM, signal.default_int_handler)
    server = Server(options.output, options.folders, options.host, options.port, options.password)
    try:
        print(server.url, flush=True)
        log("the studio is open; Ctrl-C closes it")
        if options.browser:
            webbrowser.open(server.url)
        with contextlib.suppress(KeyboardInterrupt):
            threading.Event().wait()
    finally:
        for job in server.close():
            log(f"{job.folder} goes on without the studio, and is found when it is opened again")


if __name__ == "__main__":
    run(main, Options)
