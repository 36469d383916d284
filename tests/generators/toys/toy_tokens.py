"""A toy that predicts event tokens by one layer of causal attention, with a cache of keys and values.

It shows what a new model of sequences takes: this file with its representation, and one line in `MODELS`. Its steps have
no fixed length: a token begins a note, ends one, or moves time on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from generators.layers.categorical import drawn, nll_of
from generators.sequences.representation import Representation
from generators.sequences.samplers import RecurrentSampler
from midi.codecs import codec_named
from midi.columns import columns_of
from midi.notes import Piece, make_piece, note_table
from training.errors import InputError
from training.family import Context
from training.fitting.measuring import Measuring
from training.options import Count, Index, Positive

MONITOR = "val_loss"
"""The epoch with the smallest loss on the validation part is kept."""
LOW, PITCHES, SHIFTS = 21, 88, 16
ON, OFF, SHIFT = 1, 1 + PITCHES, 1 + 2 * PITCHES
"""First tokens of their kind; 0 is the one before a piece."""
TICKS = 120
"""Of a sixteenth."""


class Events:
    """A `Representation` of one field: notes begin and end, and time moves on by 1 to SHIFTS sixteenths."""

    kind, dtype, width, steps_per_bar, codec = "midi events", "int16", 1, None, None
    roll_bar, roll_top = 16, "high"
    vocabulary = (SHIFT + SHIFTS,)
    predicted, end = 1, None
    pad = SHIFT + SHIFTS
    rest = np.zeros(1, np.int16)

    def encode(self, piece: Piece) -> tuple[np.ndarray, Mapping[str, float]]:
        """Notes in sixteenths, within LOW and 88 pitches, without velocities."""
        notes = piece.notes[(piece.notes["pitch"] >= LOW) & (piece.notes["pitch"] < LOW + PITCHES)]
        if not len(notes):
            raise InputError("it holds no notes of a piano")
        start, end = (np.rint(4 * piece.quarters(notes[name])).astype(int) for name in ("start", "end"))
        key, first = np.unique(np.stack([notes["pitch"].astype(int) - LOW, start]), axis=1, return_index=True)
        (key, start), end = key, np.maximum(end[first], start[first] + 1)
        same = key[1:] == key[:-1]  # a note ends where the next of its pitch begins
        end[:-1] = np.where(same, np.minimum(end[:-1], start[1:]), end[:-1])
        events = sorted([*zip(end, OFF + key, strict=True), *zip(start, ON + key, strict=True)], key=_in_time)
        tokens, now = [], 0
        for time, token in events:
            while time > now:
                by = min(time - now, SHIFTS)
                tokens.append(SHIFT + by - 1)
                now += by
            tokens.append(token)
        return np.array(tokens, np.int16)[:, None], {"notes": len(piece), "kept": len(key)}

    def decode(self, steps: np.ndarray, tempo: int | None = None) -> Piece:
        """Ends of notes that did not begin are passed over; notes that do not end last to the end."""
        begun, found, now = {}, [], 0
        for token in steps[:, 0].tolist():
            kind, key = (token - ON) // PITCHES, (token - ON) % PITCHES
            if token >= SHIFT:
                now += token - SHIFT + 1
            elif token and key in begun:
                found.append((begun.pop(key), now, key))
            if token and kind == 0:
                begun[key] = now
        found += [(start, now, key) for key, start in begun.items()]
        start, end, key = np.array([note for note in found if note[1] > note[0]], int).reshape(-1, 3).T
        notes = note_table(len(start), start=start * TICKS, end=end * TICKS, pitch=key + LOW)
        return make_piece(notes, 4 * TICKS, tempo or 500_000)

    def images(self, steps: np.ndarray) -> None:
        """It has none."""

    def roll(self, steps: np.ndarray) -> np.ndarray:
        """Columns of beats88."""
        piece, codec = self.decode(steps), codec_named("beats88")
        return columns_of(piece, codec)[0] if len(piece) else np.zeros((1, PITCHES), np.uint8)

    def to_model(self, steps: np.ndarray, real: bool = False) -> np.ndarray:
        """As they are."""
        return steps

    def from_model(self, steps: np.ndarray) -> np.ndarray:
        """As they are."""
        return steps.astype(np.int16)

    def transposed(self, steps: np.ndarray, semitones: int) -> np.ndarray | None:
        """Tokens of notes moved; times stay."""
        note = (steps >= ON) & (steps < SHIFT)
        key = (steps - ON) % PITCHES + semitones
        if ((key < 0) | (key >= PITCHES))[note].any():
            return None
        return np.where(note, steps + semitones, steps).astype(np.int16)

    def bars(self, steps: np.ndarray) -> np.ndarray:
        """In sixteenths of them, a beginning being one."""
        tokens = steps[:, 0].astype(int)
        times = np.cumsum(np.where((tokens >= SHIFT) & (tokens < self.pad), tokens - SHIFT + 1, 0))
        return np.maximum.accumulate(times + ((tokens >= ON) & (tokens < OFF))) / 16

    def duration(self, steps: np.ndarray) -> float:
        """All that time moves on."""
        shifts = steps[(steps >= SHIFT) & (steps < self.pad)]
        return float((shifts - SHIFT + 1).sum()) / 4

    def notes(self, steps: np.ndarray) -> int:
        """Beginnings."""
        return int(((steps >= ON) & (steps < OFF)).sum())

    def note_limit(self, bars: float) -> None:
        """There is none."""

    def facts(self) -> dict[str, Any]:
        """Its name."""
        return {"representation": "toy events"}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> Events:
        """There is but one."""
        return cls()

    def serves(self, facts: Mapping[str, Any]) -> bool:
        """Its own."""
        return facts == self.facts()


def _in_time(event: tuple[int, int]) -> tuple[int, bool, int]:
    return event[0], event[1] < OFF, event[1]  # a note ends before the next begins


@dataclass(frozen=True)
class Config:
    """The toy; `window` tokens are also what its cache holds."""

    window: Count = 64
    """Tokens that the model reads in training, and looks back on."""
    transpose: Index = 2
    """Training windows are moved up or down by up to this many semitones."""
    heads: Count = 2
    """Of attention."""
    units: Count = 4
    """Of a head."""
    learning_rate: Positive = 1e-2
    """Adam's step."""
    batch_size: Count = 8
    """Windows in a step."""
    steps: Index = 4
    """Steps of an epoch."""
    epochs: Count = 2
    """Epochs at most."""


