"""What is watched while a generator trains: are its pictures still like the data, or black, or grey?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from generators.pictures.statistics import Statistics, cells_of
from generators.watch import Patience
from midi.codecs.codec import Codec
from training.cli import tell
from training.fitting.callbacks import averaged
from training.fitting.samples import Sample

COUNT = 64
"""Pictures that are made at every look, from the same latents each time."""
GREY = 0.1
"""A picture whose values span less than this share of the scale shows nothing."""


class Watch(Patience):
    """After every epoch makes COUNT pictures and adds to the logs, so that history and TensorBoard hold them:

    density         mean share of cells that are on (the data's is in statistics.json)
    pitches         rows in which a cell is on
    empty           share of pictures without any
    dead            1 if all pictures are black, or all grey

    Warns when the density leaves the range of the data's own pictures (5th to 95th percentile); raises InputError with
    advice after `patience` dead epochs on end (0: never). A resumed run knows how many there were before.
    """

    def __init__(self, run: Path, module: Any, codec: Codec, data: Statistics, labels: int, patience: int) -> None:
        super().__init__(run, patience)
        self.module, self.codec, self.data, self.labels = module, codec, data, labels
        self.values: np.ndarray | None = None
        self.warned = False

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        with averaged(self.model):
            self.values = pictures_of(self.model, self.module, self.labels)
        cells = cells_of(self.codec.from_model(self.values, self.module.LOW), self.codec)
        span = np.ptp(self.values, axis=(1, 2, 3)) / (1 - self.module.LOW)
        dead = bool((cells.density == 0).all() or (span < GREY).all())
        logs |= {
            "density": float(cells.density.mean()),
            "pitches": float(cells.used.sum()),
            "empty": float((cells.density == 0).mean()),
            "dead": float(dead),
        }
        self._warn(epoch, logs["density"])
        advice = "the model has collapsed; try another --seed, a smaller --learning-rate or --preset ours"
        self.count(dead, "nothing but black or grey pictures", advice)

    def _warn(self, epoch: int, density: float) -> None:
        outside = not self.data.density_low <= density <= self.data.density_high
        if outside and not self.warned:
            low, high = 100 * self.data.density_low, 100 * self.data.density_high
            tell(
                f"epoch {epoch + 1}: {100 * density:.1f} % of the cells are on; the data's pictures have "
                f"{low:.1f} to {high:.1f} % (mean {100 * self.data.density:.1f})"
            )
        self.warned = outside

    def samples(self, model: keras.Model) -> list[Sample]:
        """Sampler of `training.fitting.samples`: a sheet of the pictures as the model made them."""
        values = pictures_of(model, self.module, self.labels) if self.values is None else self.values
        grey = (values - self.module.LOW) / (1 - self.module.LOW)
        return [Sample("sheet", "image", sheet(np.rint(255 * np.clip(grey, 0, 1)).astype(np.uint8)))]


def pictures_of(model: keras.Model, module: Any, labels: int, count: int = COUNT) -> np.ndarray:
    """`count` pictures (count, h, w, c) on the model's scale, the labels in turn where there are any."""
    latents = module.latents(model, np.arange(count, dtype=np.uint64))
    inputs = [latents, np.arange(count, dtype=np.int32)[:, None] % labels] if labels else latents
    return keras.ops.convert_to_numpy(module.exported(model)(inputs, training=False))


def sheet(images: np.ndarray, across: int = 8, border: int = 2) -> np.ndarray:
    """uint8 pictures (count, h, w, c) in rows of `across` with grey borders: (height, width, 1 or 3).

    Pictures of other than three channels show their brightest channel. To be looked at, not to be cut up again.
    """
    shown = images if images.shape[-1] == 3 else images[..., :3].max(axis=-1, keepdims=True)
    count, height, width, channels = shown.shape
    down = -(-count // across)
    out = np.full((down * (height + border) + border, across * (width + border) + border, channels), 96, np.uint8)
    for number, image in enumerate(shown):
        row, column = divmod(number, across)
        top, left = border + row * (height + border), border + column * (width + border)
        out[top : top + height, left : left + width] = image
    return out
