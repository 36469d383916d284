"""Windows that begin anywhere in any piece, for the shared data feed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from generators.sequences.data import Pieces
from generators.sequences.representation import Representation
from training.corpora.batches import Batches


@dataclass(frozen=True, eq=False)
class Windows:
    """`length` steps of a piece of one part, from every place where one real step at least is to be predicted.

    Index arrays gather (count, length, width) steps as models read them: `before` steps before a piece are at rest, those
    after it are `pad`.
    """

    pieces: Pieces
    part: str
    length: int
    representation: Representation
    before: int = 1

    @cached_property
    def numbers(self) -> np.ndarray:
        """The part's pieces."""
        return self.pieces.parts[self.part]

    @cached_property
    def ends(self) -> np.ndarray:
        """Windows up to and with each piece: one a step."""
        return np.cumsum(self.pieces.lengths[self.numbers])

    def __len__(self) -> int:
        return int(self.ends[-1]) if len(self.ends) else 0

    @property
    def whole(self) -> np.ndarray:
        """The windows that end within their piece, and of shorter pieces the first: what is trained on."""
        first, place = self._places(np.arange(len(self)))
        return np.flatnonzero(place <= np.maximum(self.pieces.lengths[first] - self.length + self.before, 0))

    def every(self, apart: int) -> np.ndarray:
        """Windows `apart` steps apart."""
        _, place = self._places(np.arange(len(self)))
        return np.flatnonzero(place % apart == 0)

    def __getitem__(self, chosen: np.ndarray) -> np.ndarray:
        piece, place = self._places(np.asarray(chosen))
        shape = (len(piece), self.length, self.representation.width)
        out = np.full(shape, self.representation.pad, self.representation.dtype)
        for target, number, start in zip(out, piece, place - self.before, strict=True):
            found = self.pieces.steps(number, max(start, 0), max(start + self.length, 0))
            first = max(-start, 0)
            target[:first] = self.representation.rest
            target[first : first + len(found)] = found
        return self.representation.to_model(out)

    def _places(self, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(piece, place in it: 0 begins with the steps of rest before it) of windows."""
        which = np.searchsorted(self.ends, chosen, side="right")
        return self.numbers[which], chosen - (self.ends - self.pieces.lengths[self.numbers])[which]


def batches(
    pieces: Pieces, part: str, representation: Representation, length: int, batch_size: int, *, apart: int, before: int = 1,
    seed: int = 0, transpose: int = 0, steps: int = 0, shuffle: bool = True,
) -> Batches:  # fmt: skip
    """Batches of windows (batch, length, width).

    shuffle: windows from all places of all pieces at random (training), else `apart` steps apart, in order. before: steps
    of rest that a piece's first window begins with.
    """
    windows = Windows(pieces, part, length, representation, before)
    return Batches(
        windows,
        windows.whole if shuffle else windows.every(apart),
        batch_size,
        seed=seed,
        transform=Transposed(transpose, representation) if transpose else None,
        shuffle=shuffle,
        steps=steps or None,
    )


@dataclass(frozen=True)
class Transposed:
    """Moves windows down or up by up to `most` semitones, each by its own draw; one that would lose a note stays."""

    most: int
    representation: Representation

    def __call__(self, windows: np.ndarray, targets: None, generator: np.random.Generator) -> tuple[np.ndarray, None]:
        """(batch, length, width) -> the same, and no targets."""
        down = generator.integers(-self.most, self.most + 1, len(windows))
        return np.stack([self._moved(window, -by) for window, by in zip(windows, down.tolist(), strict=True)]), None

    def _moved(self, window: np.ndarray, semitones: int) -> np.ndarray:
        moved = self.representation.transposed(window, semitones)
        return window if moved is None else moved
