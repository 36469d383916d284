"""A tiny network for the tests: random weights, pictures of 65 rows and 63 columns for half a second at 8 kHz."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from classifiers import lil_data
from training.family import Context
from transfer.style.features.extractor import Extractor
from transfer.style.features.lil_data import of_classifier


@pytest.fixture(scope="session", autouse=True)
def quick_reports(undrawn_curves):
    """Of all that is trained here."""


@pytest.fixture(scope="session")
def classifier() -> keras.Model:
    keras.utils.set_random_seed(0)
    return lil_data.build(lil_data.PRESETS["quick"], Context(3))


@pytest.fixture(scope="session")
def extractor(classifier: keras.Model) -> Extractor:
    return of_classifier(classifier)


@pytest.fixture
def run(tmp_path, classifier: keras.Model):
    """The classifier as a run directory, as `classifiers.train` leaves one."""
    from training.files import write_json
    from training.runs import FORMAT

    directory = tmp_path / "run"
    write_json(
        directory / "config.json",
        {
            "format": FORMAT,
            "package": "classifiers",
            "model": "lil_data",
            "labels": ["a", "b", "c"],
            "config": {},
            "seed": 0,
        },
    )
    classifier.save(directory / "model.keras")
    return directory


@pytest.fixture
def noise():
    """noise(seconds, channels, seed) -> float32 (channels, samples) at 8 kHz."""

    def make(seconds: float, channels: int = 1, seed: int = 0) -> np.ndarray:
        samples = np.random.default_rng(seed).standard_normal((channels, round(seconds * 8_000)))
        return (0.1 * samples).astype(np.float32)

    return make


def tone(seconds: float, frequency: float = 440.0, rate: int = 8_000) -> np.ndarray:
    """A steady sine of amplitude 0.3, float32 (1, samples)."""
    return (0.3 * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)[None]
