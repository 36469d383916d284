"""A trained transcription network, ready for recordings of any length, rate and number of channels."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from spectro.audio import blocks
from spectro.libraries import librosa
from spectro.pieces import SILENCE
from training.cli import log
from training.errors import InputError
from training.files import read_json
from training.runs import load, read_run
from transfer.transcription.acoustics import LEVEL, without_drums
from transfer.transcription.dynamics import velocities
from transfer.transcription.model import Config
from transfer.transcription.networks import HEADS
from transfer.transcription.notes import Thresholds, notes_of

THRESHOLDS = "thresholds.json"
"""In a run: what was chosen on its validation part."""
WINDOW = 640
"""Frames that are worked out at once."""
BLOCK = 0.5
"""Seconds that are read at once, and whose level is taken."""
TUNED_BY = 60.0
"""Seconds from the first sound on by which a recording's tuning is estimated."""


@dataclass(frozen=True)
class Source:
    """What a first pass over a recording finds."""

    channels: int
    loudness: float
    """RMS of the loudest half second; 0 in silence."""
    cents: float
    """How far it is tuned above A = 440 Hz, or below, -50 to 50; 0 in silence."""


class Transcriber:
    """The network of a run with its thresholds.

        transcriber = Transcriber("runs/transcription")
        notes = transcriber.notes(transcriber.roll("song.wav"))

    Memory does not grow with a recording's length, but for its notes.

    InputError: not a run of transcription.
    """

    def __init__(self, run: str | os.PathLike, overlap: float = 0.0) -> None:
        record = read_run(run)
        if record.get("model") != "transcription":
            raise InputError(f"{run} is a run of {record.get('model')}; expected one of transcription")
        self.run, self.config = Path(run), config_of(record)
        self.thresholds = thresholds_of(run)
        self.margin = max(reach(self.config), round(overlap * WINDOW / 2))
        model = load(run)
        self._picture = model.get_layer("picture")
        self._model = keras.Model(model.input, [self._picture.output, model.output])

    @property
    def frames_a_second(self) -> float:
        """Of a roll."""
        return self.config.rate / self.config.hop

    def listen(self, path: str | os.PathLike, *, mono: bool = True) -> Source:
        """Read a recording once. InputError: as `spectro.audio.blocks`."""
        loudest, channels, heard, length = 0.0, 1, [], 0
        for block in blocks(path, BLOCK, rate=self.config.rate, mono=mono):
            block = np.atleast_2d(block)
            channels, level = len(block), float(np.sqrt(np.square(block, dtype=np.float64).mean(axis=1).max()))
            loudest = max(loudest, level * (block.shape[1] / (BLOCK * self.config.rate)) ** 0.5)
            if level > SILENCE and length < TUNED_BY * self.config.rate:
                heard.append(block.mean(axis=0))
                length += len(heard[-1])
        return Source(channels, loudest if loudest > SILENCE else 0.0, self._tuning(heard))

    def _tuning(self, heard: list[np.ndarray]) -> float:
        """In cents."""
        sound = np.concatenate(heard) if heard else np.zeros(0, np.float32)
        if len(sound) < self.config.rate / 10:
            return 0.0
        return 100 * float(librosa.estimate_tuning(y=sound, sr=self.config.rate, n_fft=4_096))

    def roll(
        self,
        path: str | os.PathLike,
        source: Source | None = None,
        *,
        cents: float = 0.0,
        channel: int | None = None,
        harmonic: bool = False,
    ) -> Iterator[np.ndarray]:
        """What is heard in a recording, stretch by stretch: (frames, PITCHES, len(HEADS)) uint8, 255 is 1.

        cents: what the recording is tuned above A = 440 Hz, which is undone by reading it slower: a frame then lasts
        2 ** (-cents / 1200) as long. channel: that one alone, by default the mean of all. harmonic: what is heard without
        its drums, too, which median filters take out (Fitzgerald, "Harmonic/percussive separation using median filtering",
        DAFx 2010).
        """
        source = source or self.listen(path, mono=channel is None)
        if not source.loudness:
            return
        rate = round(self.config.rate * 2 ** (cents / 1_200))
        pieces = blocks(path, BLOCK, rate=rate, mono=channel is None, note=lambda line: None)  # `listen` has told
        chosen = (piece if channel is None else piece[channel] for piece in pieces)
        yield from self.stream(chosen, LEVEL / source.loudness, harmonic)

    def notes(self, roll: Iterable[np.ndarray], cents: float = 0.0) -> np.ndarray:
        """The notes of a roll's stretches, of HEARD, as loud as they are beside LEVEL."""
        return notes_of(roll, self.frames_a_second * 2 ** (cents / 1_200), self.thresholds)

    def stream(self, pieces: Iterable[np.ndarray], gain: float = 1.0, harmonic: bool = False) -> Iterator[np.ndarray]:
        """Pieces (samples,) of a sound of LEVEL -> stretches of the roll, with velocities by `dynamics`. Windows overlap by
        all that the network sees, so that it does not matter where they lie."""
        hop, margin = self.config.hop, self.margin
        size, total, done = (WINDOW + 2 * margin) * hop, 0, 0
        waiting = np.zeros(margin * hop, np.float32)  # before it there is silence, so that what it begins with begins there
        for piece in pieces:
            waiting, total = np.concatenate([waiting, gain * piece]), total + len(piece)
            while len(waiting) >= size:
                yield self._through(waiting[:size], harmonic)[margin : margin + WINDOW]
                done, waiting = done + WINDOW, waiting[WINDOW * hop :]
        if (left := 1 + total // hop - done) > 0:
            yield self._through(np.pad(waiting, (0, size - len(waiting))), harmonic)[margin : margin + left]

    def _through(self, window: np.ndarray, harmonic: bool) -> np.ndarray:
        picture, roll = self._heard(window)
        if harmonic:
            # What is left of drums sounds like notes, too, though like others: what drums are heard as is not in both.
            picture, left = self._heard(without_drums(window, self.config.rate))
            roll = np.minimum(roll, left)
        roll[..., HEADS.index("velocity")] = velocities(picture, self._picture, LEVEL)
        return np.rint(255 * roll).astype(np.uint8)

    def _heard(self, window: np.ndarray) -> list[np.ndarray]:
        """Its picture and its roll."""
        heard = self._model.predict_on_batch(np.float32(window)[None])  # as a graph, whose memory does not grow
        return [np.array(one[0]) for one in heard]


def config_of(record: dict) -> Config:
    """Of a run's record, whose tuples JSON has made lists. InputError: options of another version."""
    if others := [*record["config"].keys() - Config.__dataclass_fields__.keys()]:
        raise InputError(f"the run was made by another version, which had --{others[0]}; train it again")
    return Config(**{name: tuple(value) if isinstance(value, list) else value for name, value in record["config"].items()})


def thresholds_of(run: str | os.PathLike) -> Thresholds:
    """Those that the run has chosen, or the usual ones, where its training has not ended; those of a version that found
    notes in another way are left aside, which is told."""
    path = Path(run, THRESHOLDS)
    chosen = read_json(path)["thresholds"] if path.exists() else {}
    if others := [*chosen.keys() - Thresholds.__dataclass_fields__.keys()]:
        log(f"the thresholds of {run} are of another version, with {others[0]!r}: the usual ones are taken")
        chosen = {}
    return Thresholds(**chosen)


def reach(config: Config) -> int:
    """Frames on each side that a frame of the roll depends on."""
    half = config.kernel // 2
    convolutions = 2 + half * (config.blocks + sum(config.dilations))
    return convolutions + -(-max(config.windows) // 2 // config.hop)
