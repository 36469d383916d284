"""How right a run's notes are on renderings of held-out pieces; `transfer.evaluate` and the end of a training call it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from midi.notes import Piece
from midi.synthesis.rendering import BUILT_IN
from training.cli import log
from training.family import Report, Section
from training.files import read_json, write_json
from training.report import write_report
from training.runs import read_run, versions
from training.runs.lock import exclusive
from transfer.contract import EvaluateOptions
from transfer.transcription.data import checked_soundfonts, held_out
from transfer.transcription.measures import Figures, best_thresholds, figures, mean
from transfer.transcription.notes import Thresholds, notes_of
from transfer.transcription.rendering import Instruments, rendered
from transfer.transcription.transcriber import THRESHOLDS, Transcriber

CHOOSING = 12
"""Pieces of the validation part, at most, on which thresholds are chosen."""
INSTRUMENTS: dict[str, Instruments] = {"piano": 0, "the piece's own": "own"}
"""That play held-out pieces."""
HEAD = ("player", "instruments", "pieces", "notes", "onset F1", "precision", "recall", "onset and offset F1", "frame F1")
ABOUT = (
    "Renderings of held-out pieces, without drums. Onset F1: of notes whose pitch is right and whose onset is within 50 ms; "
    "onset and offset F1: whose offset, too, is within 50 ms or a fifth of the note; frame F1: of the pitches every 10 ms "
    "(mir_eval). Means over the pieces."
)
MEANINGS = {"loss": "The cross-entropy of onsets, frames and offsets, and the error of velocities, of a frame."}
"""What the figures of such histories tell."""


def evaluate(options: EvaluateOptions) -> str:
    """Measure a run on a part of its pieces, played by each SoundFont; write evaluation.json to `options.folder`; the table.

    InputError: files that are gone or others now, a SoundFont that cannot be played.
    """
    run = options.run
    record = read_run(run)
    fonts = checked_soundfonts(options.soundfont or [font for font in record["data"]["soundfonts"] if Path(font).exists()])
    with exclusive(run):
        pieces, transcriber = held_out(run, options.part, options.data, options.cache), Transcriber(run)
        rows = []
        for font in ("", *fonts):
            for words, instruments in INSTRUMENTS.items():
                player = Path(font).stem or BUILT_IN
                log(f"{len(pieces)} pieces, {words}, played by {player}")
                how = {"soundfonts": [font] if font else [], "instruments": instruments}
                scored = [
                    (len(true), figures(true, transcriber.notes([roll])))
                    for true, roll in heard_rolls(transcriber, pieces, record["seed"], **how)
                ]
                rows.append({"player": player, "instruments": words, "pieces": len(scored)} | _row(scored))
        found = {
            "command": "transfer.evaluate",
            "run": run,
            "part": options.part,
            "thresholds": asdict(transcriber.thresholds),
            "figures": rows,
            "versions": versions(),
        }
        write_json(options.folder / "evaluation.json", found)
        write_report(run, options.folder)
    return "\n".join("| " + " | ".join(row) + " |" for row in (HEAD, ("---",) * len(HEAD), *_cells(rows)))


def choose_thresholds(run: Path) -> Thresholds:
    """Those with which the run's best model does best on its validation part, half of it varied; kept in the run."""
    record, transcriber = read_run(run), Transcriber(run)
    pieces = held_out(run, "validation")[:CHOOSING]
    fonts, seed = record["data"]["soundfonts"], record["seed"]
    rolls = [
        *heard_rolls(transcriber, pieces[::2], seed, soundfonts=fonts, instruments="varied"),
        *heard_rolls(transcriber, pieces[1::2], seed, soundfonts=fonts, instruments=0),
    ]

    def score(thresholds: Thresholds) -> Figures:
        rate = transcriber.frames_a_second
        return mean(figures(true, notes_of([roll], rate, thresholds)) for true, roll in rolls)

    chosen, found = best_thresholds(score)
    write_json(run / THRESHOLDS, {"thresholds": asdict(chosen), "pieces": len(rolls), "figures": asdict(found)})
    return chosen


def heard_rolls(
    transcriber: Transcriber, pieces: Sequence[Piece], seed: int, *, soundfonts: Sequence[str], instruments: Instruments
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(true notes, roll) of an excerpt of each piece, drawn by `seed`; excerpts without a note are passed over."""
    config = transcriber.config
    for number, piece in enumerate(pieces):
        generator = np.random.default_rng([seed, number])
        how = {"rate": config.rate, "seconds": config.excerpt, "soundfonts": soundfonts, "instruments": instruments}
        sound, true = rendered(piece, generator, **how)
        if len(true):
            yield true, np.concatenate(list(transcriber.stream(iter([sound]))))


def report(run: Path, evaluation: Path) -> Report:
    """What a run's report says of its evaluation; nothing where there is none."""
    path = evaluation / "evaluation.json"
    if not path.exists():
        return Report(meanings=MEANINGS)
    found = read_json(path)
    link = Path(os.path.relpath(path, run)).as_posix()
    section = Section(f"Evaluation ({found['part']} part)", ABOUT, [HEAD, *_cells(found["figures"])], [link])
    return Report([section], meanings=MEANINGS)


def _row(scored: list[tuple[int, Figures]]) -> dict[str, Any]:
    return {"notes": sum(count for count, _ in scored)} | asdict(mean(one for _, one in scored))


def _cells(rows: list[dict[str, Any]]) -> Iterator[tuple[str, ...]]:
    names = ("onset_f1", "onset_precision", "onset_recall", "offset_f1", "frame_f1")
    for row in rows:
        counts = (row["player"], row["instruments"], str(row["pieces"]), f"{row['notes']:,}")
        yield (*counts, *(f"{row[name]:.3f}" for name in names))
