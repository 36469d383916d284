"""What is read and predicted of a step of notes or events: layers between whole numbers and the vectors of a network.

`head.inputs(steps)`: steps (batch, time, fields) int32 -> (batch, time, width). `head.moves(steps)`: -> (batch, time), by
how much each moves time. `head.loss(context, before, steps)`: context (batch, time, width) after the steps `before`, and the
true ones that follow them -> nats (batch, time). `head(context, before, ...)`: context (batch, width) -> the next step.
"""

from __future__ import annotations

from typing import Any, Literal

import keras
from keras import layers, ops

from generators.layers.categorical import NEVER, drawn, nll_of
from generators.layers.transformer import gelu
from generators.sequences.events import END, PAD, SHIFT, VELOCITY, Events
from generators.sequences.notes import DURATION, GAP, LONGEST_BARS, PITCH, PLACE, Notes
from midi.measures.continuation import BAR
from training.devices.strategy import variable_dtype


def head_of(representation: Events | Notes, width: int, tied: bool) -> EventHead | NoteHead:
    """What reads and predicts the steps of a representation."""
    if isinstance(representation, Events):
        return EventHead(width, tied, name="head")
    return NoteHead(representation.silence, representation.resolution, width, name="head")


@keras.saving.register_keras_serializable("generators")
class Logits(layers.Layer):
    """Vectors (..., width) -> logits (..., count), by a kernel of its own or by the vectors that the values are read as."""

    def __init__(self, count: int, tied: bool, **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": variable_dtype()})
        self.count, self.tied = count, tied

    def build(self, shape: Any) -> None:
        self.bias = self.add_weight(shape=(self.count,), initializer="zeros", name="bias")
        self.kernel = None if self.tied else self.add_weight(shape=(shape[-1], self.count), name="kernel")
        self.built = True

    def call(self, x: Any, table: Any = None) -> Any:
        kernel = self.kernel if table is None else ops.transpose(table)
        return ops.matmul(ops.cast(x, self.compute_dtype), kernel) + self.bias

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"count": self.count, "tied": self.tied}


@keras.saving.register_keras_serializable("generators")
class EventHead(layers.Layer):
    """One of the 391 events."""

    def __init__(self, width: int, tied: bool = False, **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": variable_dtype()})
        self.width, self.tied = width, tied
        self.events = layers.Embedding(END + 1, width, dtype=self.dtype_policy, name="events")
        self.output_layer = Logits(END + 1, tied, name="output")

    def build(self, shape: Any = None) -> None:
        self.events.build()
        self.output_layer.build((None, self.width))
        self.built = True

    def inputs(self, steps: Any) -> Any:
        """The vector of each event."""
        return self.events(steps[..., 0])

    def moves(self, steps: Any) -> Any:
        """In steps of time."""
        event = steps[..., 0]
        return ops.where(ops.logical_and(event >= SHIFT, event < VELOCITY), event - SHIFT + 1, 0)

    def loss(self, context: Any, before: Any, steps: Any) -> Any:
        """Nats of each event, of all 391."""
        return nll_of(self._logits(context)[..., None, :], steps)

    def call(self, context: Any, before: Any, uniform: Any, temperature: Any, top_p: Any, ends: bool = True) -> Any:
        """The next event (batch, 1), never PAD or START; ends: END may be drawn."""
        event = ops.arange(END + 1)
        never = ops.logical_and(event >= PAD, event < (END if ends else END + 1))
        return drawn(ops.where(never, NEVER, self._logits(context))[:, None], uniform, temperature, top_p)

    def _logits(self, context: Any) -> Any:
        return self.output_layer(context, self.events.embeddings if self.tied else None)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"width": self.width, "tied": self.tied}


