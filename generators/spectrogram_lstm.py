"""LSTM on spectrograms: from a column of the picture of a sound to the next one.

"On the Generation of Music: Investigating Popular Modalities for Musical Representation, Classification and Generation
using Deep Learning Techniques": two to four layers of 50 units, 631 bins in and out (188,781, 208,981 or 229,181
parameters). The paper prints no loss and no output; here they are the squared error and a linear layer, the true column is
fed in training and the predicted one in generation. Pictures are Lil Data's: decibels from 80 below a clip's loudest bin up
to it, as 0 to 1.

`ours` draws its columns: the levels of 32 bands from a mixture of normal distributions, then the bins given the bands and
running statistics of every bin (`layers.spectrum_heads`). Its columns are 14 ms apart instead of 8.

    python -m generators.train spectrogram_lstm --data FOLDER

docs/results.md tells how runs on 168 clips of recordings and loops go on.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import keras
from keras import ops

from generators.layers.spectrum_heads import BandsHead, LinearHead, RunningStatistics, first_statistics
from generators.sounds.column_sampler import ColumnSampler
from generators.sounds.data import check_clips, setting_of
from spectro.layers import Spectrogram
from spectro.stft import SpectrogramSetting
from training.errors import InputError
from training.family import Context
from training.fitting.measuring import Measuring
from training.options import Amount, Count, Dropout, Index, Positive

MONITOR = "val_loss"
"""The epoch with the smallest one is kept."""


@dataclass(frozen=True)
class Config:
    """Spectrogram LSTM; the defaults are the paper's, or convention where it says nothing."""

    setting: str = "lil_data"
    """Spectrogram setting by name (rate, window, hop, length of a clip)."""
    hop: Index = 0
    """Samples from one column to the next; 0: the setting's own."""
    seconds: Amount = 0.0
    """Length of a clip; 0: the setting's own."""
    depth: Count = 2
    """LSTM layers; the paper has 2, 3 and 4."""
    units: Count = 50
    """Units of each."""
    head: Literal["linear", "bands"] = "linear"
    """How a column is predicted: a linear function by the squared error, or a distribution (bands first, then bins)."""
    bands: Count = 32
    """Bands of the head of that name."""
    components: Count = 8
    """Normal distributions that its bands are a mixture of."""
    dropout: Dropout = 0.0
    """Fraction of the outputs of each LSTM layer dropped."""
    crop: Amount = 0.0
    """Seconds of a clip, drawn each time, that a step trains on; 0: all of it."""
    speed: Dropout = 0.0
    """Training clips are played faster or slower by up to this fraction, and so are higher or lower."""
    cosine: bool = False
    """Let the learning rate fall to a hundredth along a cosine until the last step."""
    learning_rate: Positive = 1e-3
    """Adam's step, at the start."""
    batch_size: Count = 16
    """Clips in a step, over all devices."""
    epochs: Count = 50
    """Passes over the training clips."""


PRESETS = {
    "paper": Config(),
    "ours": Config(
        hop=315, units=128, head="bands", components=16, dropout=0.2, crop=2.5, speed=0.1, cosine=True, learning_rate=2e-3,
        epochs=12,
    ),
    "quick": Config(
        setting="quick", depth=3, units=12, head="bands", bands=6, components=3, crop=0.25, dropout=0.1, speed=0.05,
        learning_rate=1e-2, batch_size=4, epochs=2,
    ),
}  # fmt: skip


