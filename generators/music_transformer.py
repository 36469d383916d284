"""Music Transformer: attention over the steps of a piece, which predicts the next one; with a cache, a step at a time.

`paper`: the network that "Image-Based Music Generation using Invertible MIDI-to-Image Conversions" compares with: six
blocks of relative attention (arXiv 1809.04281) over 2,048 of the 391 event tokens (2,967,687 parameters). As required
rather than as published: the rate rises for 4,000 steps and falls with the root of the step, as the code's default has it;
the paper's training at a constant rate never learned, and is

    python -m generators.train music_transformer --preset paper --warm-up 0 --decay none --learning-rate 1e-3

Velocities are told where they change, windows begin anywhere in any piece. Beyond 2,048 tokens the cache slides on.

`ours` reads notes instead of events, one step a note, and predicts gap, pitch and duration in turn; attention is turned by
musical time (arXiv 2104.09864), so that it knows how many columns ago a note began.

    python -m generators.train music_transformer --data FOLDER
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal, cast

import keras
from keras import layers, ops

from generators.layers.step_heads import head_of
from generators.layers.transformer import Transformer
from generators.sequences.events import Events
from generators.sequences.notes import Notes
from generators.sequences.representation import Representation
from generators.sequences.samplers import RecurrentSampler
from midi.codecs import codec_named
from midi.codecs.strip import StripCodec
from training.errors import InputError
from training.family import Context
from training.fitting.measuring import Measuring
from training.options import Amount, Count, Dropout, Index, Positive, Range

MONITOR = "val_loss"
"""The epoch with the smallest loss on the validation part is kept."""
LAST_RATE = 0.01
"""Of a cosine, the last step's as a part of the largest."""


@dataclass(frozen=True)
class Config:
    """Transformer; the defaults are the paper's."""

    representation: Literal["events", "notes"] = "events"
    """Steps: event tokens of time, velocity, beginnings and ends of notes; or whole notes."""
    unit: Literal["second", "quarter"] = "second"
    """events: time in hundredths of a second, as published, or in twelfths of a quarter."""
    codec: str = "beats88"
    """notes: codec by name on whose columns they begin and end; any in quarters with one cell a pitch."""
    window: Count = 2_048
    """Steps that the model reads in training, and looks back on; it begins anywhere in a piece."""
    transpose: Index = 0
    """Training windows are moved up or down by up to this many semitones."""
    attention: Literal["relative", "rotary"] = "relative"
    """How distances count: learned numbers of steps, with post-norm; or turned by musical time, with pre-norm."""
    blocks: Count = 6
    """Of attention and two dense layers."""
    heads: Count = 4
    """Of attention."""
    width: Annotated[int, Range(2)] = 256
    """Of what is known of a step: a multiple of twice the heads."""
    hidden: Count = 128
    """Units between the two dense layers of a block."""
    tied: bool = False
    """events: logits by the vectors that events are read as; notes always have that."""
    dropout: Dropout = 0.2
    """Fraction of each layer's outputs dropped in training."""
    learning_rate: Positive = 9.882e-4
    """Adam's step, at its largest; by default (256 * 4,000) ** -0.5, as published."""
    warm_up: Index = 4_000
    """Optimizer steps in which it rises from 0."""
    decay: Literal["root", "cosine", "none"] = "root"
    """How it falls then: with the root of the step, along a cosine to a hundredth at the last step, or not at all."""
    weight_decay: Amount = 0.0
    """Part of each weight that a step takes away, times its length (arXiv 1711.05101)."""
    clip_norm: Amount = 0.0
    """Longest gradient of a weight; longer ones are shortened to it. 0: as they are."""
    batch_size: Count = 2
    """Windows in a step, over all devices."""
    steps: Index = 78
    """Steps of an epoch; 0: as many as show every window once."""
    epochs: Count = 150
    """Epochs at most."""


PRESETS = {
    "paper": Config(),
    "ours": Config(
        representation="notes", window=256, transpose=5, attention="rotary", blocks=4, width=128, hidden=256, dropout=0.1,
        learning_rate=2e-3, warm_up=100, decay="cosine", weight_decay=0.01, clip_norm=1.0, batch_size=8, steps=100,
        epochs=20,
    ),
    "quick": Config(
        representation="notes", window=24, transpose=2, attention="rotary", blocks=2, heads=2, width=12, hidden=10,
        dropout=0.1, learning_rate=2e-2, warm_up=2, decay="cosine", weight_decay=0.001, clip_norm=1.0, batch_size=8, steps=4,
        epochs=2,
    ),
}  # fmt: skip


@keras.saving.register_keras_serializable("generators")
class MusicTransformer(Measuring):
    """The network and its head. Input: windows (batch, steps, fields) of whole numbers; output: what the head is given.

    `config` is a `Config` as a dict. Metric: `nll` of a step in nats.
    """

    def __init__(self, config: dict[str, Any], **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": "float32"})
        self.config = config = Config(**config)
        sizes = config.blocks, config.heads, config.width, config.hidden, config.dropout
        self.head = head_of(representation_of(config), config.width, config.tied)
        self.network = Transformer(config.window, config.attention, *sizes, name="network")
        self.nll = keras.metrics.Mean("nll")

    def build(self, shape: Any = None) -> None:
        self.head.build()
        self.network.build()
        self.built = True

    def call(self, windows: Any, training: bool = False) -> Any:
        windows = ops.cast(windows, "int32")
        before, steps = windows[:, :-1], windows[:, 1:]
        context, _ = self.network(self.head.inputs(before), self.head.moves(before), training=training)
        loss = self.head.loss(context, before, steps)
        there = ops.cast(ops.not_equal(steps[..., 0], representation_of(self.config).pad), "float32")
        self.add_loss(ops.mean(loss * there))
        self.measure(self.nll, loss, there)
        return context

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"config": asdict(self.config)}


