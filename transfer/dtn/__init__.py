"""Domain transfer network: pieces of one kind of music made into another kind, without pairs of both."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from training.family import Report
from transfer.contract import Applied, EvaluateOptions, TransferFamily

if TYPE_CHECKING:
    from transfer.dtn.training import DtnRecipe


class DomainTransfer(TransferFamily):
    """MIDI files of one kind into files of another."""

    measured = True
    evaluated_by = ("strength", "overlap", "source", "target")

    def recipe(self, model: str) -> type[DtnRecipe]:
        from transfer.dtn.training import DtnRecipe

        return DtnRecipe

    def application(self, run: Path, overlap: float, strength: float) -> Applied:
        from transfer.dtn.application import Application

        return Application(run, overlap, strength)

    def evaluate(self, options: EvaluateOptions) -> str:
        from transfer.dtn.evaluation import evaluate

        return evaluate(options)

    def report(self, run: Path, evaluation: Path) -> Report:
        from transfer.dtn.report import MEANINGS, report_sections

        return Report(report_sections(run, evaluation), meanings=MEANINGS)
