"""A picture of any length in two thousand columns at most, for reports."""

from __future__ import annotations

import numpy as np

MOST = 2_048
"""Columns kept at most."""


class Overview:
    """Columns in by `add`; each column of `picture` is the loudest of `pooled` ones, and of all channels."""

    def __init__(self) -> None:
        self.pooled = 1
        self.columns = 0
        self._kept: np.ndarray | None = None

    def add(self, pictures: np.ndarray) -> None:
        """Append columns (channels, rows, n) in [0, 1]."""
        if self._kept is None:
            self._kept = np.zeros((pictures.shape[1], MOST), np.float32)
        while self.columns + pictures.shape[-1] > MOST * self.pooled:
            halved = self._kept.reshape(len(self._kept), -1, 2).max(axis=2)
            self._kept = np.pad(halved, [(0, 0), (0, MOST - halved.shape[1])])
            self.pooled *= 2
        places = (self.columns + np.arange(pictures.shape[-1])) // self.pooled
        np.maximum.at(self._kept, (slice(None), places), pictures.max(axis=0))
        self.columns += pictures.shape[-1]

    @property
    def picture(self) -> np.ndarray:
        """float32 (rows, at most MOST columns)."""
        return self._kept[:, : -(-self.columns // self.pooled)]
