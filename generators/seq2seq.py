"""Sequence to sequence LSTM: reads a window of columns and predicts the next ten, twenty or hundred at once.

`paper`: "Music generation using Deep Learning": an LSTM of 128 units reads 100 columns of 88 pitches, another begins with
its states, is fed nothing but zeros and goes through a dense layer of 128 to a sigmoid a pitch (250,072 parameters). As
required rather than as published: the loss is taken cell by cell with a finite root (4 where the code has 10,000, which
makes a note's onset and the rest of it the same target), and windows are drawn from anywhere in any piece.

The authors' wishes are options: probabilities of rest, onset and sustain (`--head independent` or `autoregressive`), an
encoder that reads the window in both directions, attention, and a decoder that is fed the column before the one it predicts
(`--feed previous`).
`ours` has all of them; lstm's `ours` is the better model of one column after the other.

    python -m generators.train seq2seq --data FOLDER --preset paper --horizon 20
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
from generators.sequences.samplers import WindowSampler
from midi.columns import PAD
from training.family import Context
from training.fitting.measuring import Measuring
from training.options import Amount, Count, Index

MONITOR = "val_loss"
"""The epoch with the smallest loss on the validation part is kept."""


@dataclass(frozen=True)
class Config(ColumnConfig):
    """Sequence to sequence; the defaults are the paper's."""

    alpha: Amount = 1.2
    """regression, asymmetric: weight of cells with a note."""
    beta: Amount = 1.0
    """regression, asymmetric: weight of cells at rest."""
    horizon: Count = 10
    """Columns that are predicted at once."""
    units: Count = 128
    """Units of the encoder; of the decoder as many, or twice as many where the encoder is bidirectional."""
    dense: Count = 128
    """Units of the layer between decoder and head."""
    feed: Literal["zeros", "previous"] = "zeros"
    """What the decoder is fed: nothing, as published, or the column before the one it predicts."""
    bidirectional: bool = False
    """The encoder reads the window forwards and backwards."""
    attention: bool = False
    """The decoder looks back at each column of the window (dot products, arXiv 1508.04025)."""
    batch_size: Count = 256
    """Windows in a step, over all devices."""
    steps: Index = 5_000
    """Steps of an epoch; 0: as many as show every window once."""
    epochs: Count = 30
    """Epochs at most."""


PRESETS = {
    "paper": Config(),
    "ours": Config(
        codec="beats88", window=96, transpose=5, head="autoregressive", horizon=32, feed="previous", bidirectional=True,
        attention=True, dropout=0.3, learning_rate=2e-3, cosine=True, clip_norm=1.0, batch_size=32, steps=100, epochs=20,
    ),
    "quick": Config(
        codec="beats88", window=20, transpose=2, head="autoregressive", hidden=3, horizon=5, units=6, dense=7,
        feed="previous", bidirectional=True, attention=True, dropout=0.1, learning_rate=2e-2, cosine=True, clip_norm=1.0,
        batch_size=8, steps=4, epochs=2,
    ),
}  # fmt: skip


@keras.saving.register_keras_serializable("generators")
class Seq2Seq(Measuring):
    """The networks and their head. Input: windows (batch, window + horizon, rows) uint8 of classes; output: the contexts.

    `config` is a `Config` as a dict. Metric of a predicted column: `nll` in nats, or `error`, the paper's loss.
    """

    def __init__(self, config: dict[str, Any], **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": "float32"})
        self.config = config = Config(**config)
        self.head = head_of(config)
        encoder = layers.LSTM(config.units, return_sequences=True, return_state=True, name="encoder")
        self.encoder = layers.Bidirectional(encoder, name="encoder") if config.bidirectional else encoder
        self.decoder = layers.LSTM(config.units * (1 + config.bidirectional), return_sequences=True, name="decoder")
        self.dense = layers.Dense(config.dense, activation="relu", name="dense")
        self.drop = layers.Dropout(config.dropout, name="dropout")
        self.measured = keras.metrics.Mean(self.head.measure)

    def build(self, shape: Any = None) -> None:
        self.features = features = self.head.inputs(ops.zeros((1, 1, self.head.rows), "int32")).shape[-1]
        self.encoder.build((None, None, features))
        self.decoder.build((None, None, features))
        self.dense.build((None, None, self.decoder.units * (1 + self.config.attention)))
        self.head.build((None, None, self.config.dense))
        self.built = True

    def call(self, windows: Any, training: bool = False) -> Any:
        windows = ops.cast(windows, "int32")
        contexts, following = self.contexts(windows, training), windows[:, self.config.window :]
        loss, there = self.head.loss(contexts, following), ops.cast(ops.not_equal(following[..., 0], PAD), "float32")
        self.add_loss(ops.mean(loss * there))
        self.measure(self.measured, loss, there)
        return contexts

    def contexts(self, windows: Any, training: bool = False) -> Any:
        """What the head is given of the columns behind the window, (batch, horizon, dense)."""
        columns = self.head.inputs(windows[:, :-1])
        outputs, states = self.encoded(columns[:, : self.config.window])
        fed = columns[:, self.config.window - 1 :]
        fed = fed if self.config.feed == "previous" else ops.zeros_like(fed)
        return self.attended(self.decoder(fed, initial_state=states), outputs, training)

    def encoded(self, x: Any) -> tuple[Any, list[Any]]:
        """Columns (batch, window, features) -> (outputs after each (batch, window, units), h and c)."""
        outputs, *states = self.encoder(x)
        if self.config.bidirectional:
            states = [ops.concatenate(both, axis=-1) for both in (states[::2], states[1::2])]
        return outputs, states

    def attended(self, x: Any, outputs: Any, training: bool = False) -> Any:
        """What the head is given, (batch, time, dense), for the decoder's outputs (batch, time, units)."""
        if self.config.attention:
            weights = ops.softmax(ops.einsum("btu,bwu->btw", x, outputs))
            x = ops.concatenate([x, ops.einsum("btw,bwu->btu", weights, outputs)], axis=-1)
        return self.drop(self.dense(self.drop(x, training=training)), training=training)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"config": asdict(self.config)}


