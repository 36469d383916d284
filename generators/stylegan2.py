"""StyleGAN2: a latent becomes a style, and styles say what each layer of the generator does (arXiv 1912.04958).

`paper`: the baseline of "Image-Based Music Generation using Invertible MIDI-to-Image Conversions", on pictures of 64 x 64.
Different: penalties on a part of the batch in every step, R1 on a sixteenth and path lengths on an eighth, instead of on
more of it in every 16th and 4th step at other rates; the moving average has its full length from the start; the style that
draws are truncated towards is the mean of many, computed where it is needed, instead of one kept while training; mixed
precision is what the run is trained in. `ours`: the same style path over groups of columns, before the critic of our other
networks.

    python -m generators.train stylegan2 --data FOLDER

40 epochs took 9 minutes of CPU for Nottingham. Overlap of 1,000 samples with the test part, as a share of what its halves
reach, 0.87, from the samples' side 0.87; 0.3 % copies (held-out pictures: 9.2 %). docs/results.md has the rest.
"""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass, replace
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from generators.layers import stylegan2 as networks
from generators.layers.adversarial.columns import column_critic
from generators.layers.adversarial.losses import Loss, path_lengths
from generators.layers.adversarial.players import Shape, critic_of
from generators.pictures import adversarial
from generators.pictures.adversarial import with_labels
from generators.pictures.adversarial_config import COLUMNS, ColumnConfig, check_sizes
from generators.pictures.latent_sampler import LatentSampler, in_blocks
from midi.codecs.codec import Codec
from training.family import Context
from training.options import Amount, Count, Fraction, Momentum, Positive

LOW, MONITOR = adversarial.LOW, adversarial.MONITOR
PATH_MEMORY = 0.01
"""How fast the mean path length follows that of a batch."""
MEAN_OF = 4_096
"""Styles whose mean is what draws are truncated towards."""


@dataclass(frozen=True)
class Config(ColumnConfig):
    """StyleGAN2; the defaults are the paper's."""

    codec: str = "roll64"
    """Codec of the pictures, by name."""
    latent: Count = 512
    """Numbers that a picture is made from."""
    style: Count = 512
    """Numbers of a style."""
    channels: Count = 512
    """paper: channels of a convolution, at most."""
    learning_rate: Positive = 2.5e-3
    """The generator's step, at the start."""
    critic_rate: Positive = 2.5e-3
    """The critic's step, at the start."""
    beta_1: Momentum = 0.0
    """adam: memory of gradients, of both."""
    beta_2: Momentum = 0.99
    """Memory of squared gradients, of both (rmsprop calls it rho)."""
    loss: Loss = "logistic"
    """What the players minimise."""
    mixing: Fraction = 0.9
    """Probability that a picture in training has a style up to some layer, and another one after it."""
    penalty: Amount = 0.0256
    """Weight of the penalty on the critic's gradient at real pictures (R1)."""
    penalty_stride: Count = 16
    """The penalties are taken on every so many-th picture of a batch."""
    path_penalty: Amount = 2.0
    """Weight of the penalty on how unevenly pictures change with their styles."""
    path_share: Count = 8
    """That one is taken on a batch smaller by so many times."""
    average: Momentum = 0.9978
    """Momentum of the moving average of the generator's weights, which is what is kept; 0: none."""
    epochs: Count = 50
    """Passes over the training pictures."""


OURS = Config(
    latent=64, style=64, learning_rate=1e-3, critic_rate=4e-4, cosine=True, networks="columns", loss="relativistic",
    penalty=20.0, fake_penalty=20.0, penalty_stride=4, path_penalty=0.0, average=0.995, epochs=40,
)  # fmt: skip
PRESETS = {
    "paper": Config(),
    "ours": OURS,
    "quick": replace(OURS, latent=8, style=8, patch=8, shapes=3, generator_width=8, critic_width=8, penalty_stride=1,
                     path_penalty=1.0, path_share=2, average=0.9, batch_size=4, epochs=2),
}  # fmt: skip