PRESETS = {"paper": Config(), "quick": Config(window=16)}


@keras.saving.register_keras_serializable("generators")
class ToyTokens(Measuring):
    """Windows (batch, tokens, 1) -> logits of the token after each but the last; adds their nll as loss."""

    def __init__(self, config: dict[str, Any], **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": "float32"})
        self.config = Config(**config)
        size = self.config.heads * self.config.units
        self.embed = layers.Embedding(Events.pad + 1, size, name="embed")
        self.parts = [layers.Dense(size, name=name) for name in ("query", "key", "value")]
        self.out = layers.Dense(Events.pad, name="out")
        self.nll = keras.metrics.Mean("nll")

    def build(self, shape: Any = None) -> None:
        size = self.config.heads * self.config.units
        for layer in (self.embed, *self.parts, self.out):
            layer.build((None, None, size))
        self.built = True

    def call(self, windows: Any, training: bool = False) -> Any:
        tokens = ops.cast(windows[..., 0], "int32")
        logits = self.predict_all(tokens[:, :-1])
        nll, there = nll_of(logits[:, :, None], tokens[:, 1:, None]), ops.cast(tokens[:, 1:] != Events.pad, "float32")
        self.add_loss(ops.mean(nll * there))
        self.measure(self.nll, nll, there)
        return logits

    def predict_all(self, tokens: Any) -> Any:
        """tokens (batch, time) -> logits of the next after each (batch, time, vocabulary)."""
        x = self.embed(tokens)
        age = ops.arange(tokens.shape[1])[:, None] - ops.arange(tokens.shape[1])
        return self.attend(x, *self.split(x), age)

    def split(self, x: Any) -> list[Any]:
        """Queries, keys and values (..., heads, units) of x (..., size)."""
        shape = (*ops.shape(x)[:-1], self.config.heads, self.config.units)
        return [ops.reshape(part(x), shape) for part in self.parts]

    def attend(self, x: Any, query: Any, key: Any, value: Any, age: Any) -> Any:
        """Logits (batch, time, vocabulary); age (..., time, keys): how many tokens ago a key is, below 0: not there."""
        score = ops.einsum("bqhu,bkhu->bhqk", query, key) - 0.1 * ops.cast(age, "float32")
        there = ops.logical_and(age >= 0, age < self.config.window)
        weight = ops.softmax(ops.where(there, score, -1e9))
        found = ops.einsum("bhqk,bkhu->bqhu", weight, value)
        return self.out(x + ops.reshape(found, ops.shape(x)))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"config": asdict(self.config)}


