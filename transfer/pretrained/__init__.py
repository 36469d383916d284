"""The transfer models that ship with the project: run directories by its own code, each with a model card (README.md)."""

from __future__ import annotations

from pathlib import Path


def path(name: str = "transcription") -> Path:
    """The run directory of a shipped transfer model."""
    return Path(__file__).parent / name
