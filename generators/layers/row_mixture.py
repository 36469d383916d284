"""Likelihoods of pictures by the numbers that a decoder of the variational autoencoder gives."""

from __future__ import annotations

import itertools
import math

import keras
import numpy as np
from keras import layers, ops

from training.devices.strategy import variable_dtype

SPEED_UP = 10.0
"""How much faster than the networks' weights the shapes are learned: their weights are kept as so small a part of them."""
START_LOGIT = 3.0
"""Logit of a pixel that a shape has, at the start; without a sign where it has none, twice in the rest."""


@keras.saving.register_keras_serializable("generators")
class Pixels(layers.Layer):
    """The numbers are the pixels' means (batch, h, w, c), every pixel on by itself: independent Bernoulli distributions."""

    def __init__(self, **arguments):
        super().__init__(**arguments | {"dtype": variable_dtype()})

    def log_likelihood(self, pictures, means):
        """(batch,) nats."""
        return -ops.sum(ops.binary_crossentropy(pictures, means), axis=(1, 2, 3))

    def call(self, means):
        return means


@keras.saving.register_keras_serializable("generators")
class RowMixture(layers.Layer):
    """Of a group of `patch` columns a row chooses rest or one of `shapes` learned shapes: a Bernoulli mixture.

    The numbers are logits of these choices, (batch, groups, h, shapes + 1), rest first. A picture shows of each row the
    likeliest shape but rest, as bright as it is likely that the row sounds: whatever threshold is used then, a note that
    the decoder is not sure of is there or not there as a whole, where means of pixels would fall into single columns.
    """

    def __init__(self, picture: tuple[int, int, int], patch: int, shapes: int, **arguments):
        super().__init__(**arguments | {"dtype": variable_dtype()})
        self.picture, self.patch, self.shapes = tuple(picture), patch, shapes
        size = (shapes + 1, patch * self.picture[2])
        self.slow = self.add_weight(shape=size, initializer=self._runs, name="logits")
        self.built = True

    @property
    def logits(self):
        """(shapes + 1, patch * c) of the pixels of rest and of every shape."""
        return SPEED_UP * self.slow

    def log_likelihood(self, pictures, choices):
        """(batch,) nats of pictures (batch, h, w, c)."""
        height, width, channels = self.picture
        groups = choices.shape[1]
        x = ops.pad(pictures, ((0, 0), (0, 0), (0, groups * self.patch - width), (0, 0)))
        x = ops.transpose(ops.reshape(x, (-1, height, groups, self.patch * channels)), (0, 2, 1, 3))
        each = ops.matmul(x, ops.transpose(self.logits)) - ops.sum(ops.softplus(self.logits), axis=-1)
        return ops.sum(ops.logsumexp(choices + each, axis=-1) - ops.logsumexp(choices, axis=-1), axis=(1, 2))

    def call(self, choices):
        """(batch, h, w, c)."""
        height, width, channels = self.picture
        groups = choices.shape[1]
        shape = ops.top_k(choices[..., 1:], 1)[1][..., 0]  # Keras' argmax has no ONNX
        likeliest = ops.take(ops.sigmoid(self.logits[1:]), shape, axis=0)
        values = likeliest * (1 - ops.softmax(choices)[..., :1])
        values = ops.transpose(ops.reshape(values, (-1, groups, height, self.patch, channels)), (0, 2, 1, 3, 4))
        return ops.reshape(values, (-1, height, groups * self.patch, channels))[:, :, :width]

    def _runs(self, shape, dtype=None):
        """Rest, then runs of columns: first those that begin and end at large parts of the group."""
        ends = itertools.combinations(range(self.patch + 1), 2)
        runs = sorted(ends, key=lambda run: -math.gcd(*run, self.patch))
        on = np.array([[first <= column < last for column in range(self.patch)] for first, last in runs])
        logits = START_LOGIT * np.concatenate(
            [np.full((1, self.patch), -2), np.resize(2 * on - 1, (self.shapes, self.patch))]
        )
        return ops.cast(np.repeat(logits, self.picture[2], axis=1) / SPEED_UP, dtype)

    def get_config(self):
        return {**super().get_config(), "picture": self.picture, "patch": self.patch, "shapes": self.shapes}
