"""WGAN-GP: as WGAN, but the critic is held by a penalty on the length of its gradient between real and generated pictures.

`paper`: that of "Music generation using Deep Learning", on pictures of 88 x 200 x 4 (`--codec dense88`: x 3). As required
instead of published: layer norm in the critic, since batch norm lets pictures of a batch speak for each other, which the
penalty does not allow (arXiv 1704.00028, section 4; `--norm batch` is as published); the mixing factor is drawn for each
picture of any batch; latents are drawn anew for the generator's step. `ours`: our networks of groups of columns under the
same loss and penalty, both stepped at once.

    python -m generators.train wgan_gp --data FOLDER

40 epochs took 9 minutes of CPU for Nottingham (`roll64`). Overlap of 1,000 samples with the test part, as a share of what
its halves reach, 0.91, from the samples' side 0.93; 0.3 % copies (held-out pictures: 9.2 %). docs/results.md has the rest.
"""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import keras
from keras import layers

from generators.layers.adversarial.columns import column_networks
from generators.layers.adversarial.losses import Loss
from generators.layers.adversarial.players import (
    Shape,
    batch_norm,
    critic_of,
    cut,
    generator_of,
    grid_of,
    spread,
    strided_critic,
    tanh,
)
from generators.pictures import adversarial
from generators.pictures.adversarial_config import COLUMNS, ColumnConfig, check_sizes
from training.family import Context
from training.options import Amount, Index, Momentum, Positive

LOW, MONITOR = adversarial.LOW, adversarial.MONITOR
exported, sampler = adversarial.exported, adversarial.sampler


@dataclass(frozen=True)
class Config(ColumnConfig):
    """WGAN-GP; the defaults are the paper's, but for the norm."""

    codec: str = "sparse88"
    """Codec of the pictures, by name."""
    learning_rate: Positive = 5e-5
    """The generator's step, at the start."""
    critic_rate: Positive = 5e-5
    """The critic's step, at the start."""
    optimizer: Literal["adam", "rmsprop"] = "rmsprop"
    """What both are stepped by."""
    beta_2: Momentum = 0.9
    """Memory of squared gradients, of both (rmsprop calls it rho)."""
    loss: Loss = "wasserstein"
    """What the players minimise."""
    slope_penalty: Amount = 10.0
    """Weight of the penalty that holds the critic's gradient to length 1 between both."""
    critic_steps: Index = 5
    """Steps of the critic before each one of the generator; 0: both are stepped at once."""
    norm: Literal["layer", "batch"] = "layer"
    """paper: what the critic normalises over."""


OURS = Config(
    codec="roll64", latent=64, learning_rate=2e-4, critic_rate=4e-4, optimizer="adam", beta_1=0.0, beta_2=0.99, cosine=True,
    networks="columns", penalty_stride=4, critic_steps=0, average=0.995, epochs=40,
)  # fmt: skip
PRESETS = {
    "paper": Config(),
    "ours": OURS,
    "quick": replace(OURS, latent=8, patch=8, shapes=3, generator_width=8, critic_width=8, penalty_stride=1, average=0.9,
                     batch_size=4, epochs=2),
}  # fmt: skip


@keras.saving.register_keras_serializable("generators")
class WganGp(adversarial.Adversarial):
    """See the module, and `Adversarial`."""

    Config = Config

    def players(self, shape: Shape) -> tuple[keras.Model, keras.Model]:
        if self.config.networks == "columns":
            make, judge = column_networks(shape, **self.config.columns)
        else:
            make = functools.partial(paper_generator, shape=shape)
            judge = functools.partial(strided_critic, filters=(16, 32, 64, 128), norm=NORMS[self.config.norm])
        return generator_of(make, self.config.latent, self.classes), critic_of(judge, shape, self.classes)


def build(config: Config, context: Context) -> WganGp:
    """The model, compiled and built. InputError: options that do not go together."""
    check_sizes(config, "columns", COLUMNS)
    check_sizes(config, "paper", ("norm",))
    return adversarial.compiled(
        WganGp(asdict(config), context.classes if config.conditional else 0, name="wgan_gp"), context
    )


def paper_generator(x: Any, shape: Shape) -> Any:
    """14,619,076 parameters at 88 x 200 x 4, 14,618,051 at x 3, batch-norm statistics included.

    Its critic, with the logit: 137,969 and 137,825, or 138,417 and 138,273 with batch norm and its statistics.
    """
    x = layers.ReLU(name="generator_relu_0")(spread(x, grid_of(shape, 4), 128))
    for number, count in enumerate((128, 64), start=1):
        x = layers.UpSampling2D(name=f"generator_up_{number}")(x)
        x = layers.Conv2D(count, 4, padding="same", name=f"generator_conv_{number}")(x)
        x = layers.ReLU(name=f"generator_relu_{number}")(batch_norm(x, f"generator_norm_{number}"))
    return tanh(cut(layers.Conv2D(shape[2], 4, padding="same", name="generator_picture")(x), shape))


def _layer_norm(x: Any, name: str) -> Any:
    return layers.GroupNormalization(1, name=name)(x)


NORMS = {"layer": _layer_norm, "batch": batch_norm}
