"""A corpus of a million roll96 images from variations of real files: memory flat, time linear.

Variations: every Nottingham tune in twelve keys and as many paces as are needed, each written as a MIDI file, so that the
build hashes, reads, encodes and writes as for a user's folder. One process; its largest resident set.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from training.cli import run

BUILD = """
import json, resource, sys, time
from midi.codecs import codec_named
from midi.images import MidiImages
from midi.files.reading import SUFFIXES
from training.corpora.build import build_corpus
from training.corpora.corpus import Corpus
from training.corpora.sources import find_sources
began = time.perf_counter()
build_corpus(find_sources(sys.argv[1], SUFFIXES), MidiImages(codec_named("roll96")), sys.argv[2], jobs=1)
seconds = time.perf_counter() - began
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps([len(Corpus(sys.argv[2])), seconds, memory]))
"""


@dataclass(frozen=True)
class Options:
    """How much is measured."""

    images: tuple[int, ...] = (10_000, 100_000, 1_000_000)
    """Images of the corpora, about."""
    folder: Path | None = None
    """Where files and corpora lie while it runs, 10 GB for a million images; by default the system's temporary folder."""


def main(options: Options) -> None:
    """Print the table."""
    print(f"Load average when started: {os.getloadavg()[0]:.1f}\n")
    print("| images | files | seconds | images a second | peak memory, MB |\n|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        made = 0
        for wanted in options.images:
            made = vary(Path(folder, "files"), wanted, made)
            command = [sys.executable, "-c", BUILD, f"{folder}/files", f"{folder}/corpus"]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            images, seconds, memory = json.loads(done.stdout)
            print(f"| {images:,} | {made:,} | {seconds:.0f} | {images / seconds:.0f} | {memory:.0f} |", flush=True)
            shutil.rmtree(Path(folder, "corpus"))


def vary(folder: Path, images: int, made: int) -> int:
    """Add variations to the `made` ones until they give about `images`; returns how many there are."""
    from benchmarks.midi import files_of
    from midi.files.reading import read
    from midi.files.writing import write
    from midi.notes import Piece, with_notes

    pieces = [read(path) for path in files_of("nottingham")]
    windows = [piece.end / piece.division / 8 + 0.5 for piece in pieces]
    number, total = 0, 0.0
    while total < images:
        turn, which = divmod(number, len(pieces))
        pace = 1 + turn // 12 / 16
        total += windows[which] * pace
        if number >= made:
            notes = pieces[which].notes.copy()
            notes["pitch"] = (notes["pitch"].astype(int) + turn % 12 - 6).clip(1, 96)
            for name in ("start", "end"):
                notes[name] = notes[name] * pace
            piece: Piece = with_notes(pieces[which], notes)
            write(folder / f"{turn:03d}" / f"{which:04d}.mid", piece)
        number += 1
    return number


if __name__ == "__main__":
    run(main, Options)
