"""Recordings that go on with copies of what was heard, from where a model points, in memory that does not grow."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from generators.sounds.primers import Primer, as_heard, whole_recording
from generators.sounds.splicing import Splicer, fade_samples
from generators.sounds.writer import CopyWriter

SHORTEST = 1.0
"""Seconds of the shortest recording that goes on."""
SLACK = 0.75
"""Columns by which a lag may be changed so that waveforms agree: the half that rounding leaves open, and a little more. Of
0.5, 0.75, 1 and 1.5 it kept rhythm best on 16 tracks of validation."""


class PointerSampler:
    """`count` recordings that go on: the model hears the last of each, says lags, and `Splicer` copies.

    What was copied is heard in its turn. At temperature 0 the likeliest lag is taken, else one is drawn.
    """

    batch, draws, copies = 1, True, True

    def __init__(self, model: Any, count: int) -> None:
        self.model, self.count, self.setting = model, count, model.setting
        self.seconds = model.segment * model.setting.hop / model.setting.rate
        self.piece = self.seconds * model.segments
        columns = keras.Input((model.heard, model.setting.rows))
        self._network = keras.Model(columns, Logits(model)(columns))

    def primer(self, path: str | os.PathLike) -> Primer:
        """The end of a recording as it is."""
        return whole_recording(path, self.setting, SHORTEST)

    def go_on(
        self, primers: Sequence[Primer], generators: Sequence[np.random.Generator], seconds: float, temperature: float
    ) -> Iterator[list[np.ndarray]]:
        """Pieces, for each sound (channels, samples). They begin with the primer's last `fade_samples`, as the joint has
        them: so many samples more come than are asked for."""
        splicers = [Splicer(np.atleast_2d(primer.sound), primer.rate) for primer in primers]
        for place in range(0, math.ceil(seconds / self.seconds), self.model.segments):
            logits = self._network.predict_on_batch(np.stack([self.heard(each.sound, each.rate) for each in splicers]))
            lags = [lags_of(one, generator, temperature) for one, generator in zip(logits, generators, strict=True)]
            yield [self._copied(one, each, place, seconds) for one, each in zip(splicers, lags, strict=True)]
        yield [splicer.rest() for splicer in splicers]

    def pictures(self, primers: Sequence[Primer], columns: int, temperature: float = 1.0, seed: int = 0) -> np.ndarray:
        """What follows, analysed together with what stood before."""
        generators = [np.random.default_rng((seed, item)) for item in range(len(primers))]
        seconds = columns * self.setting.hop / self.setting.rate
        pieces = list(self.go_on(primers, generators, seconds, temperature))
        found = []
        for primer, *new in zip(primers, *pieces, strict=True):
            known = np.atleast_2d(primer.sound)[:, : -fade_samples(primer.rate)]
            sound = np.concatenate([known, *new], axis=1)
            magnitude = np.abs(self.setting.analyse(as_heard(sound, primer.rate, self.setting.rate)))
            found.append(self.setting.to_picture(magnitude, primer.reference)[:, -columns - 1 : -1])
        return np.stack(found)

    def writer(
        self, output: Path, item: int, primer: Primer, formats: tuple[str, ...], lead_in: float, seconds: float, seed: int
    ) -> CopyWriter:
        """What writes one of the sounds."""
        return CopyWriter(output, item, self.setting, primer, formats, lead_in)

    def heard(self, sound: np.ndarray, rate: int) -> np.ndarray:
        """Columns (heard, rows) of the last of a sound (channels, samples), silence before what is shorter."""
        setting, samples = self.setting, self.model.heard * self.setting.hop
        heard = as_heard(sound[:, -math.ceil(samples / setting.rate * rate) :], rate, setting.rate)[-samples:]
        heard = np.pad(heard, (samples - len(heard), 0))
        return setting.to_picture(np.abs(setting.analyse(heard))).T[:-1]

    def _copied(self, splicer: Splicer, lags: np.ndarray, place: int, seconds: float) -> np.ndarray:
        """Segments from `place` on, up to so many seconds, each copied at its lag: (channels, samples).

        As in training, a lag that is shorter than the time since the model heard is taken as often as it needs to reach
        what was heard. Segments of one lag are one copy.
        """
        column = self.setting.hop / self.setting.rate * splicer.rate
        times = np.minimum((place + np.arange(len(lags) + 1)) * self.seconds, seconds) * splicer.rate
        ends, pieces, done = np.round(times).astype(int) - round(times[0]), [], 0
        for number, lag in enumerate(lags):
            samples = ends[number + 1] - done
            if samples and (number + 1 == len(lags) or lags[number + 1] != lag):
                times_lag = int(done // (lag * column)) + 1
                slack = min(SLACK * times_lag, lag / 2)
                pieces.append(splicer.copy(round(times_lag * lag * column), int(samples), round(slack * column)))
                done = ends[number + 1]
        return np.concatenate(pieces, axis=1)


class Logits(keras.layers.Layer):
    """`SoundPointer.logits` as a layer."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.model = model
        self.built = True

    def call(self, columns: Any) -> Any:
        return self.model.logits(columns)


def lags_of(logits: np.ndarray, generator: np.random.Generator, temperature: float) -> np.ndarray:
    """A lag in columns for each segment, of logits (segments, lags): the likeliest at temperature 0, else drawn."""
    noise = temperature * generator.gumbel(size=logits.shape) if temperature else 0.0
    return (logits + noise).argmax(axis=1) + 1
