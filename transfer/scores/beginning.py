"""The part of a file that is scored."""

from __future__ import annotations

import os
from collections.abc import Callable

import numpy as np

from spectro.audio import blocks
from training.cli import tell
from transfer.scores.prepare import RATE

LONGEST = 10.0
"""Seconds from the start that are scored at most: a style repeated many times has a rhythm of its own, the repetition."""


def beginning(path: str | os.PathLike, note: Callable[[str], None] = tell) -> np.ndarray:
    """The first LONGEST seconds of a file, mono float32 (samples,) at RATE. InputError: not a file that can be read.

    note: takes a line on each damage that was skipped.
    """
    return next(blocks(path, LONGEST, rate=RATE, mono=True, note=note), np.zeros(0, np.float32))