@keras.saving.register_keras_serializable("generators")
class NoteHead(layers.Layer):
    """A note: its gap, then its pitch given that, then its duration given both, by the vectors that they are read as.

    What cannot be has no probability: within a column pitches rise, and notes alone have durations. Each note is read beside
    its place in a quarter, in a bar of 4/4 and in one of 3/4.
    """

    def __init__(self, rows: int, resolution: int, width: int, **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": variable_dtype()})
        self.rows, self.resolution, self.width = rows, resolution, width
        longest = LONGEST_BARS * BAR * resolution
        self.sizes = {GAP: longest + 1, PITCH: rows + 2, DURATION: longest + 2}
        self.cycles = (resolution, 3 * resolution, BAR * resolution)
        spread = keras.initializers.RandomNormal(0.05)
        names = {GAP: "gap", PITCH: "pitch", DURATION: "duration"}
        kind = {"dtype": self.dtype_policy}
        self.values = [layers.Embedding(self.sizes[field], width, spread, name=names[field], **kind) for field in names]
        self.places = [layers.Embedding(cycle, width, spread, name=f"place_{cycle}", **kind) for cycle in self.cycles]
        self.hidden = [layers.Dense(width, activation=gelu, name=f"{names[field]}_hidden", **kind) for field in names]
        self.outputs = [Logits(self.sizes[field], True, name=f"{names[field]}_output") for field in names]

    def build(self, shape: Any = None) -> None:
        for layer in (*self.values, *self.places):
            layer.build()
        for layer in (*self.hidden, *self.outputs):
            layer.build((None, self.width))
        self.built = True

    def inputs(self, steps: Any) -> Any:
        """The sum of the vectors of what a step tells."""
        return sum(self._read(field, steps[..., field]) for field in self.sizes) + self._placed(steps[..., PLACE])

    def moves(self, steps: Any) -> Any:
        """In columns."""
        return ops.minimum(steps[..., GAP], self.sizes[GAP] - 1)

    def loss(self, context: Any, before: Any, steps: Any) -> Any:
        """Nats of each step: the sum of its three fields."""
        gap, pitch, duration = (ops.minimum(steps[..., field], size - 1) for field, size in self.sizes.items())
        found = [
            (self._gaps(context), gap),
            (self._pitches(context, before, gap), pitch),
            (self._durations(context, before, gap, pitch), duration),
        ]
        return sum(nll_of(logits[..., None, :], field[..., None]) for logits, field in found)

    def call(self, context: Any, before: Any, uniform: Any, temperature: Any, top_p: Any, ends: bool = True) -> Any:
        """The next step (batch, 4) int32; uniform (batch, 3), temperature and top_p (batch, 1); ends: a piece may end."""

        def draw(logits: Any, field: Literal[0, 1, 2]) -> Any:
            return drawn(logits, uniform[:, field], temperature[:, 0], top_p[:, 0])

        gap = draw(self._gaps(context), GAP)
        pitches = self._pitches(context, before, gap)
        last = ops.equal(ops.arange(self.rows + 2), self.rows + 1)
        pitch = draw(pitches if ends else ops.where(last, NEVER, pitches), PITCH)
        duration = draw(self._durations(context, before, gap, pitch), DURATION)
        return ops.stack([gap, pitch, duration, self._place(before, gap)], axis=-1)

    def _gaps(self, context: Any) -> Any:
        return self._logits(GAP, context)

    def _pitches(self, context: Any, before: Any, gap: Any) -> Any:
        known = self._read(GAP, gap) + self._placed(self._place(before, gap))
        lowest = ops.where(before[..., PITCH] < self.rows, before[..., PITCH], -1)
        lowest = ops.where(ops.equal(gap, 0), lowest, -1)
        never = ops.arange(self.rows + 2) <= lowest[..., None]
        return ops.where(never, NEVER, self._logits(PITCH, context + known))

    def _durations(self, context: Any, before: Any, gap: Any, pitch: Any) -> Any:
        known = self._read(GAP, gap) + self._placed(self._place(before, gap)) + self._read(PITCH, pitch)
        none = ops.equal(ops.arange(self.sizes[DURATION]), 0)
        never = ops.equal(none, (pitch < self.rows)[..., None])
        return ops.where(never, NEVER, self._logits(DURATION, context + known))

    def _logits(self, field: int, x: Any) -> Any:
        return self.outputs[field](self.hidden[field](x), self.values[field].embeddings)

    def _read(self, field: int, values: Any) -> Any:
        return self.values[field](ops.minimum(values, self.sizes[field] - 1))

    def _place(self, before: Any, gap: Any) -> Any:
        return (before[..., PLACE] + gap) % (3 * BAR * self.resolution)

    def _placed(self, place: Any) -> Any:
        return sum(layer(place % cycle) for layer, cycle in zip(self.places, self.cycles, strict=True))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"rows": self.rows, "resolution": self.resolution, "width": self.width}
