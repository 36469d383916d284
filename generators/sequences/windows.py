"""Windows that begin anywhere in any piece, for the shared data feed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from generators.sequences.data import Pieces
from generators.sequences.representation import folded, states_of
from midi.codecs.codec import REST, Codec
from midi.columns import PAD
from training.corpora.batches import Batches


@dataclass(frozen=True, eq=False)
class Windows:
    """`length` columns of a piece of one part, from every place where one real column at least is to be said.

    Index arrays gather (count, length, rows) uint8: `before` columns before a piece are silent, those after it are PAD.
    With two states all notes are ONSET, held or not.
    """

    pieces: Pieces
    part: str
    length: int
    states: int
    before: int = 1

    @cached_property
    def numbers(self) -> np.ndarray:
        """The part's pieces."""
        return self.pieces.parts[self.part]

    @cached_property
    def ends(self) -> np.ndarray:
        """Windows up to and with each piece: one a column."""
        return np.cumsum(self.pieces.lengths[self.numbers])

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    @property
    def whole(self) -> np.ndarray:
        """The windows that end within their piece, and of shorter pieces the first: what is trained on."""
        first, place = self._places(np.arange(len(self)))
        return np.flatnonzero(place <= np.maximum(self.pieces.lengths[first] - self.length + self.before, 0))

    def every(self, apart: int) -> np.ndarray:
        """Windows `apart` columns apart."""
        _, place = self._places(np.arange(len(self)))
        return np.flatnonzero(place % apart == 0)

    def __getitem__(self, chosen: np.ndarray) -> np.ndarray:
        piece, place = self._places(np.asarray(chosen))
        out = None
        for target, (number, start) in enumerate(zip(piece, place - self.before, strict=True)):
            found = self.pieces.columns(number, max(start, 0), max(start + self.length, 0))
            if out is None:
                out = np.full((len(piece), self.length, found.shape[1]), PAD, np.uint8)
            first = max(-start, 0)
            out[target, :first] = REST
            out[target, first : first + len(found)] = found
        return folded(out, self.states)

    def _places(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(piece, place in it: 0 begins with the silent columns before it) of windows."""
        which = np.searchsorted(self.ends, chosen, side="right")
        return self.numbers[which], chosen - (self.ends - self.pieces.lengths[self.numbers])[which]


def batches(
    pieces: Pieces, part: str, codec: Codec, length: int, batch_size: int, *, apart: int, before: int = 1, seed: int = 0,
    transpose: int = 0, steps: int = 0, shuffle: bool = True,
) -> Batches:  # fmt: skip
    """Batches of windows (batch, length, rows).

    shuffle: windows from all places of all pieces at random (training), else `apart` columns apart, in order. before: silent
    columns that a piece's first window begins with.
    """
    windows = Windows(pieces, part, length, states_of(codec), before)
    return Batches(
        windows,
        windows.whole if shuffle else windows.every(apart),
        batch_size,
        seed=seed,
        transform=Transposed(transpose) if transpose else None,
        shuffle=shuffle,
        steps=steps or None,
    )


@dataclass(frozen=True)
class Transposed:
    """Moves windows up or down by up to `most` semitones, each by its own draw; one that would lose a note stays."""

    most: int

    def __call__(self, columns: np.ndarray, targets: None, generator: np.random.Generator) -> tuple[np.ndarray, None]:
        """(batch, length, rows) -> the same, and no targets."""
        by = generator.integers(-self.most, self.most + 1, len(columns))
        used = ((columns != REST) & (columns != PAD)).any(axis=1)
        rows = columns.shape[2]
        first, last = used.argmax(axis=1), rows - used[:, ::-1].argmax(axis=1)
        by = np.where((first + by >= 0) & (last + by <= rows), by, 0)
        return np.stack([np.roll(window, rows_down, axis=1) for window, rows_down in zip(columns, by, strict=True)]), None
