"""A MIDI file into picture files and back: what `python -m midi.convert` does to each file, for Python users."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from midi import picture
from midi.codecs.codec import Codec, Encoded
from midi.codecs.losses import NAMES
from midi.files.reading import SUFFIXES, read
from midi.files.score import changed_in_words, write_score
from midi.files.writing import write
from midi.measures.fidelity import exact, fidelity
from midi.notes import Piece, make_piece
from midi.parts import Parts, encode_parts, pedalled, remark
from midi.pedal import Pedal
from midi.tempo import Tempo
from training.corpora.sources import find_sources
from training.errors import InputError, reason_of
from training.files import placed, refuse_existing, write_json
from training.runs import versions

COLUMNS = (
    "source", "outcome", "reason", "targets", "pictures", "seconds", *NAMES, "left_out", "onset_f1", "note_f1", "exact",
    "duplicates",
)  # fmt: skip
"""Of a report: one row a file; `seconds` is what its conversion took."""
MAX_DRAWN_TRACKS = 4
"""Tracks whose pictures a drawing shows at most."""


@dataclass(frozen=True)
class Conversion:
    """How files are converted."""

    codec: Codec
    """Of the pictures to be made."""
    decoder: Codec | None = None
    """Of NPY files; by default what their records tell."""
    strict: bool = False
    """Read MIDI by mido."""
    parts: Parts = "together"
    """tracks: a picture for each track."""
    pedal: Pedal = "auto"
    """Do notes last while the sustain pedal is down?"""
    measure: bool = False
    """Decode the pictures again and compare."""
    drawings: Path | None = None
    """Folder for a drawing of every piece above its pictures."""
    output: Path = Path(".")
    """Folder of the results: drawings are named by their place in it."""
    force: bool = False
    """Overwrite results."""
    options: dict[str, Any] = field(default_factory=dict)
    """For the record beside each result."""


@dataclass(frozen=True)
class Outcome:
    """What became of a file."""

    source: Path
    targets: list[Path] = field(default_factory=list)
    """The results."""
    warnings: list[str] = field(default_factory=list)
    """Lines for the user."""
    error: str = ""
    """Why there is no result, or ""."""
    row: dict[str, Any] = field(default_factory=dict)
    """The file's row in a report: COLUMNS."""


def convert(source: Path, target: Path, how: Conversion) -> Outcome:
    """Convert one file, by the suffix of `source`.

        convert(Path("song.mid"), Path("song.png"), Conversion(codec_named("roll96"))).targets

    A file that cannot be converted is no exception, but an Outcome with its reason.
    """
    began = time.perf_counter()
    targets, warnings, row, error = [], [], {}, ""
    try:
        turn = _to_midi if is_picture(source) else _to_score if is_score(target) else _to_pictures
        targets, row = turn(source, target, how, warnings)
    except Exception as caught:
        error = reason_of(caught, source)
    row |= {
        "source": source,
        "outcome": "left out" if error else "converted",
        "reason": error,
        "targets": " ".join(path.name for path in targets),
        "seconds": round(time.perf_counter() - began, 4),
    }
    return Outcome(source, targets, warnings, error, row)


def inputs(paths: Iterable[Path]) -> list[tuple[Path, Path]]:
    """(file, its name below the output folder) of every file given and every MIDI file and picture in the folders given.

    InputError: nothing given, a folder without such files.
    """
    found = [pair for path in paths for pair in _below(path)]
    if not found:
        raise InputError("expected MIDI files, pictures or folders; received none")
    return found


def _below(path: Path) -> list[tuple[Path, Path]]:
    if not path.is_dir():
        return [(path, Path(path.name))]
    return [(source.path, Path(source.name)) for source in find_sources(path, SUFFIXES | picture.SUFFIXES)]


def is_picture(path: Path) -> bool:
    """Does a file of this name become MIDI?"""
    return path.suffix.lower() in picture.SUFFIXES


def is_score(path: Path) -> bool:
    """Is a file of this name MusicXML?"""
    return path.suffix.lower() == ".musicxml"