@keras.saving.register_keras_serializable("generators")
class Rate(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that rises evenly for `warm_up` steps to `largest`, and falls then until step `steps`."""

    def __init__(self, largest: float, warm_up: int, decay: str, steps: int) -> None:
        self.largest, self.warm_up, self.decay, self.steps = largest, warm_up, decay, steps

    def __call__(self, step: Any) -> Any:
        step = ops.cast(step, "float32") + 1
        rate = ops.minimum(1.0, step / max(self.warm_up, 1))
        if self.decay == "root":
            rate = ops.minimum(rate, ops.sqrt(max(self.warm_up, 1) / step))
        elif self.decay == "cosine":
            done = ops.clip((step - self.warm_up) / max(self.steps - self.warm_up, 1), 0.0, 1.0)
            rate = rate * (LAST_RATE + (1 - LAST_RATE) * (1 + ops.cos(done * 3.14159265)) / 2)
        return self.largest * rate

    def get_config(self) -> dict[str, Any]:
        return {"largest": self.largest, "warm_up": self.warm_up, "decay": self.decay, "steps": self.steps}


def build(config: Config, context: Context) -> MusicTransformer:
    """The model, compiled and built. InputError: a width that heads cannot share."""
    if config.width % (2 * config.heads):
        raise InputError(f"--width must be a multiple of twice the heads, {2 * config.heads}; received {config.width}")
    model = MusicTransformer(asdict(config), name="music_transformer")
    model.build()
    rate = Rate(config.learning_rate, config.warm_up, config.decay, context.steps)
    # beta_2 and epsilon as published
    model.compile(
        keras.optimizers.AdamW(rate, config.weight_decay, beta_2=0.98, epsilon=1e-9, clipnorm=config.clip_norm or None)
    )
    return model


def representation_of(config: Config) -> Events | Notes:
    """What the model reads and generates. InputError: a codec without columns in quarters."""
    if config.representation == "events":
        return Events(config.unit)
    return Notes(cast(StripCodec, codec_named(config.codec)))


def length(config: Config) -> int:
    """Steps of a training window: the context and the one after it."""
    return config.window + 1


def before(config: Config) -> int:
    """Steps of rest before a piece that a window may begin with."""
    return 1


class Cached(layers.Layer):
    """One step by the states of those before it: (step, *states) -> (what the head is given, *states)."""

    def __init__(self, model: MusicTransformer, **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": "float32"})
        self.model = model

    def call(self, step: Any, *states: Any) -> list[Any]:
        head, step = self.model.head, step[:, None]
        context, after = self.model.network(head.inputs(step), head.moves(step), list(states))
        return [context[:, 0], *after]


def exported(model: MusicTransformer, ends: bool = True) -> keras.Model:
    """One step: the newest, uniform, temperature, top_p, and the network's states -> the next step, the states after it.

    Steps (batch, fields) int32; uniform (batch, fields that are predicted): in [0, 1). ends: may a piece's end be drawn?
    """
    representation = representation_of(model.config)
    step = keras.Input((representation.width,), dtype="int32", name="step")
    sizes = {"uniform": representation.predicted, "temperature": 1, "top_p": 1}
    draws = [keras.Input((size,), name=name) for name, size in sizes.items()]
    states = model.network.states()
    context, *after = Cached(model, name="cached")(step, *states)
    return keras.Model([step, *draws, *states], [model.head(context, step, *draws, ends=ends), *after], name="step")


def sampler(
    model: MusicTransformer, representation: Representation, count: int, max_note_bars: float = 0.0, ends: bool = False
) -> RecurrentSampler:
    """`count` pieces for the model to go on with; max_note_bars: bars of a note at most, 0: any; ends: may pieces end?"""
    # each block looks back on a window; places of relative attention are counted from the beginning
    seen = model.config.blocks * model.config.window if model.config.attention == "rotary" else None

    def reading(steps: Any, states: list[Any]) -> list[Any]:
        return model.network(model.head.inputs(steps), model.head.moves(steps), states)[1]

    return RecurrentSampler(exported(model, ends), representation, count, max_note_bars, seen, reading)


def nll(model: MusicTransformer) -> Callable[..., Any]:
    """What judges pieces, as `generators.sequences.likelihood` has it."""

    def judge(steps: Any, states: Any = None) -> tuple[Any, Any]:
        head, before = model.head, steps[:, :-1]
        if states is None:
            states = [ops.zeros((len(steps), *each.shape[1:]), each.dtype) for each in model.network.states()]
        context, states = model.network(head.inputs(before), head.moves(before), states)
        return head.loss(context, before, steps[:, 1:]), states

    return judge
