"""A plain GAN: a generator of dense layers against a critic of dense layers.

`paper`: that of "Music generation using Deep Learning" on pictures of 88 x 200 x 4, whose script is lost; networks of the
collection that it names. `ours`: dense layers to a vector for each group of columns, before the critic of our other
networks, under the relativistic loss with R1 and R2.

    python -m generators.train gan --data FOLDER

40 epochs took 10 minutes of CPU for Nottingham (`roll64`). Overlap of 1,000 samples with the test part, as a share of what
its halves reach, 0.89, from the samples' side 0.88; no copies. docs/results.md has the rest.
"""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass, replace
from typing import Any

import keras
from keras import layers

from generators.layers.adversarial.columns import column_critic, groups_of, shown
from generators.layers.adversarial.players import Shape, batch_norm, critic_of, generator_of, leaky, tanh
from generators.pictures import adversarial
from generators.pictures.adversarial_config import COLUMNS, ColumnConfig, check_sizes
from training.family import Context

LOW, MONITOR = adversarial.LOW, adversarial.MONITOR
exported, sampler = adversarial.exported, adversarial.sampler


@dataclass(frozen=True)
class Config(ColumnConfig):
    """GAN of dense layers; the defaults are those of the paper's reference."""

    codec: str = "sparse88"
    """Codec of the pictures, by name."""


OURS = Config(
    codec="roll64", latent=64, learning_rate=2e-4, critic_rate=4e-4, beta_1=0.0, beta_2=0.99, cosine=True,
    networks="columns", loss="relativistic", penalty=20.0, fake_penalty=20.0, penalty_stride=4, average=0.995, epochs=40,
)  # fmt: skip
PRESETS = {
    "paper": Config(),
    "ours": OURS,
    "quick": replace(OURS, latent=8, patch=8, shapes=3, generator_width=8, critic_width=8, penalty_stride=1, average=0.9,
                     batch_size=4, epochs=2),
}  # fmt: skip


@keras.saving.register_keras_serializable("generators")
class Gan(adversarial.Adversarial):
    """See the module, and `Adversarial`."""

    Config = Config

    def players(self, shape: Shape) -> tuple[keras.Model, keras.Model]:
        config = self.config
        if config.networks == "columns":
            make = functools.partial(column_generator, shape=shape, config=config)
            judge = functools.partial(column_critic, patch=config.patch, width=config.critic_width)
        else:
            make, judge = functools.partial(dense_generator, shape=shape), dense_critic
        return generator_of(make, config.latent, self.classes), critic_of(judge, shape, self.classes)


def build(config: Config, context: Context) -> Gan:
    """The model, compiled and built. InputError: options that do not go together."""
    check_sizes(config, "columns", COLUMNS)
    return adversarial.compiled(Gan(asdict(config), context.classes if config.conditional else 0, name="gan"), context)


def dense_generator(x: Any, shape: Shape) -> Any:
    """72,849,920 parameters at 88 x 200 x 4, batch-norm statistics included."""
    for number, units in enumerate((256, 512, 1024), start=1):
        x = leaky(layers.Dense(units, name=f"generator_dense_{number}")(x), f"generator_relu_{number}")
        x = batch_norm(x, f"generator_norm_{number}")
    x = layers.Dense(shape[0] * shape[1] * shape[2], name="generator_pixels")(x)
    return tanh(layers.Reshape(shape, name="generator_picture")(x))


def dense_critic(x: Any) -> Any:
    """36,176,897 parameters with the logit at 88 x 200 x 4."""
    x = layers.Flatten(name="critic_flat")(x)
    for number, units in enumerate((512, 256), start=1):
        x = leaky(layers.Dense(units, name=f"critic_dense_{number}")(x), f"critic_relu_{number}")
    return x


def column_generator(x: Any, shape: Shape, config: ColumnConfig) -> Any:
    """Dense layers to a vector for each group of columns."""
    groups, width = groups_of(shape, config.patch), config.generator_width
    for number in (1, 2):
        x = layers.Dense(4 * width, name=f"generator_dense_{number}")(x)
        x = leaky(layers.RMSNormalization(name=f"generator_norm_{number}")(x), f"generator_relu_{number}")
    x = layers.Dense(groups * width, name="generator_dense")(x)
    return shown(layers.Reshape((groups, width), name="generator_groups")(x), shape, config.patch, config.shapes)
