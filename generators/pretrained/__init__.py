"""The generators that ship with the project: run directories made by its own code, each with a model card (README.md)."""

from __future__ import annotations

from pathlib import Path


def path(name: str = "notes") -> Path:
    """The run directory of a shipped generator."""
    return Path(__file__).parent / name