@keras.saving.register_keras_serializable("generators")
class Stylegan2(adversarial.Adversarial):
    """See the module, and `Adversarial`."""

    Config = Config

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.mapping, self.synthesis = networks.mapping(self.generator), networks.synthesis(self.generator)
        self.path_mean = self.add_weight((), "zeros", trainable=False, aggregation="mean", name="path_mean")

    def players(self, shape: Shape) -> tuple[keras.Model, keras.Model]:
        config = self.config
        sizes = networks.Sizes(config.style, channels=config.channels)
        if config.networks == "columns":
            columns = {"patch": config.patch, "shapes": config.shapes, "width": config.generator_width}
            inputs, show = networks.COLUMN_INPUTS, functools.partial(networks.column_picture, shape=shape, **columns)
            judge = functools.partial(column_critic, patch=config.patch, width=config.critic_width)
            critic = critic_of(judge, shape, self.classes)
        else:
            inputs = networks.picture_inputs(shape)
            show = functools.partial(networks.picture, shape=shape, sizes=sizes)
            critic = networks.critic(shape, self.classes, sizes)
        return networks.generator(config.latent, self.classes, sizes, inputs, show), critic

    def generated(self, count: Any, labels: Any, training: bool) -> Any:
        styles = self.mapping(self.drawn(count))
        if training and self.config.mixing:
            # of a draw below `mixing` the second style begins somewhere, of others behind the last layer
            places = keras.random.uniform((count,), seed=self.draws) * (styles.shape[1] - 1) / self.config.mixing
            styles = networks.mixed(styles, self.mapping(self.drawn(count)), 1 + ops.floor(places))
        return self.synthesis(with_labels(styles, labels), training=training)

    def penalise(self, real: Any, fake: Any, labels: Any) -> None:
        super().penalise(real, fake, labels)
        if not self.config.path_penalty:
            return
        part = real[:: self.config.path_share]
        wanted = None if labels is None else labels[:: self.config.path_share]
        lengths = path_lengths(
            lambda styles: self.synthesis(with_labels(styles, wanted), training=False),
            self.mapping(self.drawn(ops.shape(part)[0])),
            keras.random.normal(ops.shape(part), seed=self.draws),
        )
        self.add_loss(self.config.path_penalty * ops.mean((lengths - self.path_mean) ** 2))
        mean = ops.stop_gradient(ops.mean(lengths))
        self.path_mean.assign(self.path_mean + PATH_MEMORY * (mean - self.path_mean))


def build(config: Config, context: Context) -> Stylegan2:
    """The model, compiled and built. InputError: options that do not go together."""
    check_sizes(config, "columns", COLUMNS)
    check_sizes(config, "paper", ("channels",))
    classes = context.classes if config.conditional else 0
    return adversarial.compiled(Stylegan2(asdict(config), classes, name="stylegan2"), context)


def exported(model: Stylegan2) -> keras.Model:
    """The generator, one style in all layers: latent (batch, latent) [, label int32 (batch, 1)] -> pictures in [-1, 1]."""
    greys = adversarial.exported(model)
    return keras.Model(greys.input, ops.clip(greys.output, LOW, 1.0), name="generator")


def sampler(model: Stylegan2, codec: Codec) -> LatentSampler:
    """What draws pictures of the codec; its latents are the styles of all layers, (layers * style,)."""
    return LatentSampler(
        lambda: _of_styles(model),
        codec,
        LOW,
        lambda seeds: styles_of(model, seeds),
        layers=model.mapping.output_shape[1],
        centre=lambda: styles_of(model, np.arange(MEAN_OF, dtype=np.uint64)).mean(axis=0),
    )


def styles_of(model: Stylegan2, seeds: np.ndarray) -> np.ndarray:
    """(len(seeds), layers * style) float32, row i from seeds[i] alone: its style in all layers."""
    styles = in_blocks(lambda latents: model.mapping(latents, training=False), adversarial.latents(model, seeds))
    return styles.reshape(len(seeds), -1)


def _of_styles(model: Stylegan2) -> keras.Model:
    """Styles of all layers (batch, layers * style) [, label] -> pictures in [-1, 1]."""
    synthesis = networks.synthesis(exported(model))
    styles, *label = synthesis.inputs
    flat = keras.Input((styles.shape[1] * styles.shape[2],), name="styles")
    styles = layers.Reshape(styles.shape[1:])(flat)
    if label:
        return keras.Model([flat, *label], synthesis([styles, *label]))
    return keras.Model(flat, synthesis(styles))
