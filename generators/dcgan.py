"""DCGAN: a generator against a critic, both convolutional.

`paper`: "Music generation with Neural Networks", networks as printed; `--networks released` is the generator of its code.
`sparse88`: the GAN of "Music generation using Deep Learning" on pictures of 88 x 200 x 4, with one value scale where the
original fed its critic another than its generator's. Both differ from the papers in this: the players move at once, by one
loss, instead of in turn; an epoch shows every picture once; samples are drawn as in training.

`ours`, 0.4 million parameters a player: a picture is groups of columns, an eighth note each, and convolutions run over time
alone, since pitches are not alike as places are. In a group each row rests or has one of ten learned shapes, at first
runs of columns (`generators.layers.row_codebook`), so that notes do not fall into dots and the critic sees black and white.
The critic also sees onsets and pitch classes (`generators.layers.streams`). Relativistic loss with R1 and R2 (arXiv
2501.05441), of weight 20: at 2 and less the critic wins early, and the generator learns more slowly. Rates fall along a
cosine; a moving average of the generator's weights is kept.

    python -m generators.train dcgan --data FOLDER

40 epochs took 27 minutes of CPU for Nottingham, 6 for Freedoom (2 cores, shared). 1,000 samples against the test part:
overlap of all measures with the data 0.838 and 0.918 (its halves: 0.983, 0.975), from the samples' side 0.878 and 0.866 of
the halves'; 4.07 and 5.54 % of the cells on (data: 4.09, 5.77 %); copies 0.1 % and none (held-out pictures: 8.4 and 0.4 %).
Melodies have gaps; Freedoom's rhythms vary too little. docs/results.md has the rest, and how `paper` does.
"""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import keras
from keras import layers

from generators.layers.adversarial.columns import column_networks
from generators.layers.adversarial.players import (
    Shape,
    batch_norm,
    critic_of,
    cut,
    generator_of,
    grid_of,
    leaky,
    spread,
    strided_critic,
    tanh,
)
from generators.pictures import adversarial
from generators.pictures.adversarial_config import COLUMNS, ColumnConfig, check_sizes
from training.family import Context
from training.options import Count

LOW, MONITOR = adversarial.LOW, adversarial.MONITOR
exported, sampler = adversarial.exported, adversarial.sampler


@dataclass(frozen=True)
class Config(ColumnConfig):
    """DCGAN; the defaults are the paper's."""

    distribution: Literal["uniform", "normal"] = "uniform"
    """How they are drawn, in training and in sampling: evenly from [-1, 1], or standard normal."""
    networks: Literal["printed", "released", "normed", "columns"] = "printed"
    """As the paper prints them, as in its released code, with batch norm (of the sparse pictures' paper), or ours."""
    patch: Count = 6
    """columns: columns of pixels in a group."""
    fakes: Count = 2
    """Pictures made for each real one; the generator learns from all, the critic from as many as are real."""


OURS = Config(
    latent=64, distribution="normal", learning_rate=2e-4, critic_rate=4e-4, beta_1=0.0, beta_2=0.99, cosine=True,
    networks="columns", loss="relativistic", fakes=1, penalty=20.0, fake_penalty=20.0, penalty_stride=4, average=0.995,
    epochs=40,
)  # fmt: skip
QUICK = {"codec": "roll64", "latent": 8, "generator_width": 8, "critic_width": 8, "batch_size": 4, "epochs": 2}
PRESETS = {
    "paper": Config(),
    "sparse88": Config(
        codec="sparse88", networks="normed", learning_rate=1.5e-4, critic_rate=1.5e-4, fakes=1, batch_size=128
    ),
    "ours": OURS,
    "quick": replace(OURS, patch=8, shapes=3, penalty_stride=1, average=0.9, **QUICK),
}


@keras.saving.register_keras_serializable("generators")
class Dcgan(adversarial.Adversarial):
    """See the module, and `Adversarial`."""

    Config = Config

    def players(self, shape: Shape) -> tuple[keras.Model, keras.Model]:
        if self.config.networks == "columns":
            make, judge = column_networks(shape, **self.config.columns)
        else:
            make, judge = PUBLISHED[self.config.networks]
            make = functools.partial(make, shape=shape)
        return generator_of(make, self.config.latent, self.classes), critic_of(judge, shape, self.classes)


def build(config: Config, context: Context) -> Dcgan:
    """The model, compiled and built. InputError: options that do not go together."""
    check_sizes(config, "columns", COLUMNS)
    return adversarial.compiled(Dcgan(asdict(config), context.classes if config.conditional else 0, name="dcgan"), context)


def printed_generator(x: Any, shape: Shape) -> Any:
    """1,963,201 parameters at 96 x 96 x 1: 24 x 24 x 32, twice doubled."""
    return _doubled(x, shape, 32, (64, 64))


def released_generator(x: Any, shape: Shape) -> Any:
    """2,323,777 parameters at 96 x 96 x 1: 12 x 12 x 128, three times doubled."""
    return _doubled(x, shape, 128, (128, 64, 64))


def _doubled(x: Any, shape: Shape, first: int, filters: tuple[int, ...]) -> Any:
    x = leaky(spread(x, grid_of(shape, 2 ** len(filters)), first), "generator_relu_0")
    for number, count in enumerate(filters, start=1):
        x = layers.Conv2DTranspose(count, 4, strides=2, padding="same", name=f"generator_up_{number}")(x)
        x = leaky(x, f"generator_relu_{number}")
    return tanh(cut(layers.Conv2D(shape[2], 7, padding="same", name="generator_picture")(x), shape))


def small_critic(x: Any) -> Any:
    """74,433 parameters with the logit at 96 x 96 x 1."""
    for number in (1, 2):
        x = layers.Conv2D(64, 3, strides=2, padding="same", name=f"critic_conv_{number}")(x)
        x = layers.Dropout(0.4, name=f"critic_dropout_{number}")(leaky(x, f"critic_relu_{number}"))
    return x


def normed_generator(x: Any, shape: Shape) -> Any:
    """3,655,492 parameters at 88 x 200 x 4, batch-norm statistics included."""
    x = leaky(spread(x, grid_of(shape, 8), 128), "generator_relu_0")
    for number, count in enumerate((128, 64), start=1):
        x = layers.Conv2DTranspose(count, 2, strides=2, name=f"generator_up_{number}")(x)
        x = leaky(batch_norm(x, f"generator_norm_{number}"), f"generator_relu_{number}")
    return tanh(cut(layers.Conv2DTranspose(shape[2], 2, strides=2, name="generator_picture")(x), shape))


def normed_critic(x: Any) -> Any:
    """470,369 parameters with the logit at 88 x 200 x 4, batch-norm statistics included."""
    return strided_critic(x, (32, 64, 128, 256), batch_norm)


PUBLISHED = {
    "printed": (printed_generator, small_critic),
    "released": (released_generator, small_critic),
    "normed": (normed_generator, normed_critic),
}
"""Name -> the generator's and the critic's own layers."""
