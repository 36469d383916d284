"""The options of `transfer.transcribe`. Imports nothing heavy, so that help is quick."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import tyro

from training.options import Range

Tempo = Annotated[float, Range(20, 400)]
"""Beats a minute."""
Cents = Annotated[float, Range(-100, 100)]
"""Hundredths of a semitone."""


@dataclass(frozen=True)
class Manner:
    """How a recording is heard, and how its notes are written down."""

    tempo: Literal["auto"] | Tempo | None = None
    """Put the notes into beats: those that are found, or of so many a minute. By default times stay as they are, and the
    file counts 120 quarters a minute."""
    quantise: Literal[0, 4, 8, 12, 16, 24, 32] = 0
    """Bring onsets and ends to such parts of a whole note, 16 for sixteenths; needs --tempo. 0: as they were played."""
    tuning: Literal["auto"] | Cents = 0.0
    """How far above A = 440 Hz the recording is tuned, in cents, to be undone; auto: as estimated. Estimates are told."""
    channels: Literal["mix", "each"] = "mix"
    """The mean of all channels, or a track of its own for each."""
    harmonic: bool = False
    """Keep those notes alone that are heard without the drums, too, as far as median filters take these out: drums are not
    transcribed, and must not become notes. Takes twice as long."""
    program: Annotated[int, Range(0, 127)] = 0
    """General MIDI program of the notes; 0 is a piano."""
    pedal: bool = False
    """Write the sustain pedal of a piano where notes that began one after the other end together, and leave its keys as
    soon as the hand goes on: played with the pedal, the file sounds as without this option."""
    against: Path | None = None
    """MIDI file with the true notes of a recording, drums aside: how right those found are then stands in NAME.mid.json."""
    listen: bool = False
    """Also write NAME.mid.wav, the notes as the built-in synthesiser plays them."""


@dataclass(frozen=True)
class TranscribeOptions(Manner):
    """What to write down, and where."""

    files: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Recordings of any length, rate and number of channels."""
    run: Path | None = None
    """Run directory of `transfer.train transcription`; by default the one that ships."""
    output: Path = Path("transcribed")
    """Folder for the results, named like the files, or the name of a .mid file if there is but one."""
    force: bool = False
    """Overwrite results that exist."""