class CachedStep(layers.Layer):
    """One token by the cache of those before it: (token, place, keys, values) -> (logits, and the three after it)."""

    def __init__(self, model: ToyTokens, **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": "float32"})
        self.model = model

    def call(self, token: Any, place: Any, keys: Any, values: Any) -> tuple[Any, Any, Any, Any]:
        model, size = self.model, self.model.config.window
        x = model.embed(token)
        query, key, value = model.split(x)
        here = ops.reshape(ops.equal(ops.arange(size), place % size), (-1, size, 1, 1))
        keys, values = ops.where(here, key, keys), ops.where(here, value, values)
        age = (place - ops.arange(size)) % size
        age = ops.where(age > place, -1, age)[:, None, None]
        return model.attend(x, query, keys, values, age)[:, 0], place + 1, keys, values


class Draw(layers.Layer):
    """Logits -> a token (batch, 1)."""

    def call(self, logits: Any, uniform: Any, temperature: Any, top_p: Any) -> Any:
        return drawn(logits[:, None], uniform, temperature, top_p)


def representation_of(config: Config) -> Events:
    """What the model reads and generates."""
    return Events()


def build(config: Config, context: Context) -> ToyTokens:
    """The compiled and built model."""
    model = ToyTokens(asdict(config), name="toy_tokens")
    model.build()
    model.compile(keras.optimizers.Adam(config.learning_rate))
    return model


def length(config: Config) -> int:
    """Tokens of a training window."""
    return config.window + 1


def before(config: Config) -> int:
    """Tokens of rest before a piece that a window may begin with."""
    return 1


def exported(model: ToyTokens) -> keras.Model:
    """One step: token, draws, place, keys and values (batch, window, heads, units) -> the next token, the three after."""
    config = model.config
    token, place = (keras.Input((1,), dtype="int32", name=name) for name in ("token", "place"))
    draws = [keras.Input((1,), name=name) for name in ("uniform", "temperature", "top_p")]
    cache = [keras.Input((config.window, config.heads, config.units), name=name) for name in ("keys", "values")]
    logits, *states = CachedStep(model, name="cached")(token, place, *cache)
    return keras.Model([token, *draws, place, *cache], [Draw(name="draw")(logits, *draws), *states], name="step")


def sampler(model: ToyTokens, representation: Representation, count: int, max_note_bars: float = 0.0) -> RecurrentSampler:
    """`count` pieces for the model to go on with."""
    return RecurrentSampler(exported(model), representation, count, max_note_bars)


def nll(model: ToyTokens) -> Callable[..., Any]:
    """What judges pieces; the states are the tokens that the next are still judged by."""

    def judge(steps: Any, states: Any = None) -> tuple[Any, Any]:
        context = steps[:, :-1, 0]
        known = context if states is None else ops.concatenate([states, context], axis=1)
        logits = model.predict_all(known)[:, -context.shape[1] :]
        return nll_of(logits[:, :, None], steps[:, 1:]), known[:, -model.config.window :]

    return judge
