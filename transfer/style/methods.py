"""What paints, by the name of its features: engines differ in how, and are used alike."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from classifiers import pretrained
from classifiers.prediction import Classifier
from spectro.stft import SpectrogramSetting
from training.cli import InputError
from transfer.style.features.extractor import open_features
from transfer.style.optimise import Watch
from transfer.style.result import Result
from transfer.style.settings import Recipe
from transfer.style.sounds import Sound
from transfer.style.style_transfer import Painter
from transfer.style.texture.painter import TexturePainter


class Engine(Protocol):
    """One engine paints any number of pairs; what depends on the style alone is worked out once, by `study`."""

    setting: SpectrogramSetting
    """How sounds are read: `Sound(path, engine.setting)`."""
    recipe: Recipe

    def steps(self, content: Sound) -> int:
        """How often `watch` is called at most for this content."""

    def study(self, style: Sound) -> Any:
        """All that `transfer` is to know of a style."""

    def transfer(
        self, content: Sound, style: Any, *, seed: int, watch: Watch, allocate: Callable[[tuple[int, int]], np.ndarray]
    ) -> Result:
        """The style painted onto the content, with the arguments of `transfer.style.style_transfer.transfer_style`."""


def open_engine(
    features: str, recipe: Recipe, *, vgg_weights: str | os.PathLike | None = None, seed: int = 0
) -> tuple[Engine, Classifier]:
    """The engine for "texture" or a name that `open_features` knows, and the classifier that judges. InputError: neither."""
    if features == "texture":
        if vgg_weights is not None:
            raise InputError("--vgg-weights is for --features vgg19; received --features texture")
        return TexturePainter(recipe), Classifier(pretrained.path())
    extractor, classifier = open_features(features, vgg_weights, seed)
    return Painter(extractor, recipe), classifier
