"""Latents of given pictures by optimisation, for models that draw pictures and read none: in place of an encoder.

The deviations of latents from the prior's mean are the only weights of a model, which `fit` optimises. Several latents a
picture, from draws of the prior on; the best one is kept ("Image2StyleGAN", arXiv 1904.03189). Two terms:

* how badly the decoder shows the picture: 1 - F1 of its cells, made smooth (Dice coefficient, as in V-Net, arXiv
  1606.04797). Values become sure cells on both sides of the threshold that samples are made with;
* how untypical latents are: (mean square of the deviations - 1)^2. In many dimensions all draws are nearly as far from the
  mean (PULSE, arXiv 2003.03808); a decoder knows little of the middle.

16 test pictures of Nottingham at roll64, dcgan `ours` after 10 epochs (2.5 CPU minutes): F1 of their cells 0.82; of a vae
trained for 2 minutes, which encodes, 0.79. By cross-entropy 0.67, with logits moved by the threshold 0.70; the nearest of
1,024 draws 0.61. 8 pictures take 8 s on one core.
"""

from __future__ import annotations

import functools
from typing import Any

import keras
import numpy as np
from keras import ops

from generators.pictures.latent_sampler import LatentSampler, black_and_white, decoded
from generators.pictures.latents import PRIOR_DRAWS

PICTURES = 8
"""Pictures that are searched for together, always: what is found for one depends on no other."""
STARTS = 4
"""Draws that the search for a picture begins from."""
STEPS = 400
"""Of Adam, for each."""
RATE = 0.1
"""The first step, in standard deviations of the prior; it falls to a hundredth along a cosine."""
SHARPNESS = 8.0
"""What logits of values are multiplied by, so that cells are nearly on or off."""
TYPICAL = 0.05
"""Weight of how untypical latents are."""
SHARE = 0.1
"""Standard deviation of what is found, of the prior's. Variations then keep as much as those of our vae (F1 0.92, 0.91)."""
LEAST = 1e-3
"""Values are kept so far from 0 and 1."""
NEVER_0 = 1e-6
"""A prior's deviation is at least this, also where all draws are alike."""


class Projection(keras.Model):
    """Searches for latents. Input: pictures (rows, h, w, c) in [0, 1] and label numbers (rows,), a row for each latent.

    Output: the loss (rows,) of each. mean, deviation: (latent,) of the sampler's prior.
    """

    def __init__(self, sampler: LatentSampler, mean: np.ndarray, deviation: np.ndarray, rows: int) -> None:
        super().__init__(dtype="float32")
        self.sampler, self.mean, self.deviation = sampler, mean, deviation
        self.decode = functools.partial(decoded, sampler.decoder)  # no layer of this model: its weights stay as they are
        self.deviations = self.add_weight(shape=(rows, len(mean)), initializer="zeros", name="deviations")
        self.built = True
        self.compile(keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(RATE, STEPS, alpha=0.01)))
        self.optimizer.build(self.trainable_variables)

    @property
    def latents(self) -> Any:
        """(rows, latent)."""
        return self.deviations * self.deviation + self.mean

    def call(self, inputs: Any) -> Any:
        pictures, labels = inputs
        untypical = (ops.mean(ops.square(self.deviations), axis=-1) - 1) ** 2
        losses = dice_loss(pictures, self.shown(labels)) + TYPICAL * untypical
        self.add_loss(ops.sum(losses))
        return losses

    def shown(self, labels: Any) -> Any:
        """(rows, h, w, c) in [0, 1]: how far the decoder's cells are on; of a codec of greys, how bright they are."""
        low, threshold = self.sampler.low, self.sampler.threshold
        values = unit(ops.cast(self.decode(self.latents, labels), "float32"), low)
        if not black_and_white(self.sampler.codec):
            return values
        return ops.sigmoid(SHARPNESS * (_logit(values) - _logit(0.5 if threshold is None else unit(threshold, low))))

    def search(self, starts: np.ndarray, pictures: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """From latents `starts` (rows, latent): the latents found, and the loss (rows,) of each."""
        self.deviations.assign((starts - self.mean) / self.deviation)
        for variable in self.optimizer.variables:
            variable.assign(ops.zeros_like(variable))
        self.fit(_Again((pictures, labels)), shuffle=False, verbose=0)
        return ops.convert_to_numpy(self.latents), ops.convert_to_numpy(self((pictures, labels)))


class _Again(keras.utils.PyDataset):
    """The same inputs in each of STEPS steps."""

    def __init__(self, inputs: tuple[np.ndarray, np.ndarray]) -> None:
        super().__init__()
        self.inputs = inputs

    def __len__(self) -> int:
        return STEPS

    def __getitem__(self, index: int) -> tuple[tuple[np.ndarray, np.ndarray]]:
        return (self.inputs,)


def dice_loss(pictures: Any, shown: Any) -> Any:
    """(rows,) of two (rows, h, w, c) in [0, 1]: 0 where they are equal, for black and white ones 1 - F1 of what is on.

    As if both had one cell more in common, so that nothing is the best that can be shown of a black picture.
    """
    common = ops.sum(pictures * shown, axis=(1, 2, 3))
    return 1 - (2 * common + 2) / (ops.sum(pictures**2, axis=(1, 2, 3)) + ops.sum(shown**2, axis=(1, 2, 3)) + 2)


def project(sampler: LatentSampler, pictures: np.ndarray, labels: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(mean, log-variance) of every picture, each float32 (count, latent), as an encoder would give them.

    pictures: (count, h, w, c) on the model's scale; labels: (count,) numbers, where the model has any. The standard
    deviation is SHARE of the prior's, of all pictures the same.
    """
    drawn = sampler.prior(np.arange(PRIOR_DRAWS, dtype=np.uint64))
    mean, deviation = drawn.mean(axis=0), np.maximum(drawn.std(axis=0), NEVER_0)
    projection = Projection(sampler, mean, deviation, PICTURES * STARTS)
    starts = np.tile(drawn[:STARTS], (PICTURES, 1))
    numbers = np.zeros(len(pictures), np.int32) if labels is None else labels
    means = np.empty((len(pictures), len(mean)), np.float32)
    for place in range(0, len(pictures), PICTURES):
        part = slice(place, place + PICTURES)
        rows = [np.repeat(_filled(each[part]), STARTS, axis=0) for each in (unit(pictures, sampler.low), numbers)]
        found, losses = (each.reshape(PICTURES, STARTS, -1) for each in projection.search(starts, *rows))
        best = found[np.arange(PICTURES), losses[..., 0].argmin(axis=1)]
        means[part] = best[: len(means[part])]
    return means, np.tile(2 * np.log(SHARE * deviation), (len(means), 1))


def unit(values: Any, low: float) -> Any:
    """From [low, 1] to [0, 1]."""
    return (values - low) / (1 - low)


def _filled(rows: np.ndarray) -> np.ndarray:
    """Up to PICTURES rows, as many: with zeros, black pictures."""
    return np.concatenate([rows, np.zeros((PICTURES - len(rows), *rows.shape[1:]), rows.dtype)])


def _logit(values: Any) -> Any:
    values = ops.clip(ops.convert_to_tensor(values, "float32"), LEAST, 1 - LEAST)
    return ops.log(values) - ops.log(1 - values)
