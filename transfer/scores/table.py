"""Scores as a table for people."""

from __future__ import annotations

from transfer.scores import Scores

HEADER = ("T", "X", "K", "N", "score", "second judge")


def figures(one: Scores) -> tuple[float | None, ...]:
    """In the order of HEADER."""
    return one.timbre, one.texture, one.kept, one.nothing_pasted, one.score, one.judge


def cell(figure: float | None) -> str:
    """Two digits, - where it is not defined."""
    return "-" if figure is None else f"{round(figure, 2) + 0.0:.2f}"  # + 0.0: no -0.00


def markdown(found: dict[str, Scores]) -> str:
    """A row for each sound."""
    lines = ["| | " + " | ".join(HEADER) + " |", "|---" * (len(HEADER) + 1) + "|"]
    lines += ["| " + " | ".join([name, *map(cell, figures(one))]) + " |" for name, one in found.items()]
    return "\n".join(lines)
