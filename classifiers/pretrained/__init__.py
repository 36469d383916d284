"""The classifiers that ship with the project: run directories made by its own code, each with a model card (README.md)."""

from __future__ import annotations

from pathlib import Path


def path(name: str = "lil_data") -> Path:
    """The run directory of a shipped classifier."""
    return Path(__file__).parent / name
