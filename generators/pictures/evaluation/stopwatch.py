"""How long the stages of a longer work took."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

from training.cli import tell


class Stopwatch:
    """`with watch("stage"):` adds to `watch.seconds["stage"]`, and tells the stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        began = time.perf_counter()
        yield
        took = time.perf_counter() - began
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + took, 2)
        tell(f"{stage}: {took:.1f} s")
