"""Players that move in turn, within the one `fit`: some steps of the critic, then one of the generator.

    turns = Turns(critic_steps=5)
    players = {name: TurnAdam(1e-4, beta_1=0.5, turns=turns, player=name) for name in ("critic", "generator")}
    model.compile(player_optimizer(players, model))

The model states both losses at every step, as always; an optimizer writes in its player's steps alone. What that costs, at 5
steps to 1 (2 cores, batch 32): 1.7 (dcgan `sparse88`) to 2.4 times (`ours`) the time of steps that compute one player's loss
only; 1.00 to 1.04 times that of both players moving at once, with long rounds 1.01 to 1.09 times.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from training.fitting.keras_internals import moving_averages


@dataclass(frozen=True)
class Turns:
    """Rounds of `critic_steps` steps of the critic and one of the generator, known by the number of the step alone.

    A round is long, of `long_steps` steps of the critic, if it is among the `first` ones, or if its number, from 0, is a
    multiple of `every` (0: none is). WGAN as its authors train it is `Turns(5, long_steps=100, first=25, every=500)` (code
    of arXiv 1701.07875). Raises ValueError for numbers that are no such rounds, and for long rounds that never come.
    """

    critic_steps: int
    long_steps: int = 0
    first: int = 0
    every: int = 0

    def __post_init__(self) -> None:
        least = 1 if self.first or self.every else 0
        if self.critic_steps < 1 or self.long_steps < least or self.first < 0 or self.every < 0:
            raise ValueError(f"expected at least 1 step of the critic in every round, and no negative number: {self}")
        if self.long_steps and not least:
            raise ValueError(f"no round has long_steps: give how many of the first, or every how many rounds: {self}")

    def is_generators(self, step: Any) -> Any:
        """Whether the generator moves, and not the critic, in `step` of `fit`: from 0, an int or an integer tensor."""
        short, long = self.critic_steps + 1, self.long_steps + 1
        if not self.long_steps:
            return (step + 1) % short == 0
        opening = self.first * long
        done = step + 1 - opening
        if self.every:
            # a period is a long round and every - 1 short ones; the opening stands in for the beginning of one
            begun = self.first % self.every
            skipped = long + (begun - 1) * short if begun else 0
            done = (done + skipped - 1) % (long + (self.every - 1) * short) + 1
            later = (done >= long) & ((done - long) % short == 0)
        else:
            later = done % short == 0
        return ((step < opening) & ((step + 1) % long == 0)) | ((step >= opening) & later)

    def count(self, player: str, steps: int) -> int:
        """How many of the first `steps` steps are the player's: those that a schedule of its learning rate goes over."""
        generators = int(np.count_nonzero(self.is_generators(np.arange(steps))))
        return generators if player == "generator" else steps - generators


class InTurn(keras.optimizers.Optimizer):
    """What makes an optimizer one of a player that moves in turn; stands before a Keras optimizer among the bases.

    turns, player: when it moves. The number of all steps is a variable (`steps`); `iterations`, and with it bias correction,
    schedules of learning rates and moving averages, counts the steps in which it moved. Constraints of weights hold after
    every step. Raises ValueError for what Keras writes past `assign`: weight decay, overwriting with averages, accumulation.

    Masks and no `cond`: an optimizer that is called conditionally can neither add up the gradients of replicas nor have
    state on JAX. `where` and no product, so that what is not a number is not written either.
    """

    def __init__(self, *arguments: Any, turns: Turns, player: Literal["critic", "generator"], **options: Any) -> None:
        super().__init__(*arguments, **options)
        if player not in ("critic", "generator"):
            raise ValueError(f"expected critic or generator as the player, not {player}")
        for name in ("weight_decay", "ema_overwrite_frequency", "gradient_accumulation_steps"):
            if getattr(self, name):
                raise ValueError(f"an optimizer in turn knows no {name}, which is {getattr(self, name)}")
        self.turns, self.player = turns, player
        self.steps = self.add_variable((), dtype="int", aggregation="only_first_replica", name="steps")

    def moves(self) -> Any:
        """Whether the step that now is is this player's: a scalar boolean tensor."""
        generators = self.turns.is_generators(ops.convert_to_tensor(self.steps))
        return generators if self.player == "generator" else ops.logical_not(generators)

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        # copies, since TensorFlow takes a variable for a tensor: it would move on
        moves, moved = self.moves(), ops.copy(self.iterations)
        averages = moving_averages(self)
        before = [ops.copy(average) for average in averages]
        super().apply(grads, trainable_variables)
        # until it first moves, an average is the weights that it starts from
        taken = ops.logical_or(moves, moved == 0)
        for average, value in zip(averages, before, strict=True):
            average.assign(ops.where(taken, average, value))
        self.iterations.assign(moved + ops.cast(moves, moved.dtype))
        self.steps.assign_add(1)

    def assign(self, variable: Any, value: Any) -> None:
        super().assign(variable, ops.where(self.moves(), value, variable))

    def assign_add(self, variable: Any, value: Any) -> None:
        super().assign_add(variable, ops.where(self.moves(), value, 0.0))

    def assign_sub(self, variable: Any, value: Any) -> None:
        super().assign_sub(variable, ops.where(self.moves(), value, 0.0))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "turns": asdict(self.turns), "player": self.player}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> InTurn:
        return super().from_config({**config, "turns": Turns(**config["turns"])}, custom_objects)


@keras.saving.register_keras_serializable("training")
class TurnAdam(InTurn, keras.optimizers.Adam):
    """`keras.optimizers.Adam` of a player that moves in turn."""


@keras.saving.register_keras_serializable("training")
class TurnRMSprop(InTurn, keras.optimizers.RMSprop):
    """`keras.optimizers.RMSprop` of a player that moves in turn."""
