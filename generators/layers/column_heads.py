"""What is predicted of the next column: layers that give the loss of a known one, and draw an unknown one.

`loss(context, columns)`: context (batch, time, units) and the true columns (batch, time, rows) int32 -> (batch, time).
`head(context, ...)`: context (batch, units) -> the next column (batch, rows), without a loop over time.
"""

from __future__ import annotations

from typing import Any

import keras
from keras import layers, ops

from generators.layers.categorical import drawn, nll_of
from generators.layers.columns import ColumnConfig, columns_of
from generators.layers.made import Made
from midi.codecs.codec import ONSET, SUSTAIN
from midi.columns import PAD


def head_of(config: ColumnConfig) -> RegressionHead | IndependentHead | AutoregressiveHead:
    """The head that a config asks for."""
    columns = columns_of(config)
    rows, states = columns.width, columns.states
    if config.head == "regression":
        weights = (config.alpha, config.beta) if config.loss == "asymmetric" else (1.0, 1.0)
        root = config.root if config.loss == "asymmetric" else 1.0
        return RegressionHead(rows, columns.values.tolist(), *weights, root, name="head")
    if config.head == "independent":
        return IndependentHead(rows, states, name="head")
    return AutoregressiveHead(rows, states, config.hidden, name="head")


def draws_of(head: layers.Layer) -> list[Any]:
    """Inputs of a step that draws its column: uniform (batch, rows), temperature (batch, 1) and top_p (batch, 1).

    None for `RegressionHead`, which draws nothing.
    """
    if isinstance(head, RegressionHead):
        return []
    sizes = {"uniform": head.rows, "temperature": 1, "top_p": 1}
    return [keras.Input((size,), name=name) for name, size in sizes.items()]


@keras.saving.register_keras_serializable("generators")
class RegressionHead(layers.Layer):
    """One value in [0, 1] a pitch, by a sigmoid, as published.

    The loss of a column is the mean of alpha (y - t)^2 t + beta (y - t)^2 (1 - t), t = value ** (1 / root), cell by cell as
    printed: its optimum is t, where the published code's (it takes the second term over all cells) lies below 1.
    """

    measure = "error"
    """What its loss is called."""

    def __init__(
        self, rows: int, values: list[float], alpha: float = 1.5, beta: float = 0.8, root: float = 4.0, **arguments: Any
    ) -> None:
        super().__init__(**arguments | {"dtype": "float32"})
        self.rows, self.values, self.alpha, self.beta, self.root = rows, list(values), alpha, beta, root
        self.output_layer = layers.Dense(rows, activation="sigmoid", dtype="float32", name="output")

    def build(self, shape: Any) -> None:
        self.output_layer.build(shape)
        self.built = True

    def inputs(self, columns: Any) -> Any:
        """Classes (..., rows) int32 -> what a network reads of them, (..., features): the codec's values."""
        values = [*self.values, *[0.0] * (PAD + 1 - len(self.values))]
        return ops.take(ops.convert_to_tensor(values, "float32"), columns)

    def loss(self, context: Any, columns: Any) -> Any:
        """The paper's loss of each column."""
        target = self.inputs(columns) ** (1 / self.root)
        squared = ops.square(self.output_layer(context) - target)
        return ops.mean(self.alpha * squared * target + self.beta * squared * (1 - target), axis=-1)

    def call(self, context: Any) -> Any:
        """The values of the next column, which are fed back as they are."""
        return self.output_layer(context)

    def get_config(self) -> dict[str, Any]:
        mine = {"rows": self.rows, "values": list(self.values), "alpha": self.alpha, "beta": self.beta, "root": self.root}
        return super().get_config() | mine


@keras.saving.register_keras_serializable("generators")
class IndependentHead(layers.Layer):
    """Probabilities of each pitch's states, every pitch by itself; the loss of a column is its nll in nats."""

    measure = "nll"

    def __init__(self, rows: int, states: int, **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": "float32"})
        self.rows, self.states = rows, states
        self.output_layer = layers.Dense(rows * states, dtype="float32", name="output")

    def build(self, shape: Any) -> None:
        self.output_layer.build(shape)
        self.built = True

    def inputs(self, columns: Any) -> Any:
        """Classes (..., rows) int32 -> a plane for each state but rest, (..., rows * (states - 1))."""
        return planes(columns, self.states)

    def loss(self, context: Any, columns: Any) -> Any:
        """Nats of each column."""
        return nll_of(self._logits(context), columns)

    def call(self, context: Any, uniform: Any, temperature: Any, top_p: Any) -> Any:
        """context (batch, units), uniform (batch, rows) in [0, 1), temperature and top_p (batch, 1) -> int32."""
        return drawn(self._logits(context), uniform, temperature, top_p)

    def _logits(self, context: Any) -> Any:
        return ops.reshape(self.output_layer(context), (*ops.shape(context)[:-1], self.rows, self.states))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rows": self.rows, "states": self.states}


@keras.saving.register_keras_serializable("generators")
class AutoregressiveHead(Made):
    """Probabilities of each pitch's states, given what those in the rows above do: chords are drawn whole.

    The loss of a column is its nll in nats.
    """

    measure = "nll"

    def __init__(self, rows: int, states: int, hidden: int, **arguments: Any) -> None:
        super().__init__(rows, states - 1, states, hidden, **arguments | {"dtype": "float32"})
        self.states = states

    def inputs(self, columns: Any) -> Any:
        """As `IndependentHead.inputs`."""
        return planes(columns, self.states)

    def loss(self, context: Any, columns: Any) -> Any:
        """Nats of each column."""
        return nll_of(self.numbers(context, by_row(columns, self.states)), columns)

    def call(self, context: Any, uniform: Any, temperature: Any, top_p: Any) -> Any:
        """As `IndependentHead.call`, row by row."""

        def choose(logits: Any, row: Any) -> tuple[Any, Any]:
            state = drawn(logits, ops.take(uniform, row, axis=1), temperature[:, 0], top_p[:, 0])
            return state, ops.one_hot(state, self.states)[:, 1:]

        return self.draw(context, choose, ops.cast(ops.zeros_like(uniform), "int32"))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rows": self.rows, "states": self.states, "hidden": self.hidden}


def by_row(columns: Any, states: int) -> Any:
    """Classes (..., rows) int32 -> ones and zeros (..., rows * (states - 1)), a row's states but rest side by side."""
    notes = ops.one_hot(columns, states)[..., 1:]
    return ops.reshape(notes, (*ops.shape(columns)[:-1], columns.shape[-1] * (states - 1)))


def planes(columns: Any, states: int) -> Any:
    """Classes (..., rows) int32 -> (..., rows * (states - 1)): one plane for each state but rest; PAD has none."""
    found = [ops.cast(ops.equal(columns, state), "float32") for state in (ONSET, SUSTAIN)[: states - 1]]
    return ops.concatenate(found, axis=-1)
