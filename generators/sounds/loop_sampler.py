"""A loop in place of a continuation: whole bars of the recording itself, by the contract of samplers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from generators.sounds.looping import Loop, loop_of, write_acid
from generators.sounds.primers import Primer, whole_recording
from generators.sounds.writer import CopyWriter
from spectro.stft import SpectrogramSetting

SHORTEST = 1.0
"""Seconds of the shortest recording that a loop is made of."""


class LoopSampler:
    """One recording, of which so many seconds (by default four bars) become a loop."""

    batch, draws, copies, piece = 1, False, True, np.inf

    def __init__(self, setting: SpectrogramSetting, seconds: float | None) -> None:
        self.setting, self.seconds = setting, seconds

    def primer(self, path: str | os.PathLike) -> Primer:
        """The end of a recording as it is. InputError: there is no loop in it."""
        primer = whole_recording(path, self.setting, SHORTEST)
        self.loop = loop_of(primer.sound, primer.rate, self.seconds)
        return primer

    def go_on(
        self, primers: Sequence[Primer], generators: Sequence[np.random.Generator], seconds: float, temperature: float
    ) -> Iterator[list[np.ndarray]]:
        """The loop, once."""
        yield [self.loop.sound]

    def writer(
        self, output: Path, item: int, primer: Primer, formats: tuple[str, ...], lead_in: float, seconds: float, seed: int
    ) -> LoopWriter:
        """What writes it."""
        return LoopWriter(output, item, self.setting, primer, formats, self.loop)


class LoopWriter(CopyWriter):
    """Of one `Loop`, whose tempo stands in the WAV file and in what the manifest tells."""

    def __init__(
        self, output: Path, item: int, setting: SpectrogramSetting, primer: Primer, formats: tuple[str, ...], loop: Loop
    ) -> None:
        super().__init__(output, item, setting, primer, formats, lead_in=0.0)
        self.loop, self.late = loop, 0

    def picture(self) -> np.ndarray:
        return self._pictured(self.loop.sound)

    def finish(self) -> dict[str, Any]:
        found = super().finish()
        if self.file:
            self.file.close()
            write_acid(self.temporary, self.loop.tempo, self.loop.beats)
        return found | {"tempo": round(self.loop.tempo, 3), "beats": self.loop.beats}
