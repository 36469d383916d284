"""Every figure that a run's report draws is explained there."""

from __future__ import annotations

from pathlib import Path

from training.family import family_of
from training.fitting.callbacks import read_history
from training.report import MEANINGS
from training.runs import read_run


def unexplained(run: Path) -> set[str]:
    """The figures of a run's history that neither its family nor all reports tell the meaning of."""
    drawn = {name.removeprefix("val_") for row in read_history(run / "history.csv") for name in row} - {"epoch"}
    return drawn - {*MEANINGS, *family_of(read_run(run)).report(run, run / "evaluation").meanings}
