"""A folder of tiny genres: tones, noise and clicks, 8 kHz, five files each; and a quick run trained on it."""

import numpy as np
import pytest
import soundfile

from classifiers import lil_data
from training.recipe import train

RATE = 8000


def sound(kind, seed, seconds=1.0):
    generator = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    if kind == "tones":
        return 0.4 * np.sin(2 * np.pi * generator.uniform(300, 900) * time)
    if kind == "noise":
        return 0.2 * generator.standard_normal(len(time))
    clicks = np.zeros(len(time))
    clicks[:: generator.integers(400, 800)] = 0.8
    return clicks


@pytest.fixture(scope="session", autouse=True)
def quick_reports(undrawn_curves):
    """Of all that is trained here."""


@pytest.fixture(scope="session")
def genres(tmp_path_factory):
    folder = tmp_path_factory.mktemp("my genres")
    for kind in ("tones", "noise", "clicks"):
        (folder / kind).mkdir()
        for seed in range(5):
            soundfile.write(folder / kind / f"{seed}.wav", sound(kind, seed), RATE)
    return folder


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def run(genres, cache, tmp_path_factory):
    return train(
        "classifiers",
        "lil_data",
        lil_data.PRESETS["quick"],
        data=genres,
        output=tmp_path_factory.mktemp("runs") / "quick",
        cache=cache,
    )
