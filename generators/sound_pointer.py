"""Pointer network on sound: the vocabulary is what was heard, and what is predicted is how far back to go on from.

Pointer networks (Vinyals, Fortunato, Jaitly, NeurIPS 2015) choose among places of their input. Here these are lags: for each
segment of the future one, and the recording goes on by copies of what stood so long before, samples and all
(`generators.sounds.splicing`). How much the last moments are like those a lag before (`layers.self_similarity`) goes through
convolutions over lags, and a softmax of these is the choice. It learns to choose what will have been right: the loss is the
expected cost of the copy, its log-spectral distance from what really followed in tens of dB, and 1 less the correlation of
their onset envelopes, since distance alone rewards blur. (Expected cost: Shen et al., "Minimum risk training for neural
machine translation", ACL 2016.)

    python -m generators.train sound_pointer --data FOLDER

Ours; there is no paper of it. docs/results.md tells how recordings, loops and composed music go on; a trained one ships.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from generators.layers.self_similarity import MEASURES, SelfSimilarity, correlation, distances, was_heard
from generators.sounds.data import check_clips, setting_of
from generators.sounds.pointer_sampler import Logits, PointerSampler
from spectro.layers import Spectrogram
from spectro.stft import SpectrogramSetting
from training.errors import InputError
from training.family import Context
from training.fitting.measuring import Measuring
from training.options import Amount, Count, Dropout, Index, Positive

MONITOR = "val_loss"
"""The epoch with the smallest one is kept."""
DECIBELS = 10.0
"""Log-spectral distance that costs as much as a rhythm that has nothing in common with the true one."""
NEVER = -1e9
"""Logit of a lag that cannot be."""
DILATIONS = (1, 2, 4)
"""Of the convolutions over lags, one after the other."""


@dataclass(frozen=True)
class Config:
    """Pointer network on sound."""

    setting: str = "lil_data"
    """Spectrogram setting by name (rate, window, hop)."""
    hop: Index = 525
    """Samples from one column to the next; 0: the setting's own."""
    seconds: Amount = 30.0
    """Length of a clip; 0: the setting's own."""
    heard: Positive = 15.0
    """Seconds that the model looks back; the longest lag."""
    shortest: Positive = 0.2
    """Seconds of the shortest lag."""
    segments: Count = 4
    """Stretches of the future with a lag of their own."""
    segment: Positive = 2.5
    """Seconds of each."""
    bands: Count = 64
    """Log-frequency bands in which moments are compared."""
    spans: Count = 7
    """Stretches before the joint that are compared: all that is heard, the last half of it, the last quarter ..."""
    filters: Count = 16
    """Of each convolution over lags."""
    kernel: Count = 9
    """Lags that a convolution reaches over."""
    crop: Amount = 25.0
    """Seconds of a clip, drawn each time, that a step trains on; 0: all of it. What is heard and what follows must fit."""
    speed: Dropout = 0.1
    """Training clips are played faster or slower by up to this fraction, and so are higher or lower."""
    mute: Amount = 13.5
    """Seconds of silence that a training clip begins with, at most, so that short recordings are known too."""
    cosine: bool = True
    """Let the learning rate fall to a hundredth along a cosine until the last step."""
    learning_rate: Positive = 3e-3
    """Adam's step, at the start."""
    batch_size: Count = 8
    """Clips in a step, over all devices."""
    epochs: Count = 12
    """Passes over the training clips."""


PRESETS = {
    "paper": Config(),
    "quick": Config(
        setting="quick", hop=0, seconds=0.5, heard=0.25, shortest=0.03, segments=2, segment=0.1, bands=12, spans=3,
        filters=6, kernel=3, crop=0.48, mute=0.1, learning_rate=1e-2, batch_size=4, epochs=2,
    ),
}  # fmt: skip


