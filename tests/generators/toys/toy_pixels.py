"""A toy that draws pictures cell after cell, each by what is above and left of it: logistic regression on five cells.

It shows what a new model of pictures takes: this file, and one line in `MODELS`. It draws by a step over the rows above and
the cell before, keeps cells that are known, and has no latents.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from generators.contract import Known
from generators.pictures import PictureConfig
from midi.codecs.codec import Codec
from training.family import Context
from training.fitting.measuring import Measuring

LOW = 0.0
"""Pictures are in [0, 1]."""
MONITOR = "val_loss"
"""The epoch with the smallest loss on the validation part is kept."""


@dataclass(frozen=True)
class Config(PictureConfig):
    """The toy; it has no options of its own."""


PRESETS = {"paper": Config(), "quick": Config(codec="roll64", learning_rate=0.1, batch_size=4, epochs=2)}


@keras.saving.register_keras_serializable("generators")
class ToyPixels(Measuring):
    """Pictures (batch, h, w, 1) in [0, 1] -> logits of their cells; adds the mean negative log-likelihood as loss."""

    def __init__(self, config: dict[str, Any], rate: float = 0.1, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.config, self.rate = Config(**config), rate
        self.step = keras.layers.Dense(1, name="cell")
        self.bits = keras.metrics.Mean("bits")

    def build(self, shape: Any = None) -> None:
        self.step.build((None, 5))
        self.built = True

    def call(self, pictures: Any, training: bool = False) -> Any:
        logits = self.step(neighbours(pictures))
        nll = ops.mean(ops.softplus(logits) - pictures * logits)
        self.add_loss(nll)
        self.measure(self.bits, nll / np.log(2))
        return logits

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"config": asdict(self.config), "rate": self.rate}


def neighbours(pictures: Any) -> Any:
    """(batch, h, w, 1) -> (batch, h, w, 5): left, above left, above, above right, two above; 0 outside."""
    height, width = pictures.shape[1:3]
    padded = ops.pad(pictures, ((0, 0), (2, 0), (1, 1), (0, 0)))
    places = ((2, 0), (1, 0), (1, 1), (1, 2), (0, 1))
    return ops.concatenate([padded[:, y : y + height, x : x + width] for y, x in places], axis=-1)


def build(config: Config, context: Context) -> ToyPixels:
    """The compiled and built model; its bias starts at the density of the first batch."""
    model = ToyPixels(asdict(config), config.learning_rate, name="toy_pixels")
    model.build()
    if context.first:
        density = np.clip(context.first().mean(), 1e-3, 1 - 1e-3)
        model.step.bias.assign([np.log(density / (1 - density))])
    model.compile(keras.optimizers.Adam(config.learning_rate))
    model.optimizer.build(model.trainable_variables)
    return model


def exported(model: ToyPixels) -> keras.Model:
    """One step: neighbours (batch, 5) -> logit (batch, 1)."""
    cells = keras.Input((5,), name="neighbours")
    return keras.Model(cells, model.step(cells), name="toy_pixels_step")


def sampler(model: ToyPixels, codec: Codec) -> CellSampler:
    """What draws pictures of the codec."""
    return CellSampler(model, codec)


class CellSampler:
    """A `generators.contract.PictureSampler` by one cell after the other, row by row."""

    batch, any_width = 16, True

    def __init__(self, model: ToyPixels, codec: Codec) -> None:
        self.model, self.codec = model, codec

    def draw(
        self, seeds: np.ndarray, labels: np.ndarray | None = None, temperature: float = 1.0, known: Known | None = None
    ) -> np.ndarray:
        """See the protocol; all pictures of a call are drawn side by side."""
        height, width, _ = self.codec.shape if known is None else known.pictures.shape[1:]
        kernel, bias = (ops.convert_to_numpy(weight) for weight in self.model.step.get_weights())
        uniform = np.stack([np.random.default_rng(seed).random((height, width)) for seed in seeds])
        cells = np.zeros((len(seeds), height + 2, width + 2))
        for y, x in np.ndindex(height, width):
            near = np.stack([cells[:, y + dy, x + dx] for dy, dx in ((2, 0), (1, 0), (1, 1), (1, 2), (0, 1))], axis=-1)
            logit = near @ kernel[:, 0] + bias[0]
            on = uniform[:, y, x] < (1 + np.tanh(logit / max(2 * temperature, 1e-9))) / 2
            if known is not None:
                on = np.where(known.mask[:, y, x, 0], known.pictures[:, y, x, 0] > 127, on)
            cells[:, y + 2, x + 1] = on
        return (255 * cells[:, 2:, 1:-1, None]).astype(np.uint8)

    def preview(self, seeds: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """See the protocol."""
        return self.codec.to_model(self.draw(seeds, labels), LOW)
