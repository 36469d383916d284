"""Strips of a whole piece cut into windows, and windows put together again."""

from __future__ import annotations

import numpy as np

from training.cli import InputError


def cut(strip: np.ndarray, columns: int, hop: int | None = None, tail: str = "pad") -> np.ndarray:
    """(rows, length, channels) -> (count, rows, columns, channels), one window every `hop` columns (default: `columns`).

    tail: "pad" fills the last window with zeros; "drop" leaves an incomplete one out.
    """
    hop = columns if hop is None else hop
    if columns < 1 or not 1 <= hop <= columns or tail not in ("pad", "drop"):
        raise InputError(f"expected 1 <= hop <= columns and tail pad or drop; received {hop}, {columns}, {tail!r}")
    rows, length, channels = strip.shape
    count = max(1, -(-(length - columns) // hop) + 1) if tail == "pad" else max(0, (length - columns) // hop + 1)
    missing = (count - 1) * hop + columns - length
    if missing > 0:
        strip = np.concatenate([strip, np.zeros((rows, missing, channels), strip.dtype)], axis=1)
    if hop == columns:
        return np.ascontiguousarray(
            strip[:, : count * columns].reshape(rows, count, columns, channels).transpose(1, 0, 2, 3)
        )
    return np.stack([strip[:, place * hop : place * hop + columns] for place in range(count)])


def join(images: np.ndarray, windows: np.ndarray | None = None, hop: int | None = None) -> np.ndarray:
    """(count, rows, columns, channels) -> (rows, length, channels), the inverse of `cut`.

    windows: (count,) place of each in time, ascending; places without one are zero. hop: columns from one window to the
    next; where windows overlap the earlier one counts, since the later one was made to go on from it.
    A note that reaches the edge of one window goes on in the next one: the strip is read as one.
    """
    count, rows, columns, channels = images.shape
    windows = np.arange(count) if windows is None else np.asarray(windows)
    hop = columns if hop is None else hop
    if hop == columns and np.array_equal(windows, np.arange(count)):
        return np.ascontiguousarray(images.transpose(1, 0, 2, 3)).reshape(rows, count * columns, channels)
    length = (int(windows.max(initial=-1)) + 1) * hop + columns - hop if count else 0
    strip = np.zeros((rows, length, channels), images.dtype)
    for place, image in zip(windows[::-1], images[::-1], strict=True):
        strip[:, place * hop : place * hop + columns] = image
    return strip
