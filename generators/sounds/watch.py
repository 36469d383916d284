"""What is watched while a model of sounds trains: do its continuations still sound, and still move?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import numpy as np

from generators.pictures.watch import sheet
from generators.sounds.sampler import CHUNK, Stream, noise_of
from generators.sounds.statistics import mean_of, measured
from generators.watch import Patience
from spectro.stft import SpectrogramSetting
from spectro.streaming import StreamingGriffinLim
from training.cli import tell
from training.fitting.samples import Sample

COUNT = 8
"""Continuations made at every look, from the same clips and the same noise each time."""
STILL = 0.1
"""A sound that moves less than this share of the data's movement is constant."""
SILENCE = -90.0
"""Level in dB below which nothing is heard."""


class Watch(Patience):
    """After every epoch goes on with COUNT clips from their middle, and adds `measures.measured` of that to the logs; also

    dead      1 if all of them are silent or constant

    Warns when they become so; raises InputError with advice after `patience` such epochs on end (0: never).
    """

    def __init__(
        self, run: Path, pictures: np.ndarray, setting: SpectrogramSetting, data: dict[str, float], patience: int
    ) -> None:
        """pictures: (COUNT, rows, columns) of validation clips. data: the measures of the training clips."""
        super().__init__(run, patience)
        self.pictures, self.setting, self.data = pictures, setting, data
        self.made: np.ndarray | None = None
        self.stream: Stream | None = None

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.made = self._continued(self.model)
        found = [measured(picture, self.setting) for picture in self.made]
        still = STILL * self.data["movement"]
        dead = all(one["level"] < SILENCE or one["movement"] < still for one in found)
        logs |= mean_of(found) | {"dead": float(dead)}
        if dead and not self.dead:
            tell(
                f"epoch {epoch + 1}: continuations are silent or constant (level {logs['level']:.0f} dB, movement "
                f"{logs['movement']:.1f} dB; the data have {self.data['level']:.0f} and {self.data['movement']:.1f})"
            )
        advice = "the model does not go on with a sound; try --preset ours, or another --learning-rate"
        self.count(dead, "nothing but silence or constant tones", advice)

    def samples(self, model: keras.Model) -> list[Sample]:
        """Sampler of `training.fitting.samples`: clips gone on with from their middle, pictures and a sound."""
        made = self._continued(model) if self.made is None else self.made
        whole = np.concatenate([self.pictures[..., : self._middle], made], axis=-1)
        grey = np.rint(255 * whole[:, ::-1, :, None]).astype(np.uint8)
        rebuild = StreamingGriffinLim(self.setting)
        sound = np.concatenate([rebuild.add(self.setting.to_magnitude(whole[0], 1.0)), rebuild.finish()])
        sound *= 0.5 / max(np.abs(sound).max(), 1e-9)
        return [Sample("continued", "image", sheet(grey, across=4)), Sample("continued", "audio", sound, self.setting.rate)]

    @property
    def _middle(self) -> int:
        return self.pictures.shape[-1] // 2

    def _continued(self, model: Any) -> np.ndarray:
        """The continuations of the clips' first halves: (COUNT, rows, columns)."""
        if self.stream is None or self.stream.model is not model:
            self.stream = Stream(model, len(self.pictures))
        return continued(self.stream, self.pictures[..., : self._middle], self.pictures.shape[-1] - self._middle)


def continued(stream: Stream, pictures: np.ndarray, columns: int, temperature: float = 1.0, seed: int = 0) -> np.ndarray:
    """How `stream` goes on with pictures (sounds, rows, heard): (sounds, rows, columns). Sound i draws from (seed, i)."""
    stream.hear(np.swapaxes(pictures, -1, -2))
    generators = [np.random.default_rng((seed, item)) for item in range(len(pictures))]
    made = [stream.make(noise_of(stream.model.output_head, generators, temperature)) for _ in range(-(-columns // CHUNK))]
    return np.swapaxes(np.concatenate(made, axis=1)[:, :columns], -1, -2)
