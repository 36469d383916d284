"""The pedal of a transcription: for how much of the time it is told rightly, of known notes and of those that are heard.

Demo pieces, all parts played as a piano by the built-in synthesiser, under a pedal that comes up at every bar, or without
one. Share of time: that the pedal is said to be down; F1 and precision are of every 10 ms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from training.cli import run
from training.options import Count, Index

if TYPE_CHECKING:
    from midi.notes import Piece

STYLES = ("chorale", "waltz", "folk", "jazz_ballad", "ragtime")
"""Of the pieces."""
BARS, SECONDS = 12, 20.0
"""Their length, and how much of it is heard."""
HOP = 0.01
"""Seconds from one moment that counts to the next."""
LATE, BEHIND = (0.03, 0.15), (-0.02, 0.05)
"""Seconds after a bar's line at which the pedal goes down, and comes up."""


@dataclass(frozen=True)
class Options:
    """What is heard by what."""

    run: Path | None = None
    """Run of transcription; by default the one that ships."""
    pieces: Count = 2
    """Of each style."""
    seed: Index = 1_000
    """Of the pieces and their pedals."""


def main(options: Options) -> None:
    """Print the table."""
    import numpy as np

    from midi.pedalling import find_pedal
    from midi.synthesis.rendering import sound_of
    from transfer.pretrained import path as shipped
    from transfer.transcription.acoustics import levelled
    from transfer.transcription.rendering import truth_of
    from transfer.transcription.timing import piece_of
    from transfer.transcription.transcriber import Transcriber

    transcriber = Transcriber(options.run or shipped())
    print("| style | pedal | notes | share of time | F1 | precision |\n|---|---|---|---|---|---|")
    for style in STYLES:
        for pedal in (True, False):
            rows: dict[str, list[tuple[float, float, float]]] = {"true": [], "heard": []}
            for piece in _played(style, options.pieces, options.seed, pedal):
                sound = sound_of(piece, rate=transcriber.config.rate).mean(axis=0)
                heard = transcriber.notes(transcriber.stream([levelled(sound, transcriber.config.rate)]))
                for kind, notes in (("true", truth_of(piece)), ("heard", heard)):
                    found = find_pedal(piece_of([notes]))[1].down
                    rows[kind].append(_scores(_down(piece), found, float(truth_of(piece)["offset"].max())))
            for kind, scores in rows.items():
                share, f1, precision = np.mean(scores, axis=0)
                told = f"{f1:.2f} | {precision:.2f}" if pedal else " | "
                print(f"| {style} | {'down' if pedal else 'none'} | {kind} | {share:.2f} | {told} |", flush=True)


def _played(style: str, count: int, seed: int, pedal: bool) -> Iterator[Piece]:
    """The first SECONDS of pieces, as one piano plays them."""
    import numpy as np

    from midi.beside import CONTROL, EVENT, PART, PEDAL, Beside
    from midi.demo import compose

    for number in range(seed, seed + count):
        generator, piece = np.random.default_rng(number), compose(style, number, BARS)
        notes = piece.notes[~piece.notes["drum"] & (piece.seconds(piece.notes["start"]) < SECONDS)].copy()
        notes["program"], notes["track"] = 0, 0
        bar = 4 * piece.division * int(piece.signatures["numerator"][0]) // int(piece.signatures["denominator"][0])
        lines = piece.seconds(np.arange(0, notes["end"].max() + bar, bar))
        bars = len(lines) - 1
        downs, ups = lines[:-1] + generator.uniform(*LATE, bars), lines[1:] + generator.uniform(*BEHIND, bars)
        events = np.zeros(2 * bars, EVENT)
        events["tick"] = np.rint(piece.ticks(np.stack([downs, ups], axis=1).reshape(-1)))
        events["second"] = np.tile([127, 0], bars)
        events["status"], events["first"], events["track"] = CONTROL, PEDAL, 1
        beside = Beside(events if pedal else events[:0], parts=np.array([(1, 0, False)], PART))
        yield replace(piece, notes=notes, beside=beside)


def _down(piece: Piece) -> list[tuple[float, float]]:
    """Seconds between which the pedal of its one channel is down."""
    from midi.pedal import pedal_changes

    ticks = [ticks for ticks, _ in pedal_changes(piece).values()]
    times = piece.seconds(ticks[0]) if ticks else []
    return [*zip(times[::2], times[1::2], strict=True)]


def _scores(true: list[tuple[float, float]], found: list[tuple[float, float]], seconds: float) -> tuple[float, float, float]:
    """(share of time that is found, F1, precision) of moments HOP apart."""
    import numpy as np

    down = np.zeros((2, round(seconds / HOP)), bool)
    for row, spans in zip(down, (true, found), strict=True):
        for first, last in spans:
            row[round(first / HOP) : round(last / HOP)] = True
    right = int((down[0] & down[1]).sum())
    return float(down[1].mean()), 2 * right / max(1, int(down.sum())), right / max(1, int(down[1].sum()))


if __name__ == "__main__":
    run(main, Options)
