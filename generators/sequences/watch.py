"""What is watched while a sequence model trains: does it go on like the data, or is it silent, or holding one note?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from generators.pictures.watch import sheet
from generators.sequences.continuing import BATCH, continued
from generators.sequences.data import Pieces
from generators.sequences.figures import FIGURES, columns_in_bar, table_of
from generators.watch import Patience
from midi.codecs.codec import Codec
from training.cli import tell
from training.fitting.callbacks import averaged
from training.fitting.samples import Sample

COUNT = 8
"""Validation pieces that are gone on with at every look."""
BARS = 8
"""Bars that are heard, and as many that are said."""


class Watch(Patience):
    """After every epoch goes on with the beginnings of COUNT validation pieces and adds medians of FIGURES to the logs, and

    dead            1 if nothing is said, or a note is held to the end from the first bar on, in all of them

    Raises InputError with advice after `patience` dead epochs on end (0: never). A resumed run knows how many there were.
    """

    def __init__(self, run: Path, module: Any, codec: Codec, pieces: Pieces, patience: int) -> None:
        super().__init__(run, patience)
        self.module, self.codec = module, codec
        self.bar = columns_in_bar(codec)
        numbers = sorted(pieces.parts["validation"], key=lambda number: -pieces.lengths[number])[:COUNT]
        self.heard = [pieces.columns(number, 0, BARS * self.bar) for number in numbers]
        real = [pieces.columns(number, BARS * self.bar, 2 * BARS * self.bar) for number in numbers]
        self.levels = _medians([columns for columns in real if len(columns)] or self.heard, self.bar)
        """The data's own medians."""
        self.said: np.ndarray | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        with averaged(self.model):
            self.said = self._continued(self.model)
        found = table_of(list(self.said), self.bar)
        dead = bool(((found["density"] == 0) | (found["longest"] >= BARS - 1)).all())
        logs |= {name: float(np.median(values)) for name, values in found.items()} | {"dead": float(dead)}
        if dead and not self.dead:
            tell(f"epoch {epoch + 1}: the model falls silent or holds a note to the end")
        advice = "try --head joint, a smaller --learning-rate or --preset ours"
        self.count(dead, "nothing but silence or a held note", advice)

    def _continued(self, model: keras.Model) -> np.ndarray:
        speaker = self.module.speaker(model, self.codec, BATCH)
        return continued(speaker, self.codec, self.heard, BARS * self.bar, range(len(self.heard)))

    def samples(self, model: keras.Model) -> list[Sample]:
        """Sampler of `training.fitting.samples`: what was heard beside what is said, white where notes begin."""
        said = self._continued(model) if self.said is None else self.said
        return [Sample("continuations", "image", sheet(pictures_of(self.heard, list(said), self.codec), across=1))]


def pictures_of(heard: list[np.ndarray], said: list[np.ndarray], codec: Codec) -> np.ndarray:
    """uint8 (pieces, rows, time, 1): each piece as it was heard, a grey line, what was said; the lowest row at the bottom.

    Notes are 150, their onsets 255. Beginnings shorter than the longest are shown at its end.
    """
    longest = max(map(len, heard))
    shown = []
    for first, then in zip(heard, said, strict=True):
        before = np.concatenate([np.zeros((longest - len(first), first.shape[1]), np.uint8), first])
        both = [GREYS[part].T for part in (before, then)]
        line = np.full((first.shape[1], 1), 96, np.uint8)
        shown.append(np.concatenate([both[0], line, both[1]], axis=1))
    found = np.stack(shown)
    return (found if codec.top == "high" else found[:, ::-1])[..., None]


GREYS = np.array([0, 255, 150, 0], np.uint8)
"""Of REST, ONSET, SUSTAIN and PAD."""


def _medians(stretches: list[np.ndarray], bar: int) -> dict[str, float]:
    return {name: float(np.median(values)) for name, values in table_of(stretches, bar).items() if name in FIGURES}
