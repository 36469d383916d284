"""How much of the music comes back from a picture: our codecs beside the piano rolls of muspy and note-seq, where installed.

Every piece goes into pictures and back; onset F1 and onset-and-offset F1 by the rules of mir_eval (within 50 ms, and an
offset within a fifth of the note), against the notes of the file as our reader has them, mean of the files. Drums must come
back as drums; no piano roll tells them. Not among the benchmarks that run by themselves.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from training.cli import bar, run

if TYPE_CHECKING:
    from midi.notes import Piece

MUSPY_RESOLUTION = 24
"""Columns in a quarter of muspy's roll, its usual one."""
FRAMES = 100
"""Frames a second of note-seq's roll."""


@dataclass(frozen=True)
class Options:
    """What is measured."""

    folders: tyro.conf.Positional[tuple[Path, ...]]
    """Folders of MIDI files; those below them count."""
    codecs: tuple[str, ...] = ("roll96", "roll64", "dense88", "lossless")
    """Our codecs."""
    every: int = 1
    """Every so many files only."""
    peers: int = 5
    """muspy and note-seq, which are slow, have every so many of these."""


def main(options: Options) -> None:
    """Print the table."""
    from midi.codecs.losses import in_words

    print("| folder | way | files | onset F1 | onset and offset F1 | equal in all | losses |\n|---|---|---|---|---|---|---|")
    ways = [(name, lambda path, piece, name=name: _by_codec(piece, name), 1) for name in options.codecs]
    ways += [(name, way, options.peers) for name, way in _peers()]
    for folder in options.folders:
        files = _files(folder)[:: options.every]
        for name, way, every in ways:
            scores, losses = _scores(files[::every], way)
            found = " | ".join(f"{score:.4f}" for score in scores[1:])
            print(f"| {folder.name} | {name} | {scores[0]} | {found} | {in_words(losses) if losses else ''} |", flush=True)


def _files(folder: Path) -> list[Path]:
    from midi.files.reading import SUFFIXES
    from training.corpora.sources import find_sources

    return [source.path for source in find_sources(folder, SUFFIXES)]


def _scores(files: list[Path], way: Callable) -> tuple[tuple[int, float, float, float], dict[str, float]]:
    """((files, onset F1, onset and offset F1, share of equal notes), losses) of one way; the files that it can read."""
    import numpy as np

    from midi.codecs.losses import added
    from midi.files.reading import read
    from midi.measures.fidelity import exact, fidelity
    from training.errors import InputError

    rows, losses = [], []
    for path in bar(files, len(files)):
        try:
            piece = read(path, note=lambda _: None)
            back, lost = way(path, piece)
        except InputError:
            continue
        score = fidelity(piece, back)
        rows.append((score.onset_f1, score.note_f1, exact(piece, back)[0]))
        losses.append(lost)
    means = np.mean(rows, axis=0).tolist() if rows else [math.nan] * 3
    return (len(rows), *means), added(losses) if any(losses) else {}


def _by_codec(piece: Piece, name: str) -> tuple[Piece, dict[str, float]]:
    from midi.codecs import codec_named

    codec = codec_named(name)
    encoded = codec.encode(piece, keep_empty=False)
    back = codec.decode(encoded.images, encoded.windows, encoded.layers, tempo=piece.tempo_map)
    return back, {key: value for key, value in encoded.losses.items() if key not in piece.left_out}


def _peers() -> Iterator[tuple[str, Callable[[Path, Piece], tuple[Piece, dict[str, float]]]]]:
    """Those that are installed."""
    from importlib.util import find_spec

    for module, name, way in (
        ("muspy", f"muspy piano roll, {MUSPY_RESOLUTION} a beat", _by_muspy),
        ("note_seq", f"note-seq piano roll, {FRAMES} a second", _by_note_seq),
    ):
        if find_spec(module):
            yield name, way


def _by_muspy(path: Path, piece: Piece) -> tuple[Piece, dict[str, float]]:
    import muspy

    music = muspy.read_midi(path)
    music.adjust_resolution(MUSPY_RESOLUTION)
    roll = muspy.to_pianoroll_representation(music)
    back = muspy.from_pianoroll_representation(roll, resolution=MUSPY_RESOLUTION)
    notes = [(note.time, note.end, note.pitch, note.velocity) for track in back.tracks for note in track.notes]
    # The tempos are the file's, in a division that holds both kinds of ticks.
    division = math.lcm(piece.division, MUSPY_RESOLUTION)
    tempos = piece.tempos.copy()
    tempos["tick"] *= division // piece.division
    return _piece(notes, division // MUSPY_RESOLUTION, division, tempos), {}


def _by_note_seq(path: Path, piece: Piece) -> tuple[Piece, dict[str, float]]:
    import note_seq
    from note_seq import sequences_lib

    sequence = note_seq.midi_file_to_note_sequence(str(path))
    roll = sequences_lib.sequence_to_pianoroll(sequence, frames_per_second=FRAMES, min_pitch=0, max_pitch=127)
    back = sequences_lib.pianoroll_to_note_sequence(
        roll.active, frames_per_second=FRAMES, min_duration_ms=0, min_midi_pitch=0, onset_predictions=roll.onsets
    )
    notes = [(note.start_time, note.end_time, note.pitch, note.velocity) for note in back.notes]
    return _piece(notes, 10_000, 10_000, 1_000_000), {}


def _piece(notes: list[tuple], ticks: int, division: int, tempos) -> Piece:
    """A piece of (start, end, pitch, velocity), a unit of time being `ticks`."""
    import numpy as np

    from midi.notes import make_piece, note_table

    start, end, pitch, velocity = np.array(notes, float).reshape(-1, 4).T
    start, end = (np.rint(time * ticks).astype(np.int64) for time in (start, end))
    table = note_table(len(start), start=start, end=np.maximum(end, start), pitch=pitch, velocity=np.clip(velocity, 1, 127))
    return make_piece(table, division, tempos)


if __name__ == "__main__":
    run(main, Options)