def _to_pictures(source: Path, target: Path, how: Conversion, warnings: list[str]) -> tuple[list[Path], dict[str, Any]]:
    piece, held = pedalled(read(source, strict=how.strict, note=warnings.append), how.codec, how.pedal)
    encoded, losses = encode_parts(piece, how.codec, how.parts)
    targets = [target] if how.parts == "together" else _numbered(target, len(encoded))
    _refuse(targets, target, how)
    losses["tempos"] = 0  # the map travels with the pictures
    for path, part in zip(targets, encoded, strict=True):
        picture.save(path, part, how.codec, piece.tempo_map)
        kept = {"losses": {**part.losses, "tempos": 0}, "left_out": piece.left_out}
        facts = picture.facts_of(part, how.codec, piece.tempo_map) | kept
        _record(path, source, how, facts)
    _draw(target, piece, encoded, how.codec, how)
    if lost := "; ".join(filter(None, [held, remark(losses, piece.left_out)])):
        warnings.append(f"{source}: {lost}")
    row = {name: int(losses[name]) if losses[name] == int(losses[name]) else round(losses[name], 6) for name in NAMES}
    row |= {"pictures": sum(len(part.images) for part in encoded), "left_out": _left_out(piece)}
    return targets, row | (_measured(source, piece, encoded, how.codec, warnings) if how.measure else {})


def _to_midi(source: Path, target: Path, how: Conversion, warnings: list[str]) -> tuple[list[Path], dict[str, Any]]:
    _refuse([target], target, how)
    loaded = picture.load(source, how.decoder)
    piece = loaded.codec.decode(loaded.images, loaded.windows, loaded.layers, tempo=loaded.tempo)
    if is_score(target):
        warnings.append(f"{source}: {changed_in_words(write_score(target, piece))}")
    else:
        write(target, piece)
    if len(piece):
        shown = Encoded(loaded.images, loaded.windows, loaded.layers, {})
        _draw(target, piece, [shown], loaded.codec, how)
    else:
        warnings.append(f"{source}: its pictures show no note")
    facts = {
        "codec": loaded.codec.name,
        "facts": loaded.codec.facts(),
        "tempos": piece.tempo_map.facts(),
        "notes": len(piece),
    }
    _record(target, source, how, facts)
    return [target], {"pictures": len(loaded.images), "notes": len(piece)}


def _to_score(source: Path, target: Path, how: Conversion, warnings: list[str]) -> tuple[list[Path], dict[str, Any]]:
    _refuse([target], target, how)
    piece = read(source, strict=how.strict, note=warnings.append)
    changed = write_score(target, piece)
    said = filter(None, [changed_in_words(changed), remark({}, {**piece.left_out, "keys": 0})])
    warnings.append(f"{source}: {'; '.join(said)}")
    _record(target, source, how, {"losses": changed, "left_out": piece.left_out, "notes": len(piece)})
    return [target], {"notes": len(piece), "left_out": _left_out(piece)}


def _measured(source: Path, piece: Piece, encoded: list[Encoded], codec: Codec, warnings: list[str]) -> dict[str, Any]:
    """What comes back of a piece from its pictures, all parts together."""
    back = decode_parts(encoded, codec, piece.tempo_map)
    equal, duplicates = exact(piece, back)
    row = {"exact": round(equal, 6), "duplicates": duplicates}
    try:
        found = fidelity(piece, back)
    except InputError as error:
        warnings.append(f"{source}: not measured: {error}")
        return row
    return row | {"onset_f1": round(found.onset_f1, 6), "note_f1": round(found.note_f1, 6)}


def _left_out(piece: Piece) -> int:
    return sum(count for name, count in piece.left_out.items() if name != "held")


def decode_parts(encoded: list[Encoded], codec: Codec, tempo: Tempo | None) -> Piece:
    """One piece of the pictures of all parts."""
    pieces = [codec.decode(part.images, part.windows, part.layers, tempo=tempo) for part in encoded]
    first = pieces[0]
    if len(pieces) == 1:
        return first
    notes = np.concatenate([piece.notes for piece in pieces])
    return make_piece(notes, first.division, first.tempos, first.signatures)


def _numbered(target: Path, count: int) -> list[Path]:
    return [target.with_stem(f"{target.stem}-{number}") for number in range(1, count + 1)]


def _draw(target: Path, piece: Piece, encoded: list[Encoded], codec: Codec, how: Conversion) -> None:
    """The piano roll of a piece above its pictures, where drawings are wanted."""
    if how.drawings:
        from midi.plots import figure_of
        from training.files import save_figure

        figure = figure_of(piece, *((part, codec) for part in encoded[:MAX_DRAWN_TRACKS]), title=target.stem)
        save_figure(figure, placed(target, how.output, how.drawings))


def _refuse(targets: list[Path], target: Path, how: Conversion) -> None:
    for path in targets:
        refuse_existing(path, how.force)
        refuse_existing(picture.record_path(path), how.force)
    if how.drawings:
        refuse_existing(placed(target, how.output, how.drawings), how.force)


def _record(target: Path, source: Path, how: Conversion, facts: dict[str, Any]) -> None:
    record = {"command": "midi.convert", "source": source, "options": how.options, **facts, "versions": versions()}
    write_json(picture.record_path(target), record, durable=False)
