"""Genre classifiers on spectrogram pictures: raw sound in, probabilities out."""

from __future__ import annotations

__distribution__ = "spectro-music"

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from training.family import Family, Report
from training.options import TrainOptions

if TYPE_CHECKING:
    from classifiers.training import ClassifierRecipe


@dataclass(frozen=True)
class Options(TrainOptions):
    """What `classifiers.train` takes besides the model's own options."""

    init: Path | None = None
    """Run whose weights to start from; layers of another shape (other labels) start fresh."""
    split: Literal["source", "segment"] = "source"
    """Deal out whole files or groups; `segment` lets clips of one file into several parts, to measure the leak."""
    fold: str | None = None
    """Test on this fold of the CSV and train on the others."""
    validation_fold: str | None = None
    """With --fold: choose the best epoch on this fold; without it the last epoch is kept."""
    class_weights: bool = False
    """Weigh rare labels up."""


class Classifiers(Family):
    """Models that tell the label of a clip."""

    package = "classifiers"
    options = Options

    def recipe(self, model: str) -> type[ClassifierRecipe]:
        from classifiers.training import ClassifierRecipe

        return ClassifierRecipe

    def exported(self, model: str, run: Path, network: Any) -> Any:
        from classifiers.novelty import read_novelty, with_novelty

        return with_novelty(super().exported(model, run, network), read_novelty(run))

    def report(self, run: Path, evaluation: Path) -> Report:
        from classifiers.evaluation import report_sections

        return Report(report_sections(run))


MODELS = dict.fromkeys(("lil_data", "music_vgg", "resnet50", "softmax"), Classifiers())
"""The models of this package; each module follows the contract: docstring, Config, PRESETS, build, exported."""
