"""Ctrl-C as a wish that is granted at the next good moment, so that what is painted is not lost."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

from training.cli import tell


@contextlib.contextmanager
def noted_interrupt() -> Iterator[Callable[[], bool]]:
    """Within it the first Ctrl-C only makes the yielded function return True; the second one interrupts at once.

    To be entered in the main thread.
    """
    pressed = False

    def note(number: int, frame: Any) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        tell("\nstopping: what is painted so far is being written (Ctrl-C again: give up at once)")

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)
