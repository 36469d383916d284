"""LSTM that predicts the next column of a piece.

`paper`: "Music generation using Deep Learning": 100 columns of 88 pitches, an LSTM of 128 units, its last state to a sigmoid
a pitch (122,456 parameters), a loss that weighs notes and rests. As required rather than as published: columns are
columns (the published windows are reshaped, not transposed, so that time and pitch mix), the loss is taken cell by cell as
printed with a finite root, windows are drawn from anywhere in any piece instead of being consecutive, and the mean of the
whole window's squared values is not a term.

`ours` predicts rest, onset or sustain of every pitch, one after the other (`--head autoregressive`), at every column of the
window.

    python -m generators.train lstm --data FOLDER

20 epochs of 200 steps took half an hour for Nottingham (2 cores, shared): 1.008 nats a column on the test part.
Continuations of 20 test tunes lie where real ones do in longest note, density, range, onsets and groove; they repeat
themselves less. On the published frames (docs/results.md): JSB chorales 5.665 nats, Nottingham 2.332; a published LSTM 8.45
and 3.29. `paper` holds its last column for ever.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Literal

import keras
from keras import layers, ops

from generators.layers.column_heads import draws_of, head_of
from generators.layers.columns import ColumnConfig, columns_of, optimizer_of
from generators.sequences.columns import Columns
from generators.sequences.representation import Representation
from generators.sequences.samplers import RecurrentSampler
from midi.columns import PAD
from training.family import Context
from training.fitting.measuring import Measuring
from training.options import Count

MONITOR = "val_loss"
"""The epoch with the smallest loss on the validation part is kept."""


@dataclass(frozen=True)
class Config(ColumnConfig):
    """LSTM; the defaults are the paper's."""

    units: tuple[Count, ...] = (128,)
    """Units of each LSTM, one above the other."""
    predict: Literal["last", "every"] = "last"
    """Only the column after the window is learned from, as published, or that after each of its columns."""
    skip: bool = False
    """A skip connection: the head is also given the newest column as it is."""


PRESETS = {
    "paper": Config(),
    "ours": Config(
        codec="beats88", window=128, transpose=5, head="autoregressive", units=(256,), predict="every", skip=True,
        dropout=0.3, learning_rate=2e-3, cosine=True, clip_norm=1.0, batch_size=16, steps=200, epochs=20,
    ),
    "quick": Config(
        codec="beats88", window=24, transpose=2, head="autoregressive", hidden=3, units=(8, 7), predict="every", skip=True,
        dropout=0.1, learning_rate=2e-2, cosine=True, clip_norm=1.0, batch_size=8, steps=4, epochs=2,
    ),
}  # fmt: skip


@keras.saving.register_keras_serializable("generators")
class Lstm(Measuring):
    """The network and its head. Input: windows (batch, columns, rows) uint8 of classes; output: the head's context.

    `config` is a `Config` as a dict. Metric of a predicted column: `nll` in nats, or `error`, the paper's loss.
    """

    def __init__(self, config: dict[str, Any], **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": "float32"})
        self.config = config = Config(**config)
        self.head = head_of(config)
        self.stack = [
            layers.LSTM(units, return_sequences=True, return_state=True, name=f"lstm_{n}")
            for n, units in enumerate(config.units)
        ]
        for number, layer in enumerate(self.stack):
            layer.cell.name = f"cell_{number}"  # Keras names all alike, and one step holds all of them
        self.drop = layers.Dropout(config.dropout, name="dropout")
        self.measured = keras.metrics.Mean(self.head.measure)

    def build(self, shape: Any = None) -> None:
        features = self.head.inputs(ops.zeros((1, 1, self.head.rows), "int32")).shape[-1]
        below = features
        for layer in self.stack:
            layer.build((None, None, below))
            below = layer.units
        self.head.build((None, None, below + features * self.config.skip))
        self.built = True

    def call(self, windows: Any, training: bool = False) -> Any:
        windows = ops.cast(windows, "int32")
        context, following = windows[:, :-1], windows[:, 1:]
        context, _ = self.context(self.head.inputs(context), training=training)
        if self.config.predict == "last":
            context, following = context[:, -1:], following[:, -1:]
        loss, there = self.head.loss(context, following), ops.cast(ops.not_equal(following[..., 0], PAD), "float32")
        self.add_loss(ops.mean(loss * there))
        self.measure(self.measured, loss, there)
        return context

    def context(self, x: Any, states: Any = None, training: bool = False) -> tuple[Any, list[Any]]:
        """What the head is given after each column (batch, time, features), and h and c of each LSTM after the last.

        x: what the head's `inputs` gives (batch, time, features). states: those before it, by default at rest.
        """
        newest, after = x, []
        for number, layer in enumerate(self.stack):
            before = None if states is None else states[2 * number : 2 * number + 2]
            x, *left = layer(x, initial_state=before)
            x, after = self.drop(x, training=training), after + left
        return (ops.concatenate([x, newest], axis=-1) if self.config.skip else x), after

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"config": asdict(self.config)}


def build(config: Config, context: Context) -> Lstm:
    """The model, compiled and built."""
    model = Lstm(asdict(config), name="lstm")
    model.build()
    model.compile(optimizer_of(config, context.steps))
    return model


def representation_of(config: Config) -> Columns:
    """What the model reads and generates."""
    return columns_of(config)


def length(config: Config) -> int:
    """Columns of a training window: the context and the one after it."""
    return config.window + 1


def before(config: Config) -> int:
    """Columns of rest before a piece that a window may begin with."""
    return 1


def exported(model: Lstm) -> keras.Model:
    """One step: the newest column, [uniform, temperature, top_p,] h and c of each LSTM -> the next column, h and c of each.

    Columns (batch, rows): values in [0, 1] of the head `regression`, else int32 states. uniform (batch, rows): in [0, 1).
    """
    head, draws = model.head, draws_of(model.head)
    column = keras.Input((head.rows,), dtype="int32" if draws else "float32", name="column")
    states = [keras.Input((layer.units,), name=f"{kind}_{n}") for n, layer in enumerate(model.stack) for kind in ("h", "c")]
    x = newest = head.inputs(column) if draws else column
    after = []
    for number, layer in enumerate(model.stack):
        x, state = layer.cell(x, states[2 * number : 2 * number + 2])
        after += [ops.cast(each, "float32") for each in state]
    x = layers.Concatenate()([x, newest]) if model.config.skip else x
    return keras.Model([column, *draws, *states], [head(x, *draws), *after], name="step")


def sampler(model: Lstm, representation: Representation, count: int, max_note_bars: float = 0.0) -> RecurrentSampler:
    """`count` pieces for the model to go on with; max_note_bars: after which a note is ended, 0: none."""
    return RecurrentSampler(exported(model), representation, count, max_note_bars)


def nll(model: Lstm) -> Callable[..., Any] | None:
    """What judges pieces, as `generators.sequences.likelihood` has it; None for a head without likelihood."""
    if model.config.head == "regression":
        return None

    def judge(steps: Any, states: Any = None) -> tuple[Any, Any]:
        context, states = model.context(model.head.inputs(steps[:, :-1]), states)
        return model.head.loss(context, steps[:, 1:]), states

    return judge
