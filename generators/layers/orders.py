"""In which order a picture's cells are predicted: layouts for networks that read row after row, and ranks of cells.

`Layout` turns pictures into the scan that a network reads in raster order, and back. `ranks` numbers the cells for networks
that take any order: rows, columns and the S-curve of "Locally Masked Convolution for Autoregressive Models" (arXiv
2006.12486), each with its eight symmetries, the Hilbert curve, and random orders.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from keras import ops

from midi.codecs.codec import Codec
from spectro.hilbert import HilbertSetting
from training.errors import InputError

Order = Literal["rows", "time", "s-curve", "hilbert", "random"]
"""rows: from the top, each from the left; time: columns from the left, each from the top; s-curve: rows, every other one
from the right, so that each cell touches the one before; hilbert: along the curve; random: by a seed."""
SYMMETRIES = 8
"""Ways to turn and mirror an order: the sums of FLIP_ROWS, FLIP_COLUMNS and TRANSPOSE."""
FLIP_ROWS, FLIP_COLUMNS, TRANSPOSE = 1, 2, 4


@dataclass(frozen=True)
class Layout:
    """How pictures (..., h, w, c) become scans, arrays and tensors alike; `from_scan` is the exact inverse of `to_scan`."""

    transposed: bool = False
    """Rows of the scan are the picture's columns."""
    flipped: bool = False
    """The picture's last row comes first."""

    def shape(self, picture: tuple[int, int, int]) -> tuple[int, int, int]:
        """Of the scan of a picture of shape (h, w, c)."""
        height, width, channels = picture
        return (width, height, channels) if self.transposed else picture

    def to_scan(self, pictures: Any) -> Any:
        """(..., h, w, c) -> (..., h, w, c), or (..., w, h, c) where transposed."""
        pictures = pictures[..., ::-1, :, :] if self.flipped else pictures
        return _swapped(pictures) if self.transposed else pictures

    def from_scan(self, scans: Any) -> Any:
        """The inverse of `to_scan`."""
        pictures = _swapped(scans) if self.transposed else scans
        return pictures[..., ::-1, :, :] if self.flipped else pictures


def layout_of(order: Literal["rows", "time"], codec: Codec) -> Layout:
    """The layout by which raster order is an order of a codec's cells.

    rows: pictures as they are. time: one column after the other, each from the lowest pitch to the highest; so pictures are
    transposed, and flipped where the highest is on top. (Published: a rotation, which does not do this for pictures with the
    lowest on top, as roll64's.) InputError: time, and the codec's rows are no pitches.
    """
    if order == "rows":
        return Layout()
    if codec.rows != codec.shape[0]:
        raise InputError(f"order time needs a row for each pitch; rows of {codec.name} are none: choose order rows")
    return Layout(transposed=True, flipped=codec.top == "high")


def ranks(order: Order, height: int, width: int, seed: int = 0, symmetry: int = 0) -> np.ndarray:
    """int32 (height, width): which cell comes when, from 0. seed: of random; symmetry: 0 to SYMMETRIES - 1.

    InputError: hilbert, and the sides are not equal or no power of two.
    """
    if symmetry & TRANSPOSE:
        return ranks(order, width, height, seed, symmetry & ~TRANSPOSE).T
    found = _ranks(order, height, width, seed)
    found = found[::-1] if symmetry & FLIP_ROWS else found
    return found[:, ::-1] if symmetry & FLIP_COLUMNS else found


def checked_ranks(permutation: np.ndarray, height: int, width: int) -> np.ndarray:
    """An order of one's own as int32 (height, width). InputError: not every number from 0 to height * width - 1 once."""
    permutation, cells = np.asarray(permutation), np.arange(height * width)
    if permutation.shape != (height, width) or not np.array_equal(np.sort(permutation, axis=None), cells):
        raise InputError(
            f"an order is ({height}, {width}) of every number from 0 to {height * width - 1} once; received "
            f"{permutation.shape} of {permutation.min(initial=0)} to {permutation.max(initial=0)}"
        )
    return permutation.astype(np.int32)


def _ranks(order: Order, height: int, width: int, seed: int) -> np.ndarray:
    cells = np.arange(height * width, dtype=np.int32)
    if order == "hilbert":
        if height != width or height < 2 or height & (height - 1):
            raise InputError(
                f"order hilbert takes squares whose side is a power of two; received {height} x {width}: choose s-curve"
            )
        return HilbertSetting(height).times.reshape(height, width).astype(np.int32)
    if order == "random":
        return np.random.default_rng(seed).permutation(cells).reshape(height, width)
    if order == "time":
        return cells.reshape(width, height).T
    found = cells.reshape(height, width)
    if order == "s-curve":
        found[1::2] = found[1::2, ::-1].copy()
    return found


def _swapped(pictures: Any) -> Any:
    """(..., h, w, c) -> (..., w, h, c)."""
    swap = np.swapaxes if isinstance(pictures, np.ndarray) else ops.swapaxes
    return swap(pictures, -3, -2)
