"""Measures of many pieces as one table: of MIDI files, of pictures, of a corpus; of a folder or corpus, the whole set."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from midi.codecs.codec import Codec
from midi.files.reading import SUFFIXES, read
from midi.measures.features import Measures, measure
from midi.notes import Piece, in_order, last_of_tick
from training.corpora.corpus import Corpus
from training.corpora.sources import Source, find_sources
from training.errors import InputError, reason_of

Table = dict[str, np.ndarray]
"""Name of a measure -> (pieces,) or (pieces, *shape of the measure), float64; NaN where it is not defined."""
_BATCH = 64  # files or pictures that a worker takes at a time


@dataclass(frozen=True, eq=False)
class MeasuredSet:
    """The measures of a set of pieces."""

    name: str
    """Where it lies."""
    table: Table
    warnings: tuple[str, ...] = ()
    """A line for every file that had to be read leniently, and one of sustain pedals."""
    failed: tuple[tuple[str, str], ...] = ()
    """(path, reason) of every file that could not be read."""

    def __len__(self) -> int:
        return size(self.table)

    def means(self, name: str) -> np.ndarray | float:
        """The mean of a measure over the pieces for which it is defined; NaN where there is none."""
        values = self.table[name]
        defined = values[self.defined(name)]
        return defined.mean(axis=0) if len(defined) else np.full(values.shape[1:], np.nan)[()]

    def defined(self, name: str) -> np.ndarray:
        """(pieces,) for which pieces a measure is defined."""
        return np.isfinite(self.table[name].reshape(len(self), -1)).all(axis=1)

    def record(self) -> dict[str, Any]:
        """Number of pieces and of every measure the mean, deviation and how often it was not defined, as JSON."""
        return {
            "name": self.name,
            "pieces": len(self),
            "warnings": self.warnings,
            "failed": [reason for _, reason in self.failed],
            "measures": {name: self._one(name) for name in self.table},
        }

    def _one(self, name: str) -> dict[str, Any]:
        defined = self.defined(name)
        known = self.table[name][defined]
        return {
            "mean": known.mean(axis=0).tolist() if len(known) else None,
            "deviation": known.std(axis=0).tolist() if len(known) else None,
            "undefined": int((~defined).sum()),
        }


def measure_set(
    path: str | os.PathLike,
    *,
    count: int | None = None,
    seed: int = 0,
    drums: bool = False,
    jobs: int = 1,
    progress: Callable[[Iterable, int], Iterable] | None = None,
) -> MeasuredSet:
    """Measure a folder of MIDI files (or a CSV of their paths), or a corpus, each of whose pictures is a piece.

        measure_set("my_midi").means("polyphony")

    count: how many files or pictures are drawn at most. The others: as in `measure_corpus`.
    InputError: no such folder, no MIDI file in it or none that can be read, a corpus of something else.
    """
    path = Path(path)
    if (path / "manifest.json").exists() or (path / "plan.json").exists():
        corpus = Corpus(path)
        table = measure_corpus(corpus, _drawn(len(corpus), count, seed), drums=drums, jobs=jobs, progress=progress)
        warnings, failed = [], []
    else:
        sources = find_sources(path, SUFFIXES)
        chosen = [sources[place] for place in _drawn(len(sources), count, seed)]
        table, warnings, failed = measure_files(chosen, drums=drums, jobs=jobs, progress=progress)
    if not size(table):
        raise InputError(f"{path} holds nothing that can be measured" + (f": {failed[0][1]}" if failed else ""))
    return MeasuredSet(str(path), table, tuple(warnings), tuple(failed))


def size(table: Table) -> int:
    """Pieces in a table."""
    return len(next(iter(table.values())))


def as_table(measures: Iterable[Measures]) -> Table:
    """The measures of several pieces, one row each, in order."""
    rows = list(measures)
    return {field.name: np.array([getattr(row, field.name) for row in rows], float) for field in fields(Measures)}


def measure_pictures(images: np.ndarray, codec: Codec, *, drums: bool = False) -> Table:
    """The measures of uint8 pictures (count, *codec.shape), each decoded as a piece of its own that lasts to its end."""
    return as_table(_of_pictures(images, codec, drums))


def measure_corpus(
    corpus: Corpus,
    chosen: np.ndarray | None = None,
    *,
    drums: bool = False,
    jobs: int = 1,
    progress: Callable[[Iterable, int], Iterable] | None = None,
) -> Table:
    """The measures of pictures of a MIDI corpus.

    chosen: (count,) their indices, by default all. jobs: processes. progress: wraps the finished parts for display.
    InputError: a corpus of something else.
    """
    codec = codec_of(corpus)
    chosen = np.arange(len(corpus)) if chosen is None else np.asarray(chosen)
    parts = _in_parts(lambda part: _of_pictures(corpus[part], codec, drums), chosen, jobs, progress)
    return as_table(row for part in parts for row in part)


def measure_files(
    sources: Sequence[Source],
    *,
    drums: bool = False,
    jobs: int = 1,
    progress: Callable[[Iterable, int], Iterable] | None = None,
) -> tuple[Table, list[str], list[tuple[str, str]]]:
    """(the measures of the MIDI files that can be read; lines: for each read leniently, and one of the sustain pedal, since
    notes are measured as long as their keys are down; path and reason of each of the other files).

    jobs, progress: as in `measure_corpus`.
    """
    parts = list(_in_parts(lambda part: [_of_file(source, drums) for source in part], sources, jobs, progress))
    found = [one for part in parts for one in part]
    warnings = [line for one in found for line in one.warnings]
    pedals = [one.pedals for one in found if one.pedals]
    if pedals:
        warnings.append(f"{len(pedals):,} files use the sustain pedal ({sum(pedals):,} changes), which is not measured")
    failed = [(os.fspath(source.path), one.fault) for source, one in zip(sources, found, strict=True) if one.fault]
    return as_table(one.measures for one in found if one.measures is not None), warnings, failed


def codec_of(corpus: Corpus) -> Codec:
    """The codec of a corpus of MIDI pictures. InputError: a corpus of something else."""
    from midi.codecs import from_facts

    facts = corpus.manifest.get("facts") or {}
    if "codec" not in facts:
        raise InputError(f"{corpus.directory} is a corpus of {corpus.manifest.get('kind')}; expected one of MIDI pictures")
    return from_facts(facts["codec"])


def _drawn(total: int, count: int | None, seed: int) -> np.ndarray:
    if count is None or count >= total:
        return np.arange(total)
    if count < 1:
        raise InputError(f"count must be 1 or more; received {count}")
    return np.sort(np.random.default_rng(seed).choice(total, count, replace=False))


def _in_parts(
    work: Callable[[Any], list], items: Any, jobs: int, progress: Callable[[Iterable, int], Iterable] | None
) -> Iterable[list]:
    """work(part) of the parts of `items`, in order."""
    from joblib import Parallel, delayed

    parts = [items[first : first + _BATCH] for first in range(0, len(items), _BATCH)]
    done = Parallel(n_jobs=jobs, return_as="generator")(delayed(work)(part) for part in parts)
    return progress(done, len(parts)) if progress else done


def _of_pictures(images: np.ndarray, codec: Codec, drums: bool) -> list[Measures]:
    return [_of_picture(codec.decode(images[place : place + 1]), codec, drums) for place in range(len(images))]


def _of_picture(piece: Piece, codec: Codec, drums: bool) -> Measures:
    """Of a piece that one picture shows, from the beginning of that picture to its end."""
    span = codec.columns / codec.resolution
    length = round(span * piece.division if codec.unit == "quarter" else float(piece.ticks(span)))
    first = int(piece.notes["start"].min(initial=length)) + length // (2 * codec.columns)
    return measure(_from(piece, (first // length) * length if len(piece) else 0), length=length, drums=drums)


def _from(piece: Piece, tick: int) -> Piece:
    """The piece with `tick` as its beginning; pictures that tell their place in time are decoded there."""
    if not tick:
        return piece
    notes, tempos, signatures = piece.notes.copy(), piece.tempos.copy(), piece.signatures.copy()
    for table, names in ((notes, ("start", "end")), (tempos, ("tick",)), (signatures, ("tick",))):
        for name in names:
            table[name] = np.maximum(table[name] - tick, 0)
    return replace(piece, notes=in_order(notes), tempos=last_of_tick(tempos), signatures=last_of_tick(signatures))


class _Found(NamedTuple):
    """What came of one file."""

    measures: Measures | None
    """None: it cannot be read."""
    warnings: list[str]
    pedals: int = 0
    """Changes of the sustain pedal."""
    fault: str = ""
    """Why it cannot be read."""


def _of_file(source: Source, drums: bool) -> _Found:
    warnings: list[str] = []
    try:
        piece = read(source.path, note=warnings.append)
        return _Found(measure(piece, drums=drums), warnings, piece.left_out["pedal_changes"])
    except Exception as error:
        return _Found(None, [], fault=reason_of(error, source.path))
