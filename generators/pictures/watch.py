"""What is watched while a model of pictures trains: are its pictures still like the data, or all black, grey or alike?"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any

import keras
import numpy as np

from generators.contract import PictureSampler
from generators.pictures.statistics import Cells, Statistics, cells_of
from generators.samples import sheet
from generators.watch import CollapseMonitor
from midi.codecs.codec import Codec
from training.cli import log
from training.fitting.averages import averaged
from training.fitting.samples import Sample

PREVIEWS = 64
"""Pictures that are generated at every look, from the same seeds each time."""
GREY_SPAN = 0.1
"""A picture whose values span less than this fraction of the scale shows nothing."""


MEANINGS = {
    "bits": "Bits that a pixel costs to be described by the model; of models with latents a bound from above.",
    "kl": "Nats of a picture that its latents hold: how far the encoder's distribution is from the prior (KL divergence).",
    "likelihood": "Log likelihood of a picture's pixels given its latents, in nats.",
    "critic_loss": "What the critic makes smaller, who tells real pictures from generated ones.",
    "generator_loss": "What the generator makes smaller, who deceives the critic.",
    "critic_real": "The fraction of real pictures that the critic takes for real; 0.5 is guessing.",
    "critic_fake": "The fraction of generated pictures that the critic finds out; 0.5 is guessing.",
    "margin": "How far the critic's mean logits of real and of generated pictures are apart; 0: it tells no difference.",
    "density": "The fraction of the cells that are on in generated pictures; the dashed line is that of the data.",
    "pitches": "How many pitches the generated pictures use; the dashed line is that of the data.",
    "empty": "The fraction of generated pictures without a note; the dashed line is that of the data.",
    "distinct": f"How many different pictures are among {PREVIEWS} generated ones.",
}
"""What the figures of such histories tell."""


class Watch(CollapseMonitor):
    """After every epoch generates PREVIEWS pictures and adds to the logs, so that history and TensorBoard hold them:

    density         mean fraction of cells that are on (the data's is in statistics.json)
    pitches         rows in which a cell is on
    empty           fraction of pictures without any
    distinct        how many different pictures there are
    collapsed       1 if all pictures are black, or all grey, or (of each label) all alike

    Tells when that begins, and when the density leaves the range of the data's own pictures (5th to 95th percentile); raises
    InputError with advice after `patience` collapsed epochs in a row (0: never), across resumes.
    """

    def __init__(self, run: Path, module: ModuleType, codec: Codec, data: Statistics, labels: int, patience: int) -> None:
        """module: the model's; labels: how many it has, which take turns."""
        super().__init__(run, patience)
        self.module, self.codec, self.data = module, codec, data
        self.labels = np.arange(PREVIEWS, dtype=np.int32) % labels if labels else None
        self.sampler: PictureSampler | None = None
        self.previewed: keras.Model | None = None
        self.values: np.ndarray | None = None
        self.warned = False

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        with averaged(self.model):
            self.values = self._preview(self.model)
        pictures = self.codec.from_model(self.values, self.module.LOW)
        cells = cells_of(pictures, self.codec)
        distinct = len({states.tobytes() for states in self.codec.classes(pictures)})
        fault = self._fault(cells, distinct)
        logs |= {
            "density": float(cells.density.mean()),
            "pitches": float(cells.used.sum()),
            "empty": float((cells.density == 0).mean()),
            "distinct": float(distinct),
            "collapsed": float(fault is not None),
        }
        self._warn(epoch, fault, logs)
        advice = "the model has collapsed; try another --seed, a smaller --learning-rate or --preset ours"
        self.count(fault is not None, f"nothing but pictures that are {fault}", advice)

    def _fault(self, cells: Cells, distinct: int) -> str | None:
        """In what way all pictures are the same, if they are."""
        if (cells.density == 0).all():
            return "black"
        if (np.ptp(self.values, axis=(1, 2, 3)) < GREY_SPAN * (1 - self.module.LOW)).all():
            return "grey"
        kinds = 1 if self.labels is None else len(np.unique(self.labels))
        return "all alike" if distinct <= kinds < len(self.values) else None

    def _warn(self, epoch: int, fault: str | None, logs: dict[str, Any]) -> None:
        """One line when a fault begins; without any, when the density leaves the data's range."""
        outside = fault is None and not self.data.density_low <= logs["density"] <= self.data.density_high
        if fault and not self.collapsed_epochs:
            margin = f"; the critic's margin is {logs['margin']:.3g}" if "margin" in logs else ""
            log(
                f"epoch {epoch + 1}: the pictures are {fault}: {100 * logs['density']:.1f} % of the cells are on (data: "
                f"{100 * self.data.density:.1f}), {logs['distinct']:.0f} different among {len(self.values)}{margin}"
            )
        if outside and not self.warned:
            low, high = 100 * self.data.density_low, 100 * self.data.density_high
            log(
                f"epoch {epoch + 1}: {100 * logs['density']:.1f} % of the cells are on; the data's pictures have "
                f"{low:.1f} to {high:.1f} % (mean {100 * self.data.density:.1f})"
            )
        self.warned = outside

    def samples(self, model: keras.Model) -> list[Sample]:
        """Sampler of `training.fitting.samples`: a sheet of the pictures as the model shows them."""
        values = self._preview(model) if self.values is None else self.values
        grey = (values - self.module.LOW) / (1 - self.module.LOW)
        return [Sample("sheet", "image", sheet(np.rint(255 * np.clip(grey, 0, 1)).astype(np.uint8)))]

    def _preview(self, model: keras.Model) -> np.ndarray:
        """The same PREVIEWS pictures at every look, (PREVIEWS, h, w, c) on the model's scale; one sampler for all looks."""
        if self.sampler is None or self.previewed is not model:
            self.sampler, self.previewed = self.module.sampler(model, self.codec), model
        return self.sampler.preview(np.arange(PREVIEWS, dtype=np.uint64), self.labels)
