"""Recordings into MIDI files with their notes as JSON and a drawing; `transfer.transcribe` and `transfer.apply` use it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from midi.files.reading import read
from midi.files.writing import write
from midi.notes import Piece
from midi.pedal import PIANOS
from midi.pedalling import RELEASE, Pedalling, find_pedal
from midi.synthesis.rendering import render
from training.cli import log
from training.errors import InputError
from training.files import beside, save_figure, write_json
from training.runs import versions
from transfer.transcription.drawing import SECONDS, figure_of
from transfer.transcription.dynamics import put_around_the_middle
from transfer.transcription.measures import figures
from transfer.transcription.networks import HEADS
from transfer.transcription.notes import PITCHES
from transfer.transcription.options import Manner
from transfer.transcription.rendering import truth_of
from transfer.transcription.timing import beats_at, beats_of, piece_of
from transfer.transcription.transcriber import Transcriber

OUT_OF_TUNE = 20.0
"""Cents from which on a tuning that is not undone is told."""
DIGITS = 4
"""Of seconds in the JSON file."""


class Application:
    """The network of a run, opened to write recordings down; see `transfer.contract.open_application`.

    strength: 1, as there is nothing between a recording and its notes. InputError: another one.
    """

    suffix = ".mid"

    def __init__(self, run: Path, overlap: float = 0.125, strength: float = 1.0, manner: Manner | None = None) -> None:
        if strength != 1:
            raise InputError(f"a transcription has no --strength between sound and notes; received {strength}")
        self.manner = manner or Manner()
        if self.manner.quantise and self.manner.tempo is None:
            raise InputError(f"--quantise {self.manner.quantise} needs a --tempo: auto, or beats a minute")
        if self.manner.pedal and self.manner.program >= PIANOS:
            raise InputError(f"--pedal is for pianos, --program 0 to {PIANOS - 1}; received --program {self.manner.program}")
        self.transcriber = Transcriber(run, overlap)

    def write(self, source: Path, target: Path, options: dict[str, Any]) -> None:
        """Write the notes of the recording `source` to `target` (.mid), and <target>.json and .png; with `listen` .wav.

        InputError: silent, no note found, no beat found where beats are asked for.
        """
        each = self.manner.channels == "each"
        heard = self.transcriber.listen(source, mono=not each)
        if not heard.loudness:
            raise InputError(f"{source} is silent: there are no notes in it")
        cents = self._tuning(source, heard.cents)
        rate = self.transcriber.frames_a_second * 2 ** (cents / 1_200)
        kept, parts = _Kept(rate), []
        for channel in range(heard.channels) if each else [None]:
            roll = self.transcriber.roll(source, heard, cents=cents, channel=channel, harmonic=self.manner.harmonic)
            parts.append(self.transcriber.notes(kept.passing(roll), cents))
        if not sum(map(len, parts)):
            raise InputError(f"{source}: no note was found in it; is it speech, noise or drums alone?")
        put_around_the_middle(parts)
        piece = self._piece(parts, kept.onsets, rate)
        save_figure(figure_of(source, kept.beginning, rate, piece), beside(target, ".png"))
        facts = {"source": source, "run": self.transcriber.run, "estimated_cents": heard.cents, "undone_cents": cents}
        if self.manner.pedal:
            piece, found = find_pedal(piece)
            facts["pedal"] = asdict(found)
            log(f"{source}: {_words(found)}")
        write(target, piece)
        if self.manner.against:
            facts["figures"] = asdict(figures(self._truth(), np.concatenate(parts)))
        if self.manner.listen:
            facts["sound"] = render(piece, beside(target, ".wav"))
        write_json(
            beside(target, ".json"),
            {
                "command": "transfer.transcribe",
                **facts,
                "options": options,
                "thresholds": asdict(self.transcriber.thresholds),
                "notes": [_facts(note, channel) for channel, notes in enumerate(parts) for note in notes],
                "versions": versions(),
            },
        )
        log(f"{source}: {sum(map(len, parts)):,} notes")

    def _truth(self) -> np.ndarray:
        """The notes of the MIDI file that is given. InputError: unreadable, none."""
        truth = truth_of(read(self.manner.against))
        if not len(truth):
            raise InputError(f"--against {self.manner.against} has no note that could be heard")
        return truth

    def _tuning(self, source: Path, estimated: float) -> float:
        """The cents that are undone."""
        if self.manner.tuning == "auto":
            log(f"{source}: tuned {estimated:+.0f} cents from A = 440 Hz, which is undone")
            return estimated
        if abs(estimated - self.manner.tuning) > OUT_OF_TUNE:
            log(f"{source}: seems to be tuned {estimated:+.0f} cents from A = 440 Hz; --tuning auto undoes that")
        return self.manner.tuning

    def _piece(self, parts: list[np.ndarray], onsets: np.ndarray, rate: float) -> Piece:
        tempo = self.manner.tempo
        beats = None if tempo is None else beats_of(onsets, rate) if tempo == "auto" else beats_at(tempo, onsets, rate)
        return piece_of(parts, beats, self.manner.quantise, self.manner.program)


class _Kept:
    """What is kept of rolls that pass by: of several, of one length, the greatest.

    beginning: the frames that are drawn; onsets: (frames,) how much begins in each.
    """

    def __init__(self, rate: float) -> None:
        self.drawn = math.ceil(SECONDS * rate)
        self.beginning = np.zeros((0, PITCHES, len(HEADS)), np.uint8)
        self.onsets = np.zeros(0, np.float32)

    def passing(self, roll: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """The same stretches."""
        beginning, onsets, frames = [self.beginning[:0]], [self.onsets[:0]], 0
        for stretch in roll:
            beginning.append(stretch[: max(0, self.drawn - frames)].copy())  # a view would hold all of the stretch
            onsets.append(stretch[..., HEADS.index("onset")].sum(axis=1, dtype=np.float32))
            frames += len(stretch)
            yield stretch
        self.beginning = _greatest(self.beginning, np.concatenate(beginning))
        self.onsets = _greatest(self.onsets, np.concatenate(onsets))


def _greatest(kept: np.ndarray, new: np.ndarray) -> np.ndarray:
    return np.maximum(kept, new) if len(kept) else new


def _words(found: Pedalling) -> str:
    """What a user is told of the pedal."""
    if not found.down:
        return "no pedal is written, as too few notes that began one after the other end together"
    seconds = sum(up - down for down, up in found.down)
    return (
        f"the pedal goes down {len(found.down):,} times, {seconds:,.1f} s in all; {found.shortened:,} keys are left while "
        f"it is, {found.moved:,} ends moved to its releases or to new strokes, by {1_000 * RELEASE:.0f} ms at most"
    )


def _facts(note: np.void, channel: int) -> dict[str, Any]:
    """As JSON."""
    times = {name: round(float(note[name]), DIGITS) for name in ("onset", "offset")}
    whole = {name: int(note[name]) for name in ("pitch", "velocity")}
    return times | whole | {"confidence": round(float(note["confidence"]), DIGITS), "channel": channel}
