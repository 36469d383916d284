"""Transcription: recordings into the notes that are played in them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training.family import Report
from transfer.contract import Applied, EvaluateOptions, TransferFamily

if TYPE_CHECKING:
    from transfer.transcription.training import TranscriptionRecipe


class Transcription(TransferFamily):
    """Recordings of pitched instruments into MIDI files."""

    measured = True
    evaluated_by = ("data", "pairs", "soundfont")

    def recipe(self, model: str) -> type[TranscriptionRecipe]:
        from transfer.transcription.training import TranscriptionRecipe

        return TranscriptionRecipe

    def application(self, run: Path, overlap: float, strength: float) -> Applied:
        from transfer.transcription.application import Application

        return Application(run, overlap, strength)

    def evaluate(self, options: EvaluateOptions) -> str:
        from transfer.transcription.evaluation import evaluate

        return evaluate(options)

    def report(self, run: Path, evaluation: Path) -> Report:
        from transfer.transcription.evaluation import report

        return report(run, evaluation)
