"""Models of two players for tests: small, built, and fed with pictures."""

from __future__ import annotations

from dataclasses import asdict, replace
from types import ModuleType
from typing import Any

import keras
import numpy as np

from generators import dcgan, gan, stylegan2, wgan, wgan_gp
from training.family import Context

SYSTEMS = {module.__name__.split(".")[-1]: module for module in (dcgan, gan, wgan, wgan_gp, stylegan2)}
"""All of them by name."""
SHAPE = (64, 64, 1)
"""Of the pictures of `quick`."""
STEPS = 4
"""Optimizer steps that schedules know of."""


def pictures(count: int = 8, shape: tuple[int, int, int] = SHAPE) -> np.ndarray:
    """Sparse black and white pictures in [-1, 1]."""
    return np.where(np.random.default_rng(0).random((count, *shape)) < 0.1, 1.0, -1.0).astype(np.float32)


def built(module: ModuleType, preset: str = "quick", classes: int = 0, statistics: Any = None, **fields: Any) -> Any:
    """A model of the preset, changed, always with the same weights."""
    keras.utils.set_random_seed(0)
    config = replace(module.PRESETS[preset], conditional=classes > 0, **fields)
    return module.build(config, Context(classes, STEPS, statistics))


def fits(model: Any) -> None:
    """Assert that the model's networks can be made for pictures of any size, and that each weight is one player's."""
    labelled = type(model)(asdict(model.config), 3)
    for shape in ((13, 22, 2), (36, 20, 1)):
        made, judged = labelled.players(shape)
        labels = np.array([[0], [2]])
        picture = np.asarray(made([np.ones((2, model.config.latent), np.float32), labels]))
        assert picture.shape == (2, *shape)
        assert judged([picture, labels]).shape == (2, 1)
        assert all("generator" in weight.path for weight in made.weights)
        assert all("critic" in weight.path for weight in judged.weights)
