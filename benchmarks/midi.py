"""MIDI files into pictures and back, one core, in one run: beside bare symusic and muspy, on Nottingham and freedoom.

Each way is timed over whole folders, in turns; the rate is the best of the rounds, since everything else on the machine only
makes it slower. Files that one of the readers refuses are left out for all.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.cli import run
from training.errors import InputError

FOLDERS = ("nottingham", "freedoom_rock_metal")


@dataclass(frozen=True)
class Options:
    """How much is measured."""

    rounds: int = 3
    """Rounds of turns."""
    muspy: int = 20
    """muspy reads every so many files only: it is slow."""


def main(options: Options) -> None:
    """Print the tables."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    folders = {name: files_of(name) for name in FOLDERS}
    print(f"Load average when started: {os.getloadavg()[0]:.1f}\n")
    rates(folders, options)
    decoding(folders["nottingham"])
    lossless(folders["nottingham"])
    scores(folders["nottingham"])


def files_of(name: str) -> list[Path]:
    """The MIDI files of a folder of the collection that the tests use."""
    from tests.data import DATA

    files = sorted((DATA / "midi" / name).rglob("*.mid"))
    if not files:
        raise InputError(f"no MIDI files in {DATA / 'midi' / name}; set SPECTRO_DATA")
    return files


def rates(folders: dict[str, list[Path]], options: Options) -> None:
    """Files a second: bare reading, files to roll96 images, muspy's reading and rolling."""
    import symusic

    from midi.codecs import codec_named
    from midi.images import MidiImages

    encoder = MidiImages(codec_named("roll96"))

    def ours(path: Path) -> None:
        for _ in encoder(path):
            pass

    print("| folder | files | symusic.Score(path) | file to roll96 images | share | muspy read and roll | times |")
    print("|---|---|---|---|---|---|---|")
    for name, files in folders.items():
        ours(files[0])  # compiles
        files = [path for path in files if readable(path)]
        bare = rate(symusic.Score, files, options.rounds)
        images = rate(ours, files, options.rounds)
        other = muspy_rate(files[:: options.muspy])
        beside = f"{other:.2f} | {images / other:.0f}" if other else "- | -"
        print(f"| {name} | {len(files)} | {bare:.0f} | {images:.0f} | {images / bare:.2f} | {beside} |")
    print()


def readable(path: Path) -> bool:
    """Does symusic read the file without its notes being refused?"""
    from midi.files.wellformed import fault

    return not fault(path.read_bytes())


def rate(work: Callable[[Path], Any], files: list[Path], rounds: int) -> float:
    """Files a second, the best of rounds."""
    return len(files) / min(timed(lambda: [work(path) for path in files]) for _ in range(rounds))


def muspy_rate(files: list[Path]) -> float | None:
    """The same of muspy, one round; None where it is not installed."""
    try:
        import muspy
    except ImportError:
        return None
    muspy.to_pianoroll_representation(muspy.read_midi(files[0]))
    return rate(lambda path: muspy.to_pianoroll_representation(muspy.read_midi(path)), files, 1)


def timed(work: Callable[[], Any]) -> float:
    """Seconds that `work()` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def decoding(files: list[Path]) -> None:
    """1,000 roll96 images, a MIDI file of each."""
    import numpy as np

    from midi.codecs import codec_named
    from midi.files.reading import read
    from midi.files.writing import write

    codec = codec_named("roll96")
    images = np.concatenate([codec.encode(read(path), keep_empty=False).images for path in files[:120]])[:1000]
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder, "first.mid"), codec.decode(images[:1]))  # compiles
        seconds = timed(
            lambda: [write(Path(folder, f"{k}.mid"), codec.decode(images[k : k + 1])) for k in range(len(images))]
        )
    print(f"{len(images)} roll96 images to MIDI files on disk: {seconds:.2f} s\n")


def lossless(files: list[Path]) -> None:
    """Every file read, encoded, decoded and compared."""
    from midi.codecs import codec_named
    from midi.files.reading import read
    from midi.measures.fidelity import exact

    codec = codec_named("lossless")
    pieces = [read(path) for path in files]
    encoding = decoding = notes = equal = 0
    codec.decode(codec.encode(pieces[0]).images)  # compiles
    for piece in pieces:
        started = time.perf_counter()
        encoded = codec.encode(piece)
        between = time.perf_counter()
        back = codec.decode(encoded.images, encoded.windows, encoded.layers)
        encoding, decoding = encoding + between - started, decoding + time.perf_counter() - between
        notes += len(piece)
        equal += exact(piece, back)[0] == 1
    print(
        f"lossless, {len(files)} files, {notes} notes: encoding {encoding:.1f} s, decoding {decoding:.1f} s; "
        f"{equal} files equal in every note\n"
    )


def scores(files: list[Path]) -> None:
    """What comes back of the notes."""
    import numpy as np

    from midi.codecs import codec_named
    from midi.codecs.losses import added, in_words
    from midi.files.reading import read
    from midi.measures.fidelity import fidelity

    print("| codec | onset F1 | onset and offset F1 | losses |\n|---|---|---|---|")
    for name in ("lossless", "roll96", "roll64", "dense88"):
        codec, found, losses = codec_named(name), [], []
        for path in files:
            piece = read(path)
            encoded = codec.encode(piece, keep_empty=False)
            back = codec.decode(encoded.images, encoded.windows, encoded.layers, tempo=piece.tempo_map)
            score = fidelity(piece, back)
            found.append((score.onset_f1, score.note_f1))
            losses.append(encoded.losses)
        onset, both = np.mean(found, axis=0)
        print(f"| {name} | {onset:.3f} | {both:.3f} | {in_words(added(losses))} |")


if __name__ == "__main__":
    run(main, Options)
