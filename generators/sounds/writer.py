"""One sound on its way to disk: pieces in, a WAV file and a picture out."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from generators.sounds.primers import Primer, as_heard
from generators.sounds.splicing import fade_samples
from spectro.image import save
from spectro.stft import SpectrogramSetting
from spectro.streaming import StreamingGriffinLim, whole_columns
from training.files import atomic

MAX_PICTURE_COLUMNS = 8_192
"""A minute of the preset lil_data. The sound goes on."""


class ItemWriter(contextlib.ExitStack):
    """Files appear, whole, when the context is left; on failure none does."""

    def __init__(
        self, output: Path, item: int, setting: SpectrogramSetting, primer: Primer, formats: tuple[str, ...], rate: int
    ) -> None:
        super().__init__()
        self.setting, self.primer, self.rate = setting, primer, rate
        self.paths = {kind: output / kind / f"{item:06d}.{kind}" for kind in formats}
        self.samples, self.clipped, self.peak, self.energy = 0, 0, 0.0, 0.0
        self.file: Any = None

    def __enter__(self) -> ItemWriter:
        super().__enter__()
        if "wav" in self.paths:
            self.temporary = self.enter_context(atomic(self.paths["wav"]))
            channels = len(np.atleast_2d(self.primer.sound))
            self.file = self.enter_context(
                soundfile.SoundFile(self.temporary, "w", self.rate, channels, "PCM_16", format="WAV")
            )
        return self

    def add(self, piece: np.ndarray) -> None:
        """Take the next piece."""
        raise NotImplementedError

    def picture(self) -> np.ndarray:
        """(rows, columns) in [0, 1] of what was added, at most MAX_PICTURE_COLUMNS of it."""
        raise NotImplementedError

    def finish(self) -> dict[str, Any]:
        """Write the rest; what the manifest tells: files, seconds, RMS level and peak in dB of full scale, clipped."""
        if "png" in self.paths:
            save(self.paths["png"], self.picture(), self.setting, self.primer.reference)
        level = self.energy / max(self.samples, 1)
        return {
            "files": " ".join(f"{kind}/{path.name}" for kind, path in self.paths.items()),
            "seconds": round(self.samples / self.rate, 3),
            "level": round(10 * np.log10(max(level, 1e-12)), 2),
            "peak": round(20 * np.log10(max(self.peak, 1e-6)), 2),
            "clipped": self.clipped,
        }

    def write(self, sound: np.ndarray) -> None:
        """Samples (channels, samples) into the file, those beyond full scale clipped and counted."""
        self.samples += sound.shape[1]
        self.clipped += int(np.count_nonzero(np.abs(sound) > 1))
        self.peak = max(self.peak, float(np.max(np.abs(sound), initial=0)))
        self.energy += float(np.square(sound, dtype=np.float64).mean(axis=0).sum())
        if self.file:
            self.file.write(np.clip(sound, -1, 1).T)


class ColumnWriter(ItemWriter):
    """Of columns (rows, n) of a picture, which become sound by Griffin-Lim, in one with the end of the primer."""

    def __init__(
        self, output: Path, item: int, setting: SpectrogramSetting, primer: Primer, formats: tuple[str, ...],
        lead_in: float, columns: int, seed: int,
    ) -> None:  # fmt: skip
        super().__init__(output, item, setting, primer, formats, setting.rate)
        self.lead_in, self.columns = round(lead_in * setting.rate), 0
        self.drawn = np.zeros((setting.rows, min(columns, MAX_PICTURE_COLUMNS)), np.float32)
        self.inversion = StreamingGriffinLim(setting, primer.sound, seed=seed)
        self.late = self.inversion.lead  # samples of the seam that are still to come

    def __enter__(self) -> ColumnWriter:
        super().__enter__()
        if self.file:
            self._lead_in()
        return self

    def add(self, piece: np.ndarray) -> None:
        room = self.drawn[:, self.columns :][:, : piece.shape[1]]
        room[:] = piece[:, : room.shape[1]]
        self.columns += piece.shape[1]
        if self.file:
            self._write(self.inversion.add(self.setting.to_magnitude(piece, self.primer.reference)))

    def picture(self) -> np.ndarray:
        return self.drawn

    def finish(self) -> dict[str, Any]:
        if self.file:
            self._write(self.inversion.finish())
        return super().finish()

    def _lead_in(self) -> None:
        """The part of the primer that is asked for, up to where its seam begins."""
        sound = self.primer.sound
        last = max(0, whole_columns(self.setting, len(sound)) - 1) * self.setting.hop
        self.late = max(0, self.inversion.lead - min(self.lead_in, last))
        self.write(sound[None, max(0, last - self.lead_in) : max(0, last - self.inversion.lead)])

    def _write(self, samples: np.ndarray) -> None:
        """What comes of the inversion, but for what of the seam lies before the part that is asked for."""
        skipped = min(self.late, len(samples))
        self.late -= skipped
        self.write(samples[None, skipped:])


class CopyWriter(ItemWriter):
    """Of sound (channels, samples) as the primer is, which begins with the primer's last `fade_samples`."""

    def __init__(
        self, output: Path, item: int, setting: SpectrogramSetting, primer: Primer, formats: tuple[str, ...], lead_in: float
    ) -> None:
        super().__init__(output, item, setting, primer, formats, primer.rate)
        fade, lead_in = fade_samples(primer.rate), round(lead_in * primer.rate)
        self.lead_in = primer.sound[:, max(0, primer.sound.shape[1] - lead_in) : primer.sound.shape[1] - fade]
        self.late = max(0, fade - lead_in)
        self.shown = round(MAX_PICTURE_COLUMNS * setting.hop / setting.rate * primer.rate)
        self.kept: list[np.ndarray] = []

    def __enter__(self) -> CopyWriter:
        super().__enter__()
        self.write(self.lead_in)
        return self

    def add(self, piece: np.ndarray) -> None:
        if "png" in self.paths and self.shown > 0:
            self.kept.append(piece[:, : self.shown])
            self.shown -= piece.shape[1]
        skipped = min(self.late, piece.shape[1])
        self.late -= skipped
        self.write(piece[:, skipped:])

    def picture(self) -> np.ndarray:
        return self._pictured(np.concatenate(self.kept, axis=1)[:, fade_samples(self.rate) :])

    def _pictured(self, sound: np.ndarray) -> np.ndarray:
        magnitude = np.abs(self.setting.analyse(as_heard(sound, self.rate, self.setting.rate)))
        return self.setting.to_picture(magnitude, self.primer.reference)[:, :MAX_PICTURE_COLUMNS]
