"""Measures of a domain transfer network's run on whole pieces; `transfer.evaluate` calls it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import keras
import numpy as np

from midi.measures.features import measure
from midi.notes import Piece, with_notes
from training.cli import log
from training.files import write_json
from training.report import write_report
from training.runs import read_run, versions
from training.runs.lock import exclusive
from transfer.contract import EvaluateOptions
from transfer.dtn.application import Application, in_time_of
from transfer.dtn.data import Kind, pieces_of
from transfer.dtn.measures import (
    VIEW,
    content_preservation,
    nearest_in_content,
    probability,
    strength_of,
    trained_judge,
    view,
)
from transfer.dtn.report import draw, listen, text_table


@dataclass(frozen=True)
class Figures:
    """Of a set of pieces; NaN: not defined."""

    pieces: int
    windows: int
    """Of four bars of 4/4 in which the source sounds."""
    classified_as_target: float
    """Fraction of the windows that the judge takes for the target's kind, 0 to 1; silent ones are not."""
    strength: float
    """S, see `transfer.dtn.measures.strength_of`."""
    content_preservation: float
    """Mean over the pieces of `transfer.dtn.measures.content_preservation`."""
    in_scale: float
    """Mean fraction of a piece's notes in the best of the 24 major and minor scales."""
    notes_per_quarter: float
    polyphony: float
    """Mean number of pitches that sound where one does."""


@dataclass(frozen=True, eq=False)
class Pieces:
    """Pieces with their pictures of VIEW: place of each, pictures, both in the order of the pieces."""

    pieces: list[Piece]
    windows: list[np.ndarray]
    images: np.ndarray

    @classmethod
    def of(cls, pieces: list[Piece], windows: list[np.ndarray] | None = None) -> Pieces:
        """windows: of each piece; by default those in which it sounds."""
        seen = [view(piece, *places) for piece, *places in zip(pieces, *([windows] if windows else []), strict=True)]
        return cls(pieces, [places for places, _ in seen], np.concatenate([images for _, images in seen]))


def evaluate(options: EvaluateOptions) -> str:
    """Measure a run on a part of its files; write evaluation.json, pictures and sounds to `options.folder`; the table.

    InputError: files that are gone or others now, a run in training.
    """
    run, output, part = options.run, options.folder, options.part
    record = read_run(run)
    application = Application(run, options.overlap, options.strength)
    with exclusive(run):
        kinds = pieces_of(record, application.codec, source=options.source, target=options.target, cache=options.cache)
        examples = [Pieces.of(_shown(application, kind.pieces("judge"))).images for kind in kinds]
        judge = trained_judge(run / "judge", *examples, record["seed"])
        log(f"transferring {len(kinds[0].files[part])} files of the {part} part")
        results = [application.piece(piece)[0] for piece in kinds[0].pieces(part)]
        sets = _sets(application, kinds, part, results)
        found = {
            "command": "transfer.evaluate",
            "run": run,
            "options": {name: getattr(options, name) for name in ("part", "strength", "overlap")},
            "versions": versions(),
            "files": [{name: len(files) for name, files in kind.files.items()} for kind in kinds],
            "figures": _figures_of(sets, judge),
            "sounds": listen(output, sets["source"].pieces, results),
        }
        draw(output / "pictures.png", {name: sets[name].pieces for name in ("source", "swap", "result")})
        write_json(output / "evaluation.json", found)
        write_report(run, output)
    return text_table(found)


def _figures_of(sets: dict[str, Pieces], judge: keras.Model) -> dict[str, dict[str, float | None]]:
    """Set -> its figures, as JSON: None where one is not defined."""
    found = {name: _figures(each, judge, None if name == "target" else sets["source"]) for name, each in sets.items()}
    return {name: {key: None if np.isnan(v) else v for key, v in asdict(each).items()} for name, each in found.items()}


def _shown(application: Application, pieces: list[Piece]) -> list[Piece]:
    return [application.shown(piece) for piece in pieces]


def _sets(application: Application, kinds: tuple[Kind, Kind], part: str, results: list[Piece]) -> dict[str, Pieces]:
    """What is compared: the source, its swap, its results, pieces of the target; all as the run's codec shows them."""
    source = Pieces.of(_shown(application, kinds[0].pieces(part)))
    library = Pieces.of(_shown(application, kinds[1].pieces("train"))).images
    return {
        "source": source,
        "swap": _swapped(source, library),
        "result": Pieces.of([with_notes(piece, piece.notes[~piece.notes["drum"]]) for piece in results], source.windows),
        "target": Pieces.of(_shown(application, kinds[1].pieces(part))),
    }


def _swapped(source: Pieces, library: np.ndarray) -> Pieces:
    """Each window replaced by the one of the library that is nearest in content."""
    images = library[nearest_in_content(source.images, library)]
    parts = np.split(images, np.cumsum([len(windows) for windows in source.windows])[:-1])
    sides = zip(parts, source.windows, source.pieces, strict=True)
    pieces = [in_time_of(VIEW.decode(part, windows), piece) for part, windows, piece in sides]
    return Pieces(pieces, source.windows, images)


def _figures(found: Pieces, judge: keras.Model, source: Pieces | None) -> Figures:
    """Of a set; source: what it was made of, if it was."""
    certainty, origin = probability(judge, found.images), source or found
    lasting = [
        round(piece.quarters(piece.end) * made.division) for piece, made in zip(origin.pieces, found.pieces, strict=True)
    ]
    measured = [measure(piece, length=length) for piece, length in zip(found.pieces, lasting, strict=True)]
    return Figures(
        pieces=len(found.pieces),
        windows=len(found.images),
        classified_as_target=float(np.mean(certainty > 0.5)),
        strength=strength_of(probability(judge, source.images), certainty) if source else np.nan,
        content_preservation=_mean(
            [content_preservation(*pair) for pair in zip(source.pieces, found.pieces, strict=True)] if source else []
        ),
        in_scale=_mean([one.scale_consistency for one in measured]),
        notes_per_quarter=_mean([one.notes_per_quarter for one in measured]),
        polyphony=_mean([one.polyphony for one in measured]),
    )


def _mean(values: list[float]) -> float:
    """Of those that are defined; NaN without any."""
    defined = [value for value in values if not np.isnan(value)]
    return float(np.mean(defined)) if defined else np.nan
