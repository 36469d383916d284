"""Recordings whose notes are known, from MIDI files or tables, which a network learns from as it does from renderings."""

from __future__ import annotations

import math
import os
from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from midi.files.reading import SUFFIXES, read
from spectro.audio import blocks
from spectro.clips import SUFFIXES as SOUNDS
from spectro.pieces import SILENCE
from training.cli import log
from training.corpora.corpus import Corpus
from training.corpora.hashes import hashes_of, sha256
from training.corpora.sources import Source, find_sources, read_csv
from training.corpora.user_cache import corpus_of
from training.errors import InputError
from training.files import read_json
from training.runs import read_run
from transfer.transcription.acoustics import LEVEL, levelled, loudness
from transfer.transcription.data import HELD_OUT, NOTES, RenderedClips, is_midi
from transfer.transcription.dynamics import MIDDLE
from transfer.transcription.notes import heard
from transfer.transcription.rendering import truth_of

BEFORE = 0.1
"""Seconds before the first note of an excerpt."""


@dataclass(frozen=True)
class Pair:
    """A row of a table of pairs."""

    name: str
    """The recording, as the table has it."""
    recording: Path
    notes: Path
    group: str = ""
    """Of recordings of one piece."""


def read_pairs(table: str | os.PathLike) -> list[Pair]:
    """The rows of a CSV with the columns recording and notes, paths from its folder on; group, if there, keeps recordings
    of one piece together. Rows without one of the two, and those that say again what another one says, are told and passed
    over.

    InputError: columns are missing, no row is left, a recording stands on two rows that differ.
    """
    table = Path(table)
    found: dict[str, Pair] = {}
    passed_over = 0
    for row in read_csv(table, ("recording", "notes"), ("group",)):
        name, notes, line = row["recording"], row["notes"], row["line"]
        if not (name and notes):
            log(f"passed over: line {line} of {table} has no {'notes' if name else 'recording'}")
            continue
        pair = Pair(name, table.parent / name, table.parent / notes, row["group"])
        before = found.setdefault(os.path.normpath(pair.recording), pair)
        if (before.notes, before.group) != (pair.notes, pair.group):
            raise InputError(f"{table}: line {line} has other notes or another group for {name} than a line before")
        passed_over += before is not pair
    if passed_over:
        log(f"passed over in {table}: {passed_over:,} rows that say again what another one says")
    if not found:
        raise InputError(f"{table} has no row with a recording and its notes")
    return sorted(found.values(), key=lambda pair: pair.name)


def notes_in(path: Path) -> tuple[np.ndarray, list[str]]:
    """(notes of HEARD, what is to be told of them) of a MIDI file, or of a CSV with the columns onset and offset in seconds,
    pitch as a MIDI number and, if it likes, velocity.

    InputError: unreadable, no note, rows that are none.
    """
    told: list[str] = []
    notes = truth_of(read(path, note=told.append)) if is_midi(path) else _from_table(path)
    if not len(notes):
        raise InputError(f"{path} has no note that could be heard")
    return notes, told


def _from_table(path: Path) -> np.ndarray:
    rows = read_csv(path, ("onset", "offset", "pitch"), ("velocity",))
    found, faults = [], []
    for row in rows:
        try:
            found.append(_note(row))
        except ValueError as error:
            faults.append(f"line {row['line']}: {error}")
    if faults:
        raise InputError(f"{path}: {len(faults):,} of {len(rows):,} rows are no notes; {faults[0]}")
    return heard(*np.array(found, float).reshape(-1, 4).T)


def _note(row: dict[str, str]) -> tuple[float, float, float, float]:
    """(onset, offset, pitch, velocity). ValueError: it is none, in words."""
    onset, offset, pitch = (float(row[name]) for name in ("onset", "offset", "pitch"))
    velocity = float(row["velocity"] or MIDDLE)
    if not 0 <= onset < offset < math.inf:
        raise ValueError(f"expected 0 <= onset < offset in seconds; received {onset:g} and {offset:g}")
    if pitch not in range(128) or not 1 <= velocity <= 127:
        raise ValueError(f"expected a pitch of 0 to 127 and a velocity of 1 to 127; received {pitch:g} and {velocity:g}")
    return onset, offset, pitch, velocity


@dataclass(frozen=True)
class PairedClips(RenderedClips):
    """Encoder that also takes recordings, those of which it has the notes; they are brought to LEVEL as a whole."""

    notes: tuple[tuple[str, str], ...] = ()
    """(path of a recording, path of its notes), absolute."""

    def facts(self) -> dict[str, Any]:
        """Also the notes, by content."""
        return super().facts() | {"notes": [digest for digest, _ in hashes_of([Path(notes) for _, notes in self.notes])]}

    def __call__(self, path: Path) -> Generator[np.ndarray, None, str]:
        """Blocks of clips. InputError: also silent, notes that are unreadable or end after the recording does."""
        notes_of = dict(self.notes)
        if str(path) not in notes_of:
            yield from super().__call__(path)
            return ""
        try:
            notes, told = notes_in(Path(notes_of[str(path)]))
        except InputError as error:
            raise InputError(f"its notes: {error}") from None
        seconds = max(1, round(self.excerpt / self.seconds)) * self.samples / self.rate
        loudest = max((loudness(block, self.rate) for block in self._blocks(path, seconds, told)), default=0.0)
        if loudest < SILENCE:
            raise InputError("silent")
        begin = 0.0
        for block in self._blocks(path, seconds, []):
            yield self._clips(block * (LEVEL / loudest), notes, begin)
            begin += len(block) / self.rate
        if notes["onset"].max() > begin:
            raise InputError(f"its notes go on to {notes['onset'].max():.1f} s, but it ends at {begin:.1f} s")
        return "; ".join(told)

    def _blocks(self, path: Path, seconds: float, told: list[str]) -> Generator[np.ndarray, None, None]:
        yield from blocks(path, seconds, rate=self.rate, mono=True, note=told.append)


