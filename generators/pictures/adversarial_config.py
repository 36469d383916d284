"""Options that all models of two players share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from generators.layers.adversarial.losses import Loss
from generators.pictures import PictureConfig
from training.errors import InputError
from training.fitting.turns import Turns
from training.options import Amount, Count, Index, Momentum, Positive

LONG_ROUNDS = 25, 500
"""The generator's first so many steps, and every so-many-th, come after `long_steps` (code of arXiv 1701.07875)."""


@dataclass(frozen=True)
class AdversarialConfig(PictureConfig):
    """Two players; systems set their paper's values."""

    latent: Count = 100
    """Numbers that a picture is made from."""
    distribution: Literal["uniform", "normal"] = "normal"
    """How they are drawn, in training and in sampling: evenly from [-1, 1], or standard normal."""
    learning_rate: Positive = 2e-4
    """The generator's step, at the start."""
    critic_rate: Positive = 2e-4
    """The critic's step, at the start."""
    optimizer: Literal["adam", "rmsprop"] = "adam"
    """What both are stepped by."""
    beta_1: Momentum = 0.5
    """adam: memory of gradients, of both."""
    beta_2: Momentum = 0.999
    """Memory of squared gradients, of both (rmsprop calls it rho)."""
    critic_steps: Index = 0
    """Steps of the critic before each one of the generator; 0: both are stepped at once."""
    long_steps: Index = 0
    """The same before each of the generator's first 25 and before every 500th of its steps; 0: no other number."""
    clip: Amount = 0.0
    """The critic's weights stay within this distance of 0; 0: anywhere."""
    cosine: bool = False
    """Let both steps fall to a tenth along a cosine until the last one."""
    loss: Loss = "cross_entropy"
    """What the players minimise."""
    fakes: Count = 1
    """Pictures made for each real one; the generator learns from all, the critic from as many as are real."""
    penalty: Amount = 0.0
    """Weight of the penalty on the critic's gradient at real pictures (R1)."""
    fake_penalty: Amount = 0.0
    """The same at generated pictures (R2)."""
    slope_penalty: Amount = 0.0
    """Weight of the penalty that holds the critic's gradient to length 1 between both."""
    penalty_stride: Count = 1
    """The penalties are taken on every so many-th picture of a batch."""
    shift: Index = 0
    """All that the critic sees, real and generated, is moved up or down by up to this many semitones."""
    turn: Index = 0
    """The same in time, round and round, by a multiple of this many columns; 0: not at all."""
    noise: Amount = 0.0
    """Standard deviation of noise on all that the critic sees."""
    average: Momentum = 0.0
    """Momentum of the moving average of the generator's weights, which is what is kept; 0: none."""


@dataclass(frozen=True)
class ColumnConfig(AdversarialConfig):
    """Two players, and the sizes of our networks of groups of columns."""

    networks: Literal["paper", "columns"] = "paper"
    """The paper's, or ours (columns)."""
    patch: Count = 4
    """columns: columns of pixels in a group."""
    shapes: Count = 10
    """columns: shapes that a row may have in a group, silence not counted."""
    generator_width: Count = 128
    """columns: numbers that stand for a group in the generator."""
    critic_width: Count = 128
    """columns: the same in the critic."""

    @property
    def columns(self) -> dict[str, int]:
        """Sizes of our networks by name."""
        return {name: getattr(self, name) for name in COLUMNS}


COLUMNS = ("patch", "shapes", "generator_width", "critic_width")
"""Sizes of our networks."""


def turns_of(config: AdversarialConfig) -> Turns | None:
    """When each player is stepped; None: both at once. InputError: long rounds without short ones."""
    if not config.critic_steps:
        if config.long_steps:
            raise InputError("--long-steps goes with --critic-steps, of all other rounds; received --critic-steps 0")
        return None
    first, every = LONG_ROUNDS if config.long_steps else (0, 0)
    return Turns(config.critic_steps, config.long_steps, first, every)


def check_sizes(config: ColumnConfig, chosen: str, names: tuple[str, ...]) -> None:
    """InputError: sizes of the networks `chosen`, where others are taken, which have their own."""
    idle = [name for name in names if getattr(config, name) != getattr(type(config), name)]
    if config.networks != chosen and idle:
        options = ", ".join("--" + name.replace("_", "-") for name in idle)
        raise InputError(f"only --networks {chosen} takes {options}; received --networks {config.networks}")