@keras.saving.register_keras_serializable("generators")
class SoundPointer(Measuring):
    """Waveforms in, logits of lags out; the last of a waveform is the future that the lags are chosen for.

    Input (batch, samples) float32 in [-1, 1], of which the last `heard` + `segments` * `segment` columns count; output
    (batch, segments, heard): place i is the lag of i + 1 columns. Sizes are in columns. The loss, the expected cost, is
    added within; its parts are metrics: `distance` in dB and `rhythm`, a correlation.
    """

    def __init__(
        self, setting: SpectrogramSetting | dict, heard: int, shortest: int, segments: int, segment: int, bands: int,
        spans: int, filters: int, kernel: int, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs | {"dtype": "float32"})
        self.setting = SpectrogramSetting(**setting) if isinstance(setting, dict) else setting
        self.heard, self.shortest, self.segments, self.segment = heard, shortest, segments, segment
        self.bands, self.spans, self.filters, self.kernel = bands, spans, filters, kernel
        self.analysis = Spectrogram(self.setting, name="spectrogram")
        lengths = tuple(max(1, heard >> number) for number in range(spans))
        self.similarity = SelfSimilarity(self.setting, bands, lengths, name="similarity")
        self.stack = [
            keras.layers.Conv1D(
                filters, kernel, padding="same", dilation_rate=dilation, activation="relu", name=f"lags_{dilation}"
            )
            for dilation in DILATIONS
        ]
        self.choice = keras.layers.Conv1D(segments, 1, use_bias=False, name="choice")
        self.parts = {name: keras.metrics.Mean(name=name) for name in ("distance", "rhythm")}

    @property
    def ahead(self) -> int:
        """Columns of the future."""
        return self.segments * self.segment

    def build(self, input_shape: tuple) -> None:
        width = self.spans * MEASURES + 1
        for layer in self.stack:
            layer.build((None, self.heard, width))
            width = self.filters
        self.choice.build((None, self.heard, width))
        self.built = True

    def call(self, waveform: Any, training: bool | None = None) -> Any:
        hop = self.setting.hop
        waveform = waveform[:, -(self.heard + self.ahead) * hop :]
        logits = self.logits(self.columns_of(waveform[:, : self.heard * hop]))
        choice = ops.softmax(logits, axis=-1)
        costs = self.costs(self.columns_of(waveform))
        parts = {name: ops.mean(ops.sum(choice * cost, axis=-1)) for name, cost in costs.items()}
        self.add_loss(parts["distance"] / DECIBELS + 1 - parts["rhythm"])
        for name, value in parts.items():
            self.measure(self.parts[name], value)
        return logits

    def columns_of(self, waveform: Any) -> Any:
        """(batch, samples) -> (batch, samples // hop, rows): the picture turned, without the column at the very end."""
        return ops.transpose(self.analysis(waveform)[..., 0], (0, 2, 1))[:, :-1]

    def logits(self, columns: Any) -> Any:
        """Columns that were heard (batch, heard, rows) -> logits (batch, segments, lags)."""
        hidden = self.similarity(columns)
        lags = np.arange(1, self.heard + 1, dtype=np.float32)[:, None]
        place = ops.ones_like(hidden[..., :1]) * ops.convert_to_tensor(np.log(lags / self.heard))
        hidden = ops.concatenate([hidden, place], axis=-1)
        for layer in self.stack:
            hidden = layer(hidden)
        there = ops.flip(was_heard(columns), axis=1)[..., None]  # of lag 1, 2 ...
        possible = ops.logical_and(there, ops.convert_to_tensor(lags >= self.shortest))
        return ops.transpose(ops.where(possible, self.choice(hidden), NEVER), (0, 2, 1))

    def costs(self, columns: Any) -> dict[str, Any]:
        """What copying at each lag would cost: distance and rhythm (batch, segments, lags) of (batch, heard + ahead, rows).

        A lag that is shorter than the future repeats what it reaches: step j of the future is the moment that lies the
        smallest multiple of the lag before it which was heard.
        """
        known, future = columns[:, : self.heard], columns[:, self.heard :]
        steps, lags = np.arange(self.ahead)[:, None], np.arange(1, self.heard + 1)
        source = self.heard + steps - lags * (steps // lags + 1)
        apart = ops.reshape(distances(future, known), (-1, self.ahead * self.heard))
        apart = self._in_segments(ops.take(apart, (steps * self.heard + source).reshape(-1), axis=1), self.heard)
        envelope = self.similarity.envelope(columns)
        copied = self._in_segments(ops.take(envelope, source.reshape(-1), axis=1), self.heard)
        true = self._in_segments(envelope[:, self.heard :], 1)
        return {"distance": -self.setting.floor_db * ops.mean(apart, axis=2), "rhythm": correlation(copied, true, axis=2)}

    def _in_segments(self, values: Any, lags: int) -> Any:
        return ops.reshape(values, (-1, self.segments, self.segment, lags))

    def get_config(self) -> dict[str, Any]:
        names = ("heard", "shortest", "segments", "segment", "bands", "spans", "filters", "kernel")
        return {**super().get_config(), "setting": asdict(self.setting), **{name: getattr(self, name) for name in names}}


def sizes(config: Config) -> dict[str, int]:
    """Heard, shortest and segment in columns."""
    setting = setting_of(config)
    seconds = {"heard": config.heard, "shortest": config.shortest, "segment": config.segment}
    return {name: max(1, round(value * setting.rate / setting.hop)) for name, value in seconds.items()}


def check(config: Config) -> None:
    """InputError: numbers that do not go together."""
    check_clips(config)
    setting, size = setting_of(config), sizes(config)
    needed = (size["heard"] + config.segments * size["segment"]) * setting.hop / setting.rate
    part = config.crop or setting.seconds
    if part < needed:
        raise InputError(
            f"--crop and --seconds must hold the {needed:.4g} s of --heard and --segments times --segment; received {part:g}"
        )
    if config.shortest >= config.heard:
        raise InputError(f"--shortest must be less than the {config.heard:g} s of --heard; received {config.shortest:g}")


def build(config: Config, context: Context) -> keras.Model:
    """The compiled and built model."""
    model = SoundPointer(
        setting_of(config), segments=config.segments, bands=config.bands, spans=config.spans, filters=config.filters,
        kernel=config.kernel, name="sound_pointer", **sizes(config),
    )  # fmt: skip
    model.build((None, None))
    rate = (
        keras.optimizers.schedules.CosineDecay(config.learning_rate, context.steps, alpha=0.01)
        if config.cosine
        else config.learning_rate
    )
    model.compile(keras.optimizers.Adam(rate))
    return model


def exported(model: SoundPointer) -> keras.Model:
    """columns (batch, heard, rows) in [0, 1], silence in front of what is shorter -> probabilities (batch, segments, lags).

    Not logits: beside NEVER no difference of theirs would count where files are compared with Keras.
    """
    columns = keras.Input((model.heard, model.setting.rows), name="columns")
    choice = keras.layers.Softmax(dtype="float32", name="choice")(Logits(model, name="logits")(columns))
    return keras.Model(columns, choice, name="sound_pointer")


def sampler(model: SoundPointer, count: int = PointerSampler.batch) -> PointerSampler:
    """What goes on with `count` recordings side by side."""
    return PointerSampler(model, count)
