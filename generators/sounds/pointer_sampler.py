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

    What is copied is the recording alone, and it alone is heard: copies would seem to prove that the lag was right that they
    were made at. So a round ends where the copy comes to the recording's end, and the next one begins as the first did. At
    temperature 0 the likeliest lags are taken, always the same, else lags are drawn for each round.
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
        left = [round(seconds * primer.rate) for primer in primers]
        logits = self._network.predict_on_batch(np.stack([self.heard(each.sound, each.rate) for each in splicers]))
        while any(left):
            lags = [lags_of(one, generator, temperature) for one, generator in zip(logits, generators, strict=True)]
            pieces = [self._round(*each) for each in zip(splicers, lags, left, strict=True)]
            left = [samples - piece.shape[1] for samples, piece in zip(left, pieces, strict=True)]
            yield pieces
        yield [splicer.last for splicer in splicers]

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

    def _round(self, splicer: Splicer, lags: np.ndarray, most: int) -> np.ndarray:
        """A segment at each lag, then on to the recording's end, but no more samples than that: (channels, samples).

        Segments of one lag are one copy.
        """
        column = self.setting.hop / self.setting.rate * splicer.rate
        ends = np.minimum(np.round(np.arange(1, len(lags) + 1) * self.seconds * splicer.rate).astype(int), most)
        pieces, done = [splicer.sound[:, :0]], 0
        for number, (lag, end) in enumerate(zip(lags, ends, strict=True)):
            if end > done and (number + 1 == len(lags) or lags[number + 1] != lag):
                pieces.append(splicer.copy(round(lag * column), int(end) - done, round(SLACK * column)))
                done = int(end)
        return np.concatenate([*pieces, splicer.to_end(most - done)], axis=1)


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
