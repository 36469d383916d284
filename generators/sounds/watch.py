"""What is watched while a model of sounds trains: do its continuations still sound, and still move?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from generators.samples import sheet
from generators.sounds.data import PicturedClips
from generators.sounds.samplers import ModelSampler
from generators.sounds.statistics import mean_of, measured
from generators.watch import CollapseMonitor
from spectro.streaming import StreamingGriffinLim
from training.cli import log
from training.fitting.samples import Sample

COUNT = 8
"""Continuations drawn at every look, from the same clips and the same noise each time."""
MIN_MOVEMENT = 0.1
"""A sound that moves less than this fraction of the data's movement is constant."""
SILENCE_DB = -90.0
"""Level below which there is silence."""

MEANINGS = {
    "squared_error": "Mean squared difference of the next column from the true one, of values in [0, 1].",
    "distance": "Log-spectral distance in dB of what is copied from what really follows, as expected by the choice.",
    "rhythm": "Correlation of the onset envelopes of the two: 1 the same rhythm, 0 nothing in common.",
    "nll_per_band": "Negative log-likelihood of a band of the next column in nats: how much its level surprises the model.",
    "nll_per_bin": "The same of a bin within its band.",
    "level": "Of continuations: the level in dB. The dashed line is that of the data, here and below.",
    "flatness": "Of continuations: 0 a tone, 1 white noise.",
    "centroid": "Of continuations: the mean frequency in Hz, which sounds bright where it is high.",
    "onsets": "Of continuations: moments a second at which many bins rise together.",
    "movement": "Of continuations: how much a bin's level varies over time, in dB; 0 is a constant tone or silence.",
}
"""What the figures of such histories tell."""


class Watch(CollapseMonitor):
    """After every epoch goes on with COUNT clips from their middle, and adds `statistics.measured` of that to the logs; also

    collapsed 1 if all of them are silent or constant

    Warns when they become so; raises InputError with advice after `patience` such epochs on end (0: never).
    """

    def __init__(self, run: Path, module: Any, clips: PicturedClips, data: dict[str, float], patience: int) -> None:
        """clips: COUNT of validation. data: the measures of the training clips."""
        super().__init__(run, patience)
        self.module, self.pictures, self.setting, self.data = module, clips.pictures, clips.setting, data
        self.primers = clips.beginnings(self._middle)
        self.generated: np.ndarray | None = None
        self._sampler: ModelSampler | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.generated = self._continued(self.model)
        found = [measured(picture, self.setting) for picture in self.generated]
        still = MIN_MOVEMENT * self.data["movement"]
        collapsed = all(one["level"] < SILENCE_DB or one["movement"] < still for one in found)
        logs |= mean_of(found) | {"collapsed": float(collapsed)}
        if collapsed and not self.collapsed_epochs:
            log(
                f"epoch {epoch + 1}: continuations are silent or constant (level {logs['level']:.0f} dB, movement "
                f"{logs['movement']:.1f} dB; the data have {self.data['level']:.0f} and {self.data['movement']:.1f})"
            )
        advice = "the model does not go on with a sound; try --preset ours, or another --learning-rate"
        self.count(collapsed, "nothing but silence or constant tones", advice)

    def samples(self, model: keras.Model) -> list[Sample]:
        """Sampler of `training.fitting.samples`: clips gone on with from their middle, pictures and a sound."""
        generated = self._continued(model) if self.generated is None else self.generated
        whole = np.concatenate([self.pictures[..., : self._middle], generated], axis=-1)
        grey = np.rint(255 * whole[:, ::-1, :, None]).astype(np.uint8)
        inversion = StreamingGriffinLim(self.setting)
        sound = np.concatenate([inversion.add(self.setting.to_magnitude(whole[0], 1.0)), inversion.finish()])
        sound *= 0.5 / max(np.abs(sound).max(), 1e-9)
        return [Sample("continued", "image", sheet(grey, across=4)), Sample("continued", "audio", sound, self.setting.rate)]

    @property
    def _middle(self) -> int:
        return self.pictures.shape[-1] // 2

    def _continued(self, model: Any) -> np.ndarray:
        """The continuations of the clips' first halves: (COUNT, rows, columns)."""
        if self._sampler is None or self._sampler.model is not model:
            self._sampler = self.module.sampler(model, len(self.pictures))
        return self._sampler.pictures(self.primers, self.pictures.shape[-1] - self._middle)
