"""What --mask says: which bars and which pitches of a piece are drawn anew."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from generators.pictures.sources import require_bars
from midi.codecs.strip import StripCodec
from midi.measures.continuation import columns_in_bar
from training.errors import InputError

WORD = re.compile(r"(\d+)(?:-(\d+))?(bars?|pitch(?:es)?)")


def hole_of(words: Sequence[str], codec: StripCodec, columns: int) -> np.ndarray:
    """bool (rows, bars of `columns`, whole), True where a piece of `columns` columns is drawn anew: by bars and pitches.

        hole_of(("5-8bars", "60-72pitches"), codec_named("roll64"), 256)

    Bars are those of a score: the first is 1, and both ends are meant, as both ends of pitches (MIDI numbers, 60 is middle
    C). InputError: other words, bars or pitches that there are not, nothing left to go by.
    """
    spans = dict(map(_span, words))
    if len(spans) < len(words):
        raise InputError(f"--mask takes bars once and pitches once; received {' '.join(words)}")
    bar = columns_in_bar(codec)
    bars = -(-columns // bar)
    hole = np.ones((codec.rows, bars * bar), bool)
    if "bar" in spans:
        require_bars(codec, "--mask with bars")
        first, last = _within(spans["bar"], 1, bars, "bars of the piece", words)
        hole[:, : (first - 1) * bar] = hole[:, last * bar :] = False
    if "pitch" in spans:
        ends = _within(spans["pitch"], codec.low, codec.high, f"pitches of {codec.name}", words)
        low, high = sorted(codec.row_of(np.array(ends)).tolist())
        hole[:low] = hole[high + 1 :] = False
    if hole.all():
        raise InputError(f"--mask {' '.join(words)} covers all of the piece, so that nothing is left to go by")
    return hole


def _span(word: str) -> tuple[str, tuple[int, int]]:
    """("bar" or "pitch", (first, last))."""
    found = WORD.fullmatch(word)
    if not found:
        raise InputError(f"--mask takes bars or pitches, as 5-8bars or 60-72pitches; received {word!r}")
    first, last, unit = found.groups()
    return "bar" if unit.startswith("bar") else "pitch", (int(first), int(last or first))


def _within(span: tuple[int, int], low: int, high: int, what: str, words: Sequence[str]) -> tuple[int, int]:
    """`span`. InputError: it is empty, or not within low to high."""
    if not low <= span[0] <= span[1] <= high:
        raise InputError(f"--mask {' '.join(words)}: expected {what} from {low} to {high}, the lower one first")
    return span
