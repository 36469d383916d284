"""What a score is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Figure:
    """A view of a sound, and a comparison of the views of content, style and result; each sound is looked at once."""

    view: Callable[[Any], Any]
    """(samples,) as `transfer.scores.prepare` makes them -> what the comparison takes."""
    compare: Callable[[Any, Any, Any], float | None]
    """Views of content, style, result -> the figure, None where it is not defined."""
