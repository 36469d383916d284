"""How right a run's notes are on renderings of held-out pieces; `transfer.evaluate` and the end of a training call it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import chain, product
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
from transfer.transcription.model import Config
from transfer.transcription.notes import Thresholds, notes_of
from transfer.transcription.pairs import Pair, excerpt, held_out_pairs
from transfer.transcription.rendering import Instruments, rendered
from transfer.transcription.transcriber import THRESHOLDS, Transcriber

CHOOSING = 48
"""Pieces of the validation part, at most, on which thresholds are chosen."""
Excerpt = tuple[np.ndarray, np.ndarray]
"""A sound and its notes of HEARD."""
INSTRUMENTS: dict[str, Instruments] = {"piano": 0, "the piece's own": "own"}
"""That play held-out pieces."""
HEAD = ("player", "instruments", "pieces", "notes", "onset F1", "precision", "recall", "onset and offset F1", "frame F1")
ABOUT = (
    "Renderings of held-out pieces, without drums, and held-out recordings, if there are any. Onset F1: of notes whose "
    "pitch is right and whose onset is within 50 ms; onset and offset F1: whose offset, too, is within 50 ms or a fifth of "
    "the note; frame F1: of the pitches every 10 ms (mir_eval). Means over the pieces."
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
        transcriber, rows = Transcriber(run), []
        pieces = held_out(run, options.part, options.data, options.cache)
        pairs = held_out_pairs(run, options.part, options.pairs)
        for player, instruments, excerpts in _cases(transcriber.config, pieces, pairs, fonts, record["seed"]):
            log(f"{instruments}, played by {player}")
            scored = [
                (len(true), figures(true, transcriber.notes([roll]))) for true, roll in heard_rolls(transcriber, excerpts)
            ]
            if scored:
                rows.append({"player": player, "instruments": instruments, "pieces": len(scored)} | _row(scored))
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
    """Those with which the run's best model does best on its validation part, a third of its pieces varied, a third played
    by a piano, a third by their own instruments; kept in the run."""
    record, transcriber = read_run(run), Transcriber(run)
    pieces, pairs = held_out(run, "validation")[:CHOOSING], held_out_pairs(run, "validation")[:CHOOSING]
    how = {"seed": record["seed"], "soundfonts": record["data"]["soundfonts"]}
    excerpts = chain(
        *(
            renderings(transcriber.config, pieces[number::3], instruments=instruments, **how)
            for number, instruments in enumerate(("varied", *INSTRUMENTS.values()))
        ),
        recordings(transcriber.config, pairs, record["seed"]),
    )
    rolls = list(heard_rolls(transcriber, excerpts))

    def score(thresholds: Thresholds) -> Figures:
        return mean(figures(true, notes_of([roll], transcriber.frames_a_second, thresholds)) for true, roll in rolls)

    chosen, found = best_thresholds(score)
    write_json(run / THRESHOLDS, {"thresholds": asdict(chosen), "pieces": len(rolls), "figures": asdict(found)})
    return chosen


def renderings(
    config: Config, pieces: Sequence[Piece], *, seed: int, soundfonts: Sequence[str], instruments: Instruments
) -> Iterator[Excerpt]:
    """An excerpt of each piece, drawn by `seed`, those without a note aside."""
    for number, piece in enumerate(pieces):
        generator = np.random.default_rng([seed, number])
        how = {"rate": config.rate, "seconds": config.excerpt, "soundfonts": soundfonts, "instruments": instruments}
        sound, true = rendered(piece, generator, **how)
        if len(true):
            yield sound, true


def recordings(config: Config, pairs: Sequence[Pair], seed: int) -> Iterator[Excerpt]:
    """The same of each recording."""
    for number, pair in enumerate(pairs):
        yield excerpt(pair, np.random.default_rng([seed, number]), rate=config.rate, seconds=config.excerpt)


def heard_rolls(transcriber: Transcriber, excerpts: Iterable[Excerpt]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(true notes, roll) of each."""
    for sound, true in excerpts:
        yield true, np.concatenate(list(transcriber.stream([sound])))


def _cases(
    config: Config, pieces: Sequence[Piece], pairs: Sequence[Pair], fonts: Sequence[str], seed: int
) -> Iterator[tuple[str, str, Iterable[Excerpt]]]:
    """(player, instruments, excerpts): the pieces by each player, then the recordings."""
    for font, (words, instruments) in product(("", *fonts), INSTRUMENTS.items()):
        player, soundfonts = Path(font).stem or BUILT_IN, [font] if font else []
        yield player, words, renderings(config, pieces, seed=seed, soundfonts=soundfonts, instruments=instruments)
    yield "recordings", "as they are", recordings(config, pairs, seed)


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
