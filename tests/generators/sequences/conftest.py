"""A quick run of each sequence model on the folder of composed pieces, and runs on a file of frames."""

from dataclasses import replace
from importlib import import_module

import numpy as np
import pytest
import scipy.io

from generators.contract import model_names
from generators.sequences import Sequences
from training.recipe import train

SEQUENCES = tuple(model_names(Sequences))
"""The models that go on with a piece."""


def quick(model, **fields):
    return replace(import_module(f"generators.{model}").PRESETS["quick"], **fields)


def trained(model, config, **where):
    """A run of `config`; options as the family's `train` has them."""
    return train("generators", model, config, **where)


@pytest.fixture(scope="session")
def runs(pieces, tmp_path_factory):
    root = tmp_path_factory.mktemp("sequence runs")
    return {
        model: trained(model, quick(model), data=pieces, output=root / model, cache=root / "cache", seed=1)
        for model in SEQUENCES
    }


@pytest.fixture(scope="session")
def cache(runs):
    return next(iter(runs.values())).parent / "cache"


@pytest.fixture(scope="session")
def valued(pieces, cache, tmp_path_factory):
    """A run that predicts values, which draws nothing and has no likelihood."""
    config = quick("lstm", head="regression", epochs=1, steps=1)
    return trained("lstm", config, data=pieces, output=tmp_path_factory.mktemp("valued") / "lstm", cache=cache)


@pytest.fixture(scope="session")
def frames(tmp_path_factory):
    """A .mat as those of the published tables: chords that change every four frames."""
    draws, found = np.random.default_rng(0), {}
    for key, lengths in {"traindata": (40, 64, 90), "validdata": (50, 33), "testdata": (48, 65, 1, 72)}.items():
        found[key] = np.empty((1, len(lengths)), object)
        for number, length in enumerate(lengths):
            chords = draws.random((-(-length // 4), 88)) < 0.05
            found[key][0, number] = np.repeat(chords, 4, axis=0)[:length].astype(np.uint8)
    path = tmp_path_factory.mktemp("frames") / "chords.mat"
    scipy.io.savemat(path, found)
    return path


@pytest.fixture(scope="session")
def framed(frames, tmp_path_factory):
    """A run on the frames."""
    config = quick("lstm", codec="frames88", head="independent", transpose=0, epochs=1)
    return trained("lstm", config, data=frames, output=tmp_path_factory.mktemp("framed") / "lstm")
