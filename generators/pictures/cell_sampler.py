"""Sampler of models that draw a picture cell after cell, each by those before it in the model's order."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import ops

from generators.compiled import compiled
from generators.contract import Known
from midi.codecs.codec import Codec
from training.errors import InputError

BATCH = 16
"""Pictures drawn side by side, always: one may depend on the size of its batch, never on what else is in it."""


@dataclass(frozen=True, eq=False)
class CellSampler:
    """A `PictureSampler` of models that have a layout of cells, a network and a head, as `generators.pixelcnn` has.

    CellSampler(model, codec, -1.0).draw(np.arange(3, dtype=np.uint64), temperature=0.9)
    """

    model: keras.Model
    codec: Codec
    low: float
    """The model's value for an empty cell."""
    guidance: float = 1.0
    """How far predictions go from those without a label (0) to those of the label (1), and beyond."""

    batch = BATCH

    @property
    def any_width(self) -> bool:
        """See the protocol."""
        return self.model.any_width

    def draw(
        self, seeds: np.ndarray, labels: np.ndarray | None = None, temperature: float = 1.0, known: Known | None = None
    ) -> np.ndarray:
        """See the protocol. temperature 0 takes what is most probable.

        InputError: known cells that the model would draw after unknown ones, so without having seen them.
        """
        layout, count = self.model.layout, len(seeds)
        if known is None:
            cells = np.full((count, *self.model.shape), self.low, np.float32)
            kept = np.zeros(cells.shape, bool)
        else:
            cells = layout.to_scan(self.codec.to_model(known.pictures, self.low))
            kept = layout.to_scan(known.mask)
            _check_first(kept, self.model.ranks(*kept.shape[1:3]))
        uniform = np.stack([np.random.default_rng(int(seed)).random(cells.shape[1:], np.float32) for seed in seeds])
        labels = np.zeros(count, np.int32) if labels is None else labels
        drawn = [
            self._drawn(temperature, *(each[first : first + BATCH] for each in (cells, kept, uniform, labels)))
            for first in range(0, count, BATCH)
        ]
        return self.codec.from_model(layout.from_scan(np.concatenate(drawn)), self.low)

    def preview(self, seeds: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """See the protocol: nothing is shown before levels are chosen."""
        return self.codec.to_model(self.draw(seeds, labels), self.low)

    def _drawn(self, temperature: float, *arrays: np.ndarray) -> np.ndarray:
        """The cells of some pictures, whose batch is filled up with copies of the last."""
        count = len(arrays[0])
        filled = [np.concatenate([each, np.repeat(each[-1:], BATCH - count, axis=0)]) for each in arrays]
        numbers = [np.float32(value) for value in (temperature, self.guidance)]
        return ops.convert_to_numpy(self._loop(*numbers, *filled))[:count]

    @cached_property
    def _loop(self) -> Any:
        """What draws a batch, compiled: (temperature, guidance, cells, kept, uniform, labels) -> cells."""
        model, guided = self.model, self.guidance != 1

        def loop(temperature: Any, guidance: Any, cells: Any, kept: Any, uniform: Any, labels: Any) -> Any:
            def choose(numbers: Any, uniform: Any) -> Any:
                return model.head.choose(numbers, uniform, temperature)

            def choose_guided(numbers: Any, uniform: Any) -> Any:
                own, none = numbers[:BATCH], numbers[BATCH:]
                chosen = model.head.choose(own, uniform[:BATCH], temperature, none, guidance)
                return ops.concatenate([chosen, chosen])

            if not guided:
                return model.network.draw(choose, cells, kept, uniform, labels if model.classes else None)
            twice = [ops.concatenate([each, each]) for each in (cells, kept, uniform)]
            both = ops.concatenate([labels, ops.full_like(labels, model.classes)])
            return model.network.draw(choose_guided, *twice, both)[:BATCH]

        return compiled(loop, model)


def _check_first(kept: np.ndarray, ranks: np.ndarray | None) -> None:
    """InputError: a part of a cell's channels is kept, or cells that come after others that are not; ranks: None for any.

    kept: bool (count, h, w, c).
    """
    cells = kept.all(axis=-1)
    if (kept.any(axis=-1) != cells).any():
        raise InputError("a cell's channels are kept or drawn together; received a mask of some of them")
    if ranks is None:
        return
    in_order = cells.reshape(len(cells), -1)[:, np.argsort(ranks, axis=None)]
    if (in_order[:, 1:] > in_order[:, :-1]).any():
        raise InputError(
            "this model draws cell after cell, and some that are to be kept come after some that are to be drawn: train "
            "pixelcnn with --network masked --order any to fill in, or with --order time to go on"
        )
