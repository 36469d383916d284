"""A command in a process of its own, measured from outside: start and imports count."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple


class Used(NamedTuple):
    """What a command took."""

    seconds: float
    """By the clock."""
    cpu_seconds: float
    """Of all cores together."""
    megabytes: float
    """Peak of its resident memory."""


def measured(module: str, *arguments: object) -> Used:
    """Run `python -m module arguments`; where it fails, so does the benchmark, with its words."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([sys.executable, "-m", module, *map(str, arguments)], stdout=out, stderr=out)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        if status:
            out.seek(0)
            sys.exit(out.read().decode())
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Used(seconds, used.ru_utime + used.ru_stime, used.ru_maxrss / unit)
