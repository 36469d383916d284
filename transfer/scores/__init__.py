"""Scores of a style transfer: has the style come, has the content stayed, beside what next to nothing reaches.

T timbre, X texture, K content preservation, N no leakage of the style (`transfer.scores.measures`); `score` is their
harmonic mean. Everything is scored at 22,050 Hz, mono, RMS 0.1, the style repeated or cut to the content's length, so that
rate, channels and level do not matter. A figure is None where it is not defined, and then the score is, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from training.errors import InputError
from transfer.scores.baselines import baselines
from transfer.scores.judge import SECOND_JUDGE
from transfer.scores.measures import CONTENT_PRESERVATION, NO_LEAKAGE, TEXTURE, TIMBRE
from transfer.scores.prepare import MIN_SECONDS, RATE, fitted, levelled

FIGURES = (TIMBRE, TEXTURE, CONTENT_PRESERVATION, NO_LEAKAGE, SECOND_JUDGE)
"""In the order of the fields of `Scores`."""
HEADER = ("T", "X", "K", "N", "score", "second judge")
"""Of a table of scores, in the order of `Scores.row`."""


@dataclass(frozen=True)
class Scores:
    """Of one result; 1 is best, None not defined."""

    timbre: float | None
    """T."""
    texture: float | None
    """X."""
    content_preservation: float | None
    """K."""
    no_leakage: float | None
    """N."""
    judge: float | None
    """The second judge: 0 at the content, 1 at the style."""

    @property
    def score(self) -> float | None:
        """The harmonic mean of T, X, K, N; 0 where one of them is not above 0."""
        parts = (self.timbre, self.texture, self.content_preservation, self.no_leakage)
        if any(part is None for part in parts):
            return None
        return 0.0 if min(parts) <= 0 else float(4 / sum(1 / part for part in parts))

    @property
    def row(self) -> tuple[float | None, ...]:
        """The figures in the order of HEADER."""
        return self.timbre, self.texture, self.content_preservation, self.no_leakage, self.score, self.judge


def scores(content: np.ndarray, style: np.ndarray, results: dict[str, np.ndarray]) -> dict[str, Scores]:
    """Name -> scores, of the results and, after them, of the baselines.

    Sounds: float (samples,) or (channels, samples) at RATE. Results longer or shorter than the content are cut, or filled
    with silence. InputError: a silent or empty sound, a content shorter than MIN_SECONDS.
    """
    content = levelled(content, "the content")
    if len(content) < MIN_SECONDS * RATE:
        raise InputError(f"the content lasts {len(content) / RATE:.2f} s; scores need {MIN_SECONDS:g} s or more")
    style = levelled(fitted(levelled(style, "the style"), len(content)), "the style")
    known = {name: levelled(_cut(levelled(sound, name), len(content)), name) for name, sound in results.items()}
    known |= {name: _sounding(sound, name) for name, sound in baselines(content, style).items()}
    sides = [[figure.view(sound) for figure in FIGURES] for sound in (content, style)]
    return {name: Scores(*[None] * 5) if sound is None else _scored(*sides, sound) for name, sound in known.items()}


def _sounding(sound: np.ndarray, name: str) -> np.ndarray | None:
    """A baseline as it is scored; None for a mix that is silent, of sounds that cancel each other."""
    try:
        return levelled(sound, name)
    except InputError:
        return None


def _cut(sound: np.ndarray, length: int) -> np.ndarray:
    return np.pad(sound[:length], (0, max(0, length - len(sound))))


def _scored(content: list, style: list, result: np.ndarray) -> Scores:
    return Scores(*(
        figure.compare(*sides, figure.view(result)) for figure, *sides in zip(FIGURES, content, style, strict=True)
    ))  # fmt: skip


def cell(figure: float | None) -> str:
    """A figure for people: two digits, - where it is not defined."""
    return "-" if figure is None else f"{round(figure, 2) + 0.0:.2f}"  # + 0.0: no -0.00


def markdown(found: dict[str, Scores]) -> str:
    """Scores as a table, a row for each sound."""
    lines = ["| | " + " | ".join(HEADER) + " |", "|---" * (len(HEADER) + 1) + "|"]
    lines += ["| " + " | ".join([name, *map(cell, one.row)]) + " |" for name, one in found.items()]
    return "\n".join(lines)
