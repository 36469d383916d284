"""Every benchmark, one after the other; the tables go to stdout."""

from __future__ import annotations

import subprocess
import sys

NAMES = (
    "help",
    "inversion",
    "corpus",
    "feed",
    "nst",
    "style_transfer",
    "devices",
    "midi",
    "midi_corpus",
    "generators",
    "sequences",
    "dtn",
    "hilbert",
)

for name in NAMES:
    print(f"\n## {name}\n", flush=True)
    subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], check=True)
