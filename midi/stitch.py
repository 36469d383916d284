"""Strips of a whole piece cut into windows, and windows put together again."""

from __future__ import annotations

import numpy as np

from training.errors import InputError


def cut(
    strip: np.ndarray, columns: int, hop: int | None = None, tail: str = "pad", places: np.ndarray | None = None
) -> np.ndarray:
    """(rows, length, channels) -> (count, rows, columns, channels), one window every `hop` columns (default: `columns`).

    tail: "pad" fills the last window with zeros (a strip of no length makes one); "drop" leaves an incomplete one out.
    places: (count,) which windows; default: all.
    InputError: hop is not 1 to columns.
    """
    hop = _checked_hop(hop, columns)
    if tail not in ("pad", "drop"):
        raise InputError(f"expected tail pad or drop; received {tail!r}")
    rows, length, channels = strip.shape
    count = max(1, -(-(length - columns) // hop) + 1) if tail == "pad" else max(0, (length - columns) // hop + 1)
    missing = (count - 1) * hop + columns - length
    if missing > 0:
        strip = np.concatenate([strip, np.zeros((rows, missing, channels), strip.dtype)], axis=1)
    if hop == columns:
        windows = strip[:, : count * columns].reshape(rows, count, columns, channels).transpose(1, 0, 2, 3)
        return np.ascontiguousarray(windows if places is None else windows[places])
    starts = (np.arange(count) if places is None else places) * hop
    return np.ascontiguousarray(strip[:, starts[:, None] + np.arange(columns)].transpose(1, 0, 2, 3))


def join(images: np.ndarray, windows: np.ndarray | None = None, hop: int | None = None) -> np.ndarray:
    """(count, rows, columns, channels) -> (rows, length, channels), the inverse of `cut`.

    windows: (count,) place of each in time, ascending; places without one are zero. hop: columns from one window to the
    next; where windows overlap the earlier one counts, since the later one was made to go on from it.
    A note that reaches the edge of one window goes on in the next one: the strip is read as one.
    InputError: windows not ascending, or not one for each image.
    """
    count, rows, columns, channels = images.shape
    windows = np.arange(count) if windows is None else np.asarray(windows)
    hop = _checked_hop(hop, columns)
    if windows.shape != (count,) or (count and not _ascending(windows)):
        received = np.array2string(windows.ravel(), threshold=8, edgeitems=3)
        raise InputError(f"expected ascending places of {count} windows, each once; received {received}")
    length = int(windows[-1]) * hop + columns if count else 0
    if hop == columns and length == count * columns:
        return np.ascontiguousarray(images.transpose(1, 0, 2, 3)).reshape(rows, length, channels)
    strip = np.zeros((rows, length, channels), images.dtype)
    for place, image in zip(windows[::-1].tolist(), images[::-1], strict=True):
        strip[:, place * hop : place * hop + columns] = image
    return strip


def _checked_hop(hop: int | None, columns: int) -> int:
    hop = columns if hop is None else hop
    if not 1 <= hop <= columns:
        raise InputError(f"windows of {columns} columns lie 1 to {columns} columns apart; received {hop}")
    return hop


def _ascending(windows: np.ndarray) -> bool:
    return windows.dtype.kind in "iu" and windows[0] >= 0 and (windows[1:] > windows[:-1]).all()
