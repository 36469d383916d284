"""What decodes sound files: libsndfile, and FFmpeg (by PyAV, the extra [formats]) for what libsndfile refuses.

`spectro.decode` chooses between them and checks what they give.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

import numpy as np

PIECE = 16_384
"""Samples of each channel that are decoded at a time."""


class DecodingError(Exception):
    """The decoder can make nothing of the file; the reason in its own words."""


class Decoder(Protocol):
    """A decoder at work on a file, from front to back. Making one raises DecodingError unless it gives sound."""

    rate: int
    """Sample rate in Hz."""
    channels: int
    format: str
    """Names of container and coding."""

    def __init__(self, file: BinaryIO) -> None: ...

    @property
    def frames(self) -> int | None:
        """Samples of each channel that the header promises; None: it does not tell."""

    @property
    def failure(self) -> str:
        """Why decoding ended before the file did; empty where it did not."""

    @property
    def expected(self) -> int:
        """Samples of each channel that the file once had, as far as it tells; after the last piece."""

    def pieces(self) -> Iterator[np.ndarray]:
        """float32 (samples, channels), up to PIECE samples each. To be called once."""

    def remarks(self) -> list[str]:
        """What else is to be told of the file, after the last piece."""

    def close(self) -> None:
        """Let go of the file."""
