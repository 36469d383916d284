"""MIDI files as clips of sound with their rolls, which a transcription network trains on."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from midi.demo import demo_folder
from midi.files.reading import SUFFIXES
from midi.images import read_source
from midi.notes import Piece
from midi.synthesis.rendering import check_soundfont, player_of
from midi.synthesis.soundfonts import HOW_TO_INSTALL
from spectro.clips import to_int16, to_model
from training.cli import log
from training.corpora.batches import Batches
from training.corpora.corpus import Corpus
from training.corpora.hashes import sha256
from training.corpora.sources import find_sources
from training.corpora.split import Split, split_corpus
from training.corpora.user_cache import open_corpus
from training.errors import InputError
from training.files import read_json, write_json
from training.runs import cache_of, read_run
from transfer.transcription.notes import PITCHES, roll_of
from transfer.transcription.rendering import VERSION, rendered

PARTS = ("validation", "test")
"""Files that a network does not learn from: to choose by, and to report on."""
HELD_OUT = "held_out.json"
"""In a run: their names and hashes, and under NOTES the hashes of what recordings among them are told by."""
NOTES = "notes"
SETTING = ("rate", "hop", "seconds")
"""Facts of a corpus that decide whether it serves a model."""


@dataclass(frozen=True)
class RenderedClips:
    """Encoder of `training.corpora.build`: a MIDI file -> clips of renderings of it, each with its roll."""

    rate: int
    hop: int
    seconds: float
    """Of a clip."""
    excerpt: float
    """Seconds of the piece that a rendering has."""
    renderings: int = 1
    """Of each file; each draws another excerpt, and all that `transfer.transcription.rendering` varies."""
    soundfonts: tuple[str, ...] = ()
    """That play, besides the built-in synthesiser."""
    seed: int = 0

    kind = "rendered clips"
    shape = ()

    @property
    def samples(self) -> int:
        """Of a clip, whole hops."""
        return self.hop * max(1, round(self.seconds * self.rate / self.hop))

    @property
    def frames(self) -> int:
        """Of a clip's roll."""
        return 1 + self.samples // self.hop

    @property
    def dtype(self) -> list[tuple[str, str, tuple[int, ...]]]:
        """A clip, and what `transfer.transcription.notes.roll_of` makes of its notes."""
        return [("sound", "<i2", (self.samples,)), ("roll", "|u1", (self.frames, PITCHES, 4))]

    def facts(self) -> dict[str, Any]:
        """For the corpus' manifest; SoundFonts by name and content."""
        fonts = {Path(font).name: sha256(Path(font))[:16] for font in self.soundfonts}
        names = ("rate", "hop", "seconds", "excerpt", "renderings", "seed")
        return {name: getattr(self, name) for name in names} | {"soundfonts": fonts, "version": VERSION}

    def serves(self, facts: dict[str, Any]) -> bool:
        """Clips of the same rate, hop and length."""
        return all(facts[name] == getattr(self, name) for name in SETTING)

    def __call__(self, path: Path) -> Iterator[np.ndarray]:
        """Blocks of clips (count,), none of an excerpt without a note that a piano has. InputError: unreadable."""
        piece, _ = read_source(path)
        generator = np.random.default_rng([self.seed, zlib.crc32(path.read_bytes())])
        for _ in range(self.renderings):
            sound, notes = rendered(piece, generator, rate=self.rate, seconds=self.excerpt, soundfonts=self.soundfonts)
            if len(notes):
                yield self._clips(sound, notes)

    def _clips(self, sound: np.ndarray, notes: np.ndarray, begin: float = 0.0) -> np.ndarray:
        """(count,) of a sound from `begin` seconds on; a last piece shorter than half a clip is dropped unless it is the
        only one."""
        count = max(1, round(len(sound) / self.samples))
        sound = np.pad(sound, (0, max(0, count * self.samples - len(sound))))
        clips = np.zeros(count, self.dtype)
        clips["sound"] = to_int16(sound[: count * self.samples].reshape(count, self.samples))
        for number, clip in enumerate(clips):
            clip["roll"] = roll_of(notes, self.frames, self.rate / self.hop, begin + number * self.samples / self.rate)
        return clips


def open_clips(data: str | os.PathLike | None, clips: RenderedClips, cache: Path | None = None) -> Corpus:
    """The corpus of the rendered MIDI files of `data` (folder, CSV or corpus); None is the demo music."""
    return open_corpus(data or demo_folder(cache), clips, SUFFIXES, cache)