class Horizon(layers.Layer):
    """The columns that a model predicts after a window, all of them: without feeding at once, else one after the other."""

    def __init__(self, model: Seq2Seq, **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": "float32"})
        self.model = model

    def call(self, window: Any, *draws: Any) -> Any:
        columns = self.model.head.inputs(window) if draws else window
        outputs, states = self.model.encoded(columns)
        draw = self._one_by_one if self.model.config.feed == "previous" else self._together
        return draw(window[:, -1], outputs, states, *draws)

    def _together(self, newest: Any, outputs: Any, states: list[Any], uniform: Any = None, *decoding: Any) -> Any:
        model, horizon = self.model, self.model.config.horizon
        zeros = ops.zeros((ops.shape(newest)[0], horizon, self.model.features))
        contexts = model.attended(model.decoder(zeros, initial_state=states), outputs)
        draws = [] if uniform is None else [_flat(uniform), *(ops.repeat(value, horizon, axis=0) for value in decoding)]
        return ops.reshape(model.head(_flat(contexts), *draws), (-1, horizon, model.head.rows))

    def _one_by_one(self, newest: Any, outputs: Any, states: list[Any], uniform: Any = None, *decoding: Any) -> Any:
        model, horizon = self.model, self.model.config.horizon

        def step(place: Any, carried: list[Any]) -> list[Any]:
            newest, columns, *states = carried
            read = newest if uniform is None else model.head.inputs(newest)
            x, states = model.decoder.cell(read, states)
            context = model.attended(x[:, None], outputs)[:, 0]
            newest = model.head(context, *([] if uniform is None else [ops.take(uniform, place, axis=1), *decoding]))
            here = ops.reshape(ops.equal(ops.arange(horizon), place), (1, horizon, 1))
            return [newest, ops.where(here, newest[:, None], columns), *states]

        columns = ops.zeros_like(ops.repeat(newest[:, None], horizon, axis=1))
        return ops.fori_loop(0, horizon, step, [newest, columns, *states])[1]


def _flat(values: Any) -> Any:
    """(batch, time, size) -> (batch * time, size)."""
    return ops.reshape(values, (-1, values.shape[-1]))


def build(config: Config, context: Context) -> Seq2Seq:
    """The model, compiled and built."""
    model = Seq2Seq(asdict(config), name="seq2seq")
    model.build()
    model.compile(optimizer_of(config, context.steps))
    return model


def representation_of(config: Config) -> Columns:
    """What the model reads and generates."""
    return columns_of(config)


def length(config: Config) -> int:
    """Columns of a training window: the context and those that are predicted."""
    return config.window + config.horizon


def before(config: Config) -> int:
    """Columns of rest before a piece that a window may begin with: a whole context, so that beginnings are learned too."""
    return config.window


def exported(model: Seq2Seq) -> keras.Model:
    """The newest `window` columns, [uniform, temperature, top_p] -> the next `horizon` columns (batch, horizon, rows).

    Columns: values in [0, 1] of the head `regression`, else int32 states. uniform (batch, horizon, rows): in [0, 1).
    """
    config, rows = model.config, model.head.rows
    draws = [keras.Input((config.horizon, rows) if each.name == "uniform" else each.shape[1:], name=each.name)
             for each in draws_of(model.head)]  # fmt: skip
    window = keras.Input((config.window, rows), dtype="int32" if draws else "float32", name="window")
    return keras.Model([window, *draws], Horizon(model, name="horizon")(window, *draws), name="seq2seq")


def sampler(model: Seq2Seq, representation: Representation, count: int, max_note_bars: float = 0.0) -> WindowSampler:
    """`count` pieces for the model to go on with; max_note_bars: after which a note is ended, 0: none."""
    return WindowSampler(exported(model), representation, count, max_note_bars)


def nll(model: Seq2Seq) -> Callable[..., Any] | None:
    """What judges pieces, as `generators.sequences.likelihood` has it; None for a head without likelihood.

    As the model generates: `horizon` columns after the window before them, then the next; the states are that window.
    """
    window, horizon = model.config.window, model.config.horizon
    if model.config.head == "regression":
        return None

    def judge(steps: Any, states: Any = None) -> tuple[Any, Any]:
        count, rows = steps.shape[1] - 1, steps.shape[2]
        before = ops.zeros((len(steps), window - 1, rows), "int32") if states is None else states
        columns = ops.concatenate([before, steps], axis=1)
        padded = ops.pad(columns, ((0, 0), (0, -count % horizon), (0, 0)), constant_values=PAD)
        windows = [padded[:, first : first + window + horizon] for first in range(0, count, horizon)]
        windows = ops.reshape(ops.stack(windows, axis=1), (-1, window + horizon, rows))
        nats = model.head.loss(model.contexts(windows), windows[:, window:])
        return ops.reshape(nats, (len(steps), -1))[:, :count], columns[:, count : count + window - 1]

    return judge
