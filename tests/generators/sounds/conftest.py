"""A folder of sounds, and a quick run of each model and head on it."""

from dataclasses import replace

import numpy as np
import pytest

from generators import sound_pointer, spectrogram_lstm
from spectro.audio import write
from training.recipe import train

RATE = 8_000
MODELS = {"bands": "spectrogram_lstm", "linear": "spectrogram_lstm", "pointer": "sound_pointer"}
"""Run -> its model."""


def beeps(seconds, pitch, seed=0):
    """A tone that comes and goes four times a second, over faint noise."""
    time = np.arange(round(seconds * RATE)) / RATE
    noise = np.random.default_rng(seed).standard_normal(len(time))
    return (0.3 * np.sin(2 * np.pi * pitch * time) * (time % 0.25 < 0.12) + 0.003 * noise).astype(np.float32)


@pytest.fixture(scope="session")
def sounds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("my sounds")
    for number in range(8):
        write(folder / f"sound {number}.wav", beeps(2.0, 300 + 150 * number, number), RATE)
    return folder


@pytest.fixture(scope="session")
def configs():
    quick = spectrogram_lstm.PRESETS["quick"]
    linear = replace(quick, head="linear", crop=0.0, speed=0.0)
    return {"bands": quick, "linear": linear, "pointer": sound_pointer.PRESETS["quick"]}


@pytest.fixture(scope="session")
def runs(sounds, configs, tmp_path_factory):
    root = tmp_path_factory.mktemp("runs")
    return {
        name: train("generators", MODELS[name], config, data=sounds, output=root / name, cache=root / "cache", seed=1)
        for name, config in configs.items()
    }


@pytest.fixture(scope="session")
def cache(runs):
    return runs["bands"].parent / "cache"