def open_pairs(
    table: str | os.PathLike, data: str | os.PathLike | None, clips: RenderedClips, cache: Path | None = None
) -> Corpus:
    """The corpus of the recordings of a table, and of the MIDI files of the folder or CSV `data`, if given.

    Recordings whose notes are one MIDI file, in the table or in `data`, are of one group with it, so that no piece is in two
    parts of a split. InputError: as `read_pairs` and `find_sources`; groups that would part a piece.
    """
    if data and Path(data, "manifest.json").exists():
        raise InputError(f"--data {data} is a corpus, which takes no --pairs beside it; give the folder it was made of")
    pairs, pieces = read_pairs(table), find_sources(data, SUFFIXES) if data else []
    sources = _sources(pieces, pairs, cache)
    notes = tuple((str(pair.recording.absolute()), str(pair.notes.absolute())) for pair in pairs)
    fields = {name: getattr(clips, name) for name in clips.__dataclass_fields__}
    return corpus_of(sources, PairedClips(**fields, notes=notes), cache, told=table)


def held_out_pairs(run: Path, part: str, table: str | os.PathLike | None = None) -> list[Pair]:
    """The pairs of a run's part, one of PARTS, in the order of their names. table: where theirs is now.

    InputError: a recording or its notes are gone, or others now.
    """
    held = read_json(run / HELD_OUT)
    wanted = {name: digest for name, digest in held[part].items() if not is_midi(name)}
    if not wanted:
        return []
    place = table or read_run(run)["data"]["pairs"]
    pairs = {pair.name: pair for pair in read_pairs(place)}
    for name, digest in wanted.items():
        if name not in pairs or not _is(pairs[name].recording, digest):
            raise InputError(f"{place} has no {name} that the run was trained beside, or another one; give --pairs")
        if not _is(pairs[name].notes, held[NOTES][name]):
            raise InputError(f"the notes of {name}, {pairs[name].notes}, are gone or not those that it was held out with")
    return [pairs[name] for name in sorted(wanted)]


def hashes_of_notes(table: str | os.PathLike) -> dict[str, str]:
    """The recordings of a table by name -> the hashes of their notes, where they are there."""
    return {pair.name: sha256(pair.notes) for pair in read_pairs(table) if pair.notes.is_file()}


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and sha256(path) == digest


def _sources(pieces: Sequence[Source], pairs: Sequence[Pair], cache: Path | None) -> list[Source]:
    """The MIDI files and the recordings, those with the same notes in one group."""
    recordings = [
        Source(pair.recording, pair.name, group=pair.group, reason=SOUNDS.get(pair.recording.suffix.lower(), ""))
        for pair in pairs
    ]
    hashes = [digest for digest, _ in hashes_of([*(piece.path for piece in pieces), *(pair.notes for pair in pairs)], cache)]
    groups = dict.fromkeys(hashes[len(pieces) :], "")  # of those that recordings have
    both = list(zip([*pieces, *recordings], hashes, strict=True))
    for source, digest in both:
        if source.group and groups.get(digest, source.group) not in ("", source.group):
            raise InputError(f"{source.name} is of group {source.group}, its notes also of {groups[digest]}; give one group")
        if digest in groups:
            groups[digest] = groups[digest] or source.group
    return [replace(source, group=groups[digest] or digest) if digest in groups else source for source, digest in both]


def excerpt(pair: Pair, generator: np.random.Generator, *, rate: int, seconds: float) -> tuple[np.ndarray, np.ndarray]:
    """An excerpt of a recording as `transfer.transcription.rendering.rendered` gives it: (sound, its notes of HEARD).

    `generator` draws the note that it begins with. InputError: as `spectro.audio.blocks` and `notes_in`.
    """
    notes, _ = notes_in(pair.notes)
    last = max(notes["onset"].min(), notes["onset"].max() - seconds)
    begin = max(0.0, float(generator.choice(notes["onset"][notes["onset"] <= last])) - BEFORE)
    first, heard_by = round(begin * rate), round((begin + seconds) * rate)
    sound, read = np.zeros(0, np.float32), 0
    for block in blocks(pair.recording, seconds, rate=rate, mono=True, note=lambda line: None):
        sound = np.concatenate([sound, block[max(0, first - read) : max(0, heard_by - read)]])
        read += len(block)
        if read >= heard_by:
            break
    notes = notes[(notes["onset"] >= begin) & (notes["onset"] < begin + len(sound) / rate)]
    for name in ("onset", "offset"):
        notes[name] = np.minimum(notes[name] - begin, len(sound) / rate)
    return levelled(sound, rate), notes