def is_midi(path: str | os.PathLike) -> bool:
    """Whether a file is a piece by its name, and not a recording."""
    return Path(path).suffix.lower() in SUFFIXES


def split_pieces(corpus: Corpus, seed: int, before: Path | None = None) -> Split:
    """Parts of whole pieces, each counted once, so that other renderings of the same pieces part them alike.

    before: a run that is gone on with. What it held out stays in its part, and all else is trained on, so that nothing is
    reported on that the first of the two learned from; where one part or both are gone, all are drawn as for a first run.
    """
    held = read_json(before / HELD_OUT) if before and (before / HELD_OUT).is_file() else {part: {} for part in PARTS}
    units = [row["group"] or row["name"] for row in corpus.rows]
    numbers: dict[str, int] = {}
    for number, part in enumerate(PARTS, 1):
        mine = [held[part].get(row["name"]) == row["sha256"] for row in corpus.rows]
        numbers |= {unit: number for unit, is_held in zip(units, mine, strict=True) if is_held}
    part_of = np.array([numbers.get(unit, 0) for unit in units])
    if set(part_of) != {0, 1, 2}:
        if part_of.any():
            log(f"of what {before} held out there is not each part: parts are drawn anew, with files that it learned from")
        return split_corpus(corpus, seed=seed, labelled=False, sizes=np.ones(len(corpus.rows)))
    log(f"{np.count_nonzero(part_of)} files that {before} held out are held out again, no others")
    train, validation, test = (np.flatnonzero(part_of[corpus.source_of] == number) for number in range(3))
    return Split(train, validation, test, ())


def write_parts(run: Path, corpus: Corpus, split: Split, notes: Mapping[str, str]) -> None:
    """Keep in a run which files were held out, by name, with their hashes; notes: recording -> hash of its notes."""
    rows = {name: [corpus.rows[row] for row in np.unique(corpus.source_of[getattr(split, name)])] for name in PARTS}
    parts = {name: {row["name"]: row["sha256"] for row in mine} for name, mine in rows.items()}
    held = {name for part in parts.values() for name in part}
    write_json(run / HELD_OUT, parts | {NOTES: {name: digest for name, digest in notes.items() if name in held}})


def held_out(run: Path, part: str, data: str | os.PathLike | None = None, cache: Path | None = None) -> list[Piece]:
    """The pieces of a run's part, one of PARTS, in the order of their names. data: where the files are now.

    InputError: a file that is gone, or another one now.
    """
    wanted = {name: digest for name, digest in read_json(run / HELD_OUT)[part].items() if is_midi(name)}
    if not wanted:
        return []
    record = read_run(run)
    place = data or record["data"]["path"] or demo_folder(cache_of(record, cache))
    path_of = {source.name: source.path for source in find_sources(place, SUFFIXES)}
    if missing := [name for name in wanted if name not in path_of or sha256(path_of[name]) != wanted[name]]:
        raise InputError(
            f"{place} has no {missing[0]} that the run was trained beside, or another one; give its place as --data"
        )
    return [read_source(path_of[name])[0] for name in sorted(wanted)]


def checked_soundfonts(paths: Sequence[str | os.PathLike]) -> tuple[str, ...]:
    """Their absolute paths. InputError: one that is none, or nothing that plays them."""
    for path in paths:
        check_soundfont(path)
        if player_of(path) is None:
            raise InputError(f"there is no player for --soundfont {path}; {HOW_TO_INSTALL}")
    return tuple(os.path.abspath(path) for path in paths)


def batches(
    corpus: Corpus, indices: np.ndarray, batch_size: int, *, seed: int = 0, gain: float = 0.0, shuffle: bool = True
) -> Batches:
    """Batches of (waveforms float32 in [-1, 1), rolls float32 in [0, 1]); gain: dB by which levels change at random."""

    def pairs(clips: np.ndarray, targets: None, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        levels = 10 ** (gain * generator.uniform(-1, 1, (len(clips), 1)) / 20)
        sound = np.clip(to_model(clips["sound"]) * levels, -1, 1).astype(np.float32)
        return sound, clips["roll"].astype(np.float32) / 255

    return Batches(corpus, indices, batch_size, seed=seed, transform=pairs, shuffle=shuffle)