@keras.saving.register_keras_serializable("generators")
class SpectrogramLSTM(Measuring):
    """Waveforms in; every column of their pictures but the first is predicted from those before it.

    Input (batch, samples) float32 in [-1, 1]; output (batch, columns - 1, units) of the last LSTM layer. The loss is added
    within, the sum of the head's parts; each is a metric too. The picture is turned, not reshaped: a step takes one column.
    """

    def __init__(
        self, setting: SpectrogramSetting | dict, depth: int, units: int, head: str, bands: int, components: int,
        dropout: float, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs | {"dtype": "float32"})
        self.setting = SpectrogramSetting(**setting) if isinstance(setting, dict) else setting
        self.depth, self.units, self.head, self.bands, self.components, self.dropout = (
            depth, units, head, bands, components, dropout,
        )  # fmt: skip
        self.analysis = Spectrogram(self.setting, name="spectrogram")
        self.stack = [
            keras.layers.LSTM(units, return_sequences=True, return_state=True, name=f"lstm_{number}")
            for number in range(1, depth + 1)
        ]
        self.drop = keras.layers.Dropout(dropout, name="drop")
        rows = self.setting.rows
        self.output_head = (
            LinearHead(rows, name="head") if head == "linear" else BandsHead(rows, bands, components, units, name="head")
        )
        rate = self.setting.rate / self.setting.hop
        self.statistics = None if head == "linear" else RunningStatistics(rows, rate, name="statistics")
        self.parts = {
            name: keras.metrics.Mean(name=name)
            for name in (("squared_error",) if head == "linear" else ("nll_per_band", "nll_per_bin"))
        }

    def build(self, input_shape: tuple) -> None:
        width = self.setting.rows
        for layer in self.stack:
            layer.build((None, None, width))
            width = self.units
        self.output_head.build((None, None, width))
        self.built = True

    def call(self, waveform: Any, training: bool | None = None) -> Any:
        columns = ops.transpose(self.analysis(waveform)[..., 0], (0, 2, 1))
        hidden, statistics, _ = self.read(columns[:, :-1], self.initial_states(columns[:, 0]), training)
        parts = self.output_head.loss(hidden, columns[:, :-1], statistics, columns[:, 1:])
        for name, value in parts.items():
            self.add_loss(value)
            self.measure(self.parts[name], value)
        return hidden

    @property
    def state_sizes(self) -> dict[str, int]:
        """Name -> numbers of each state, in their order: h_1, c_1, h_2 ... and, where the head uses them, statistics."""
        cells = {f"{letter}_{number}": self.units for number in range(1, self.depth + 1) for letter in "hc"}
        return cells | ({"statistics": self.statistics.size} if self.statistics else {})

    def initial_states(self, column: Any) -> list[Any]:
        """The states before the first column (batch, rows) is read."""
        zero = ops.zeros_like(column[:, :1])
        cells = [ops.repeat(zero, self.units, axis=1)] * (2 * self.depth)
        return [*cells, first_statistics(column)] if self.statistics else cells

    def read(self, columns: Any, states: list[Any], training: bool | None = None) -> tuple[Any, Any, list[Any]]:
        """columns (batch, time, rows), the states before them -> outputs (batch, time, units), statistics, the states after.

        statistics (batch, time, 3 * rows): after each column; None where the model keeps none.
        """
        statistics = self.statistics(columns, states[-1]) if self.statistics else None
        hidden, after = columns, []
        for number, layer in enumerate(self.stack):
            hidden, *state = layer(hidden, initial_state=states[2 * number : 2 * number + 2], training=training)
            hidden = self.drop(hidden, training=training)
            after += [ops.cast(each, "float32") for each in state]
        return hidden, statistics, [*after, statistics[:, -1]] if self.statistics else after

    def step(self, column: Any, noise: Any, states: list[Any]) -> tuple[Any, list[Any]]:
        """The column after `column` (batch, rows), and the states; noise as the head's `draw` takes it."""
        statistics = self.statistics(column[:, None], states[-1])[:, 0] if self.statistics else None
        after, hidden = [], column
        for number, layer in enumerate(self.stack):
            hidden, state = layer.cell(hidden, states[2 * number : 2 * number + 2])
            after += [ops.cast(each, "float32") for each in state]
        drawn = self.output_head.draw(hidden, column, statistics, noise)
        return drawn, [*after, statistics] if self.statistics else after

    def get_config(self) -> dict[str, Any]:
        names = ("depth", "units", "head", "bands", "components", "dropout")
        return {**super().get_config(), "setting": asdict(self.setting), **{name: getattr(self, name) for name in names}}


def check(config: Config) -> None:
    """InputError: numbers that do not go together."""
    check_clips(config)
    if (rows := setting_of(config).rows) < config.bands:
        raise InputError(f"--bands must be at most the {rows} rows of a column; received {config.bands}")


def build(config: Config, context: Context) -> keras.Model:
    """The compiled and built model."""
    model = SpectrogramLSTM(
        setting_of(config), config.depth, config.units, config.head, config.bands, config.components, config.dropout,
        name="spectrogram_lstm",
    )  # fmt: skip
    model.build((None, None))
    rate = (
        keras.optimizers.schedules.CosineDecay(config.learning_rate, context.steps, alpha=0.01)
        if config.cosine
        else config.learning_rate
    )
    model.compile(keras.optimizers.Adam(rate))
    return model


def exported(model: SpectrogramLSTM) -> keras.Model:
    """One step: [column (batch, rows), noise where the head draws, h_1, c_1 ... statistics] -> [the next column, h_1 ...].

    States begin at zero; statistics (batch, 3 * rows) at twice the first column and 0.05 for each bin.
    """
    column = keras.Input((model.setting.rows,), name="column")
    noise = [keras.Input((model.output_head.noise,), name="noise")] if model.output_head.noise else []
    states = [keras.Input((size,), name=name) for name, size in model.state_sizes.items()]
    inputs = [column, *noise, *states]
    return keras.Model(inputs, Step(model, name="step")(inputs), name="spectrogram_lstm_step")


def sampler(model: SpectrogramLSTM, count: int = ColumnSampler.batch) -> ColumnSampler:
    """`count` sounds for the model to go on with."""
    return ColumnSampler(model, count)


class Step(keras.layers.Layer):
    """`SpectrogramLSTM.step` as one layer: cells of one kind, called by themselves, would share a name."""

    def __init__(self, model: SpectrogramLSTM, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.model = model
        self.built = True

    def call(self, inputs: list[Any]) -> list[Any]:
        first = 1 + bool(self.model.output_head.noise)
        column, states = self.model.step(inputs[0], inputs[1] if first == 2 else None, inputs[first:])
        return [column, *states]
