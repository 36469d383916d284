"""A fresh model that goes on from another run's weights."""

from __future__ import annotations

import os

import keras

from training.cli import InputError, tell
from training.runs import load


def start_from(fresh: keras.Model, run: str | os.PathLike) -> None:
    """Give a fresh model the weights of `run`. InputError: they have other shapes."""
    weights = load(run).get_weights()
    if [weight.shape for weight in weights] != [weight.shape for weight in fresh.get_weights()]:
        raise InputError(f"the weights of {run} do not fit this model; was it trained with another model, codec or sizes?")
    fresh.set_weights(weights)
    tell(f"started from {run}")
