"""One sound on its way to disk: columns in, a WAV file and a picture out."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from generators.sounds.primers import Primer
from spectro.image import save
from spectro.stft import SpectrogramSetting
from spectro.streaming import StreamingGriffinLim, whole_columns
from training.files import atomic

MAX_PICTURE_COLUMNS = 8_192
"""A minute of the preset lil_data. The sound goes on."""


class ItemWriter(contextlib.ExitStack):
    """Files appear, whole, when the context is left; on failure none does."""

    def __init__(
        self, output: Path, item: int, setting: SpectrogramSetting, primer: Primer, formats: tuple[str, ...],
        lead_in: float, columns: int, seed: int,
    ) -> None:  # fmt: skip
        super().__init__()
        self.setting, self.primer, self.lead_in = setting, primer, round(lead_in * setting.rate)
        self.paths = {kind: output / kind / f"{item:06d}.{kind}" for kind in formats}
        self.picture = np.zeros((setting.rows, min(columns, MAX_PICTURE_COLUMNS)), np.float32)
        self.columns, self.samples, self.clipped, self.peak, self.energy = 0, 0, 0, 0.0, 0.0
        self.inversion = StreamingGriffinLim(setting, primer.sound, seed=seed)
        self.file: Any = None
        self.late = self.inversion.lead  # samples of the seam that are still to come

    def __enter__(self) -> ItemWriter:
        super().__enter__()
        if "wav" in self.paths:
            temporary = self.enter_context(atomic(self.paths["wav"]))
            self.file = self.enter_context(soundfile.SoundFile(temporary, "w", self.setting.rate, 1, "PCM_16", format="WAV"))
            self._lead_in()
        return self

    def add(self, columns: np.ndarray) -> None:
        """Take the next columns (rows, n) in [0, 1]."""
        room = self.picture[:, self.columns :][:, : columns.shape[1]]
        room[:] = columns[:, : room.shape[1]]
        self.columns += columns.shape[1]
        if self.file:
            self._write(self.inversion.add(self.setting.to_magnitude(columns, self.primer.reference)))

    def finish(self) -> dict[str, Any]:
        """Write the rest; what the manifest tells: files, seconds, RMS level and peak in dB of full scale, clipped."""
        if self.file:
            self._write(self.inversion.finish())
        if "png" in self.paths:
            save(self.paths["png"], self.picture, self.setting, self.primer.reference)
        level = self.energy / max(self.samples, 1)
        return {
            "files": " ".join(f"{kind}/{path.name}" for kind, path in self.paths.items()),
            "columns": self.columns,
            "seconds": round(self.samples / self.setting.rate, 3),
            "level": round(10 * np.log10(max(level, 1e-12)), 2),
            "peak": round(20 * np.log10(max(self.peak, 1e-6)), 2),
            "clipped": self.clipped,
        }

    def _lead_in(self) -> None:
        """The part of the primer that is asked for, up to where its seam begins."""
        sound = self.primer.sound
        last = max(0, whole_columns(self.setting, len(sound)) - 1) * self.setting.hop
        self.late = max(0, self.inversion.lead - min(self.lead_in, last))
        self._write(sound[max(0, last - self.lead_in) : max(0, last - self.inversion.lead)], seam=False)

    def _write(self, samples: np.ndarray, seam: bool = True) -> None:
        if seam:
            skipped = min(self.late, len(samples))
            samples, self.late = samples[skipped:], self.late - skipped
        self.samples += len(samples)
        self.clipped += int(np.count_nonzero(np.abs(samples) > 1))
        self.peak = max(self.peak, float(np.max(np.abs(samples), initial=0)))
        self.energy += float(np.sum(np.square(samples, dtype=np.float64)))
        self.file.write(np.clip(samples, -1, 1))
