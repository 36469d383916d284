"""Where the real recordings and MIDI files are; a test that needs them is skipped when they are not there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("SPECTRO_DATA", Path(__file__).parents[2] / "shared" / "data"))


def real_data(name: str) -> Path:
    """The folder or file `name` below SPECTRO_DATA; skips the test when it is absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is absent (set SPECTRO_DATA)")
    return path
