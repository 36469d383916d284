"""A sound classifier of the architecture of `lil_data` as the network that sees the pictures: the shipped one, or a run."""

from __future__ import annotations

from dataclasses import replace

import keras

from classifiers import pretrained
from classifiers.front_end import features as features_of
from classifiers.front_end import setting_of_model
from classifiers.prediction import Classifier
from transfer.style.features.extractor import STYLE_WEIGHTS, Extractor
from transfer.style.methods import NetworkMethod
from transfer.style.settings import Settings

LAYERS = tuple(f"conv_{number}" for number in range(1, 5))
"""All stand for style, the last one for content, too."""
PRESETS = {
    "paper": Settings(),
    "ours": Settings(1.0, 10_000.0, 200, step=0.003),
    "quick": Settings(1.0, 10.0, 3, inversion_iterations=4),
}
"""The paper's early pictures: the same with 100 iterations. `ours` gives the style a thousand times more weight and takes
smaller steps: Adam's step is equally large for pixels that hardly matter, and what it leaves there sounds as hiss."""


def of_classifier(model: keras.Model) -> Extractor:
    """The features of a sound classifier with layers conv_1 ... conv_4. InputError if it has no such layers."""
    return Extractor(
        features_of(model, LAYERS),
        replace(setting_of_model(model), reference="file"),
        dict(zip(LAYERS, STYLE_WEIGHTS, strict=True)),
        LAYERS[-1],
    )


def open_method(settings: Settings, *, features: str, seed: int) -> tuple[NetworkMethod, Classifier]:
    """features: "lil_data" (the shipped classifier), or the directory of a classifier's run, which then judges, too."""
    classifier = Classifier(pretrained.path() if features == "lil_data" else features)
    return NetworkMethod(of_classifier(classifier.model), settings), classifier
