"""WGAN: a critic whose weights are clipped measures how far generated pictures are from real ones.

`paper`: the baseline of "Image-Based Music Generation using Invertible MIDI-to-Image Conversions", after the code of arXiv
1701.07875: convolutions as in DCGAN, batch norm in the critic only, RMSprop at 5e-4, clipping at 0.01, five steps of the
critic to one of the generator, a hundred before the first 25 and before every 500th. Different: RMSprop adds its small
number under the root. `ours`: our networks of groups of columns under the same loss and clipping, both stepped at once.

    python -m generators.train wgan --data FOLDER

40 epochs took 8 minutes of CPU for Nottingham. Overlap of 1,000 samples with the test part, as a share of what its halves
reach, 0.81, from the samples' side 0.65; half of the pitches: clipping leaves rare notes out. docs/results.md has the rest.
"""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import keras
from keras import layers

from generators.layers.adversarial.columns import column_networks
from generators.layers.adversarial.losses import Loss
from generators.layers.adversarial.players import Shape, batch_norm, critic_of, cut, generator_of, grid_of, leaky, tanh
from generators.pictures import adversarial
from generators.pictures.adversarial_config import COLUMNS, ColumnConfig, check_sizes
from training.family import Context
from training.options import Amount, Count, Index, Momentum, Positive

LOW, MONITOR = adversarial.LOW, adversarial.MONITOR
exported, sampler = adversarial.exported, adversarial.sampler


@dataclass(frozen=True)
class Config(ColumnConfig):
    """WGAN; the defaults are the paper's."""

    codec: str = "roll64"
    """Codec of the pictures, by name."""
    learning_rate: Positive = 5e-4
    """The generator's step, at the start."""
    critic_rate: Positive = 5e-4
    """The critic's step, at the start."""
    optimizer: Literal["adam", "rmsprop"] = "rmsprop"
    """What both are stepped by."""
    beta_2: Momentum = 0.99
    """Memory of squared gradients, of both (rmsprop calls it rho)."""
    loss: Loss = "wasserstein"
    """What the players minimise."""
    critic_steps: Index = 5
    """Steps of the critic before each one of the generator; 0: both are stepped at once."""
    long_steps: Index = 100
    """The same before each of the generator's first 25 and before every 500th of its steps; 0: no other number."""
    clip: Amount = 0.01
    """The critic's weights stay within this distance of 0; 0: anywhere."""
    batch_size: Count = 64
    """Pictures in a step, over all devices."""
    epochs: Count = 1000
    """Passes over the training pictures."""


OURS = Config(
    latent=64, learning_rate=2e-4, critic_rate=4e-4, beta_2=0.99, cosine=True, networks="columns", critic_steps=0,
    long_steps=0, average=0.995, batch_size=32, epochs=40,
)  # fmt: skip
PRESETS = {
    "paper": Config(),
    "ours": OURS,
    "quick": replace(OURS, latent=8, patch=8, shapes=3, generator_width=8, critic_width=8, average=0.9, critic_steps=1,
                     batch_size=4, epochs=2),
}  # fmt: skip


@keras.saving.register_keras_serializable("generators")
class Wgan(adversarial.Adversarial):
    """See the module, and `Adversarial`."""

    Config = Config

    def players(self, shape: Shape) -> tuple[keras.Model, keras.Model]:
        if self.config.networks == "columns":
            make, judge = column_networks(shape, **self.config.columns)
            return generator_of(make, self.config.latent, self.classes), critic_of(judge, shape, self.classes)
        make = functools.partial(paper_generator, shape=shape)
        logit = layers.Dense(1, use_bias=False, kernel_initializer=_narrow(), name="critic_logit")
        return generator_of(make, self.config.latent, self.classes), critic_of(paper_critic, shape, self.classes, logit)


def build(config: Config, context: Context) -> Wgan:
    """The model, compiled and built. InputError: options that do not go together."""
    check_sizes(config, "columns", COLUMNS)
    return adversarial.compiled(Wgan(asdict(config), context.classes if config.conditional else 0, name="wgan"), context)


def paper_generator(x: Any, shape: Shape) -> Any:
    """3,572,736 parameters at 64 x 64 x 1: 4 x 4 x 512, four times doubled; no norm, no biases."""
    grid = grid_of(shape, 16)
    x = layers.Dense(grid[0] * grid[1] * 512, use_bias=False, kernel_initializer=_narrow(), name="generator_dense")(x)
    x = layers.ReLU(name="generator_relu_0")(layers.Reshape((*grid, 512), name="generator_grid")(x))
    for number, count in enumerate((256, 128, 64), start=1):
        x = layers.ReLU(name=f"generator_relu_{number}")(_doubled(x, count, f"generator_up_{number}"))
    return tanh(cut(_doubled(x, shape[2], "generator_picture"), shape))


def _doubled(x: Any, filters: int, name: str) -> Any:
    up = layers.Conv2DTranspose(filters, 4, 2, "same", use_bias=False, kernel_initializer=_narrow(), name=name)
    return up(x)


def paper_critic(x: Any) -> Any:
    """2,763,520 trainable parameters with the logit at 64 x 64 x 1; no biases."""
    for number, count in enumerate((64, 128, 256, 512), start=1):
        down = layers.Conv2D(count, 4, 2, "same", use_bias=False, kernel_initializer=_narrow(), name=f"critic_conv_{number}")
        x = down(x)
        if number > 1:
            x = batch_norm(x, f"critic_norm_{number}", 0.9, epsilon=1e-5, gamma_initializer=_narrow(1.0))
        x = leaky(x, f"critic_relu_{number}")
    return x


def _narrow(mean: float = 0.0) -> keras.Initializer:
    """One for each layer, since an initializer that layers of equal size share gives them equal weights."""
    return keras.initializers.RandomNormal(mean, 0.02)
