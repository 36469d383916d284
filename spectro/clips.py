"""Clips: how a recording becomes the fixed-size items of a corpus, and how models read them."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from spectro.audio import blocks
from spectro.decoders import ffmpeg
from spectro.pieces import SILENCE
from training.errors import InputError

SUFFIXES = dict.fromkeys(
    (
        ".wav", ".wave", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".mp2", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf",
        ".w64", ".rf64", ".voc", ".paf", ".sf",
    ),
    "",
) | dict.fromkeys(ffmpeg.SUFFIXES, "" if ffmpeg.installed() else f"needs [formats]: {ffmpeg.INSTALL}")  # fmt: skip
"""File names that are taken for sound when a folder is read -> why such files cannot be read here, if they cannot."""


@dataclass(frozen=True)
class Clips:
    """Encoder of `training.corpora.build`: a recording -> int16 mono clips of `seconds` at `rate` Hz, in constant memory.

    A recording shorter than a clip is repeated to fill it from `shortest` seconds on, so that a loop stays a loop; a last
    piece shorter than half a clip is dropped unless it is the only one, a longer one is filled up with silence.
    """

    rate: int = 22_050
    """Sample rate in Hz."""
    seconds: float = 5.0
    """Length of a clip in seconds."""
    shortest: float = 0.25
    """Recordings shorter than this, in seconds, are left out."""

    kind = "audio clips"
    dtype = "int16"

    def __post_init__(self) -> None:
        if self.shape[0] < 1:
            raise InputError(f"clips of {self.seconds} s at {self.rate} Hz have no sample")

    @property
    def shape(self) -> tuple[int, ...]:
        """(samples,) of a clip."""
        return (round(self.seconds * self.rate),)

    def facts(self) -> dict[str, Any]:
        """Rate and length, for the corpus' manifest."""
        return {"rate": self.rate, "seconds": self.seconds, "shortest": self.shortest}

    def serves(self, facts: dict[str, Any]) -> bool:
        """Clips of the same rate and length."""
        return (facts["rate"], facts["seconds"]) == (self.rate, self.seconds)

    def __call__(self, path: Path) -> Generator[np.ndarray, None, str]:
        """Blocks (1, samples) of int16. InputError: unreadable, silent throughout, shorter than `shortest`."""
        length, peak, clipped, total = self.shape[0], 0.0, 0, 0
        notes: list[str] = []
        for number, block in enumerate(blocks(path, self.seconds, rate=self.rate, mono=True, note=notes.append)):
            peak = max(peak, float(np.max(np.abs(block), initial=0.0)))
            if number == 0 and len(block) < min(self.shortest * self.rate, length):
                raise InputError(f"too short: {len(block) / self.rate:.2f} s, expected {self.shortest} s or more")
            if number == 0:
                block = np.resize(block, length)
            elif len(block) >= length / 2:
                block = np.pad(block, (0, length - len(block)))
            else:
                continue  # to the end, which tells what there is to be told of the file
            clipped, total = clipped + int(np.count_nonzero(np.abs(block) > 1)), total + length
            yield to_int16(block)[None]
        if peak < SILENCE:
            raise InputError(f"silent: peak {peak:.1g} of full scale")
        if clipped:
            notes.append(f"clipped: {clipped:,} of {total:,} samples, up to {peak:.3g} of full scale")
        return "; ".join(notes)


def to_int16(samples: np.ndarray) -> np.ndarray:
    """float in [-1, 1] -> int16, rounded and clipped."""
    return np.clip(np.round(samples * 32768.0), -32768, 32767).astype(np.int16)


def to_model(clips: np.ndarray) -> np.ndarray:
    """int16 -> float32 in [-1, 1), what models take."""
    return np.multiply(clips, np.float32(1 / 32768), dtype=np.float32)
