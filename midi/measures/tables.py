"""Measures of many pieces as one table: of MIDI files, of pictures, of a corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from midi.codecs.codec import Codec
from midi.files.reading import read
from midi.measures.features import Measures, measure
from midi.notes import Piece, in_order, last_of_tick
from training.cli import InputError
from training.corpora.corpus import Corpus
from training.corpora.sources import Source

Table = dict[str, np.ndarray]
"""Name of a measure -> (pieces,) or (pieces, *shape of the measure), float64; NaN where it is not defined."""
_TOGETHER = 64  # files or pictures that a worker takes at a time


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
) -> tuple[Table, list[str]]:
    """(the measures of the MIDI files that can be read, a line for each of the others, and for each read leniently).

    jobs, progress: as in `measure_corpus`.
    """
    parts = list(_in_parts(lambda part: [_of_file(source, drums) for source in part], sources, jobs, progress))
    told = [line for part in parts for _, lines in part for line in lines]
    return as_table(row for part in parts for row, _ in part if row is not None), told


def codec_of(corpus: Corpus) -> Codec:
    """The codec of a corpus of MIDI pictures. InputError: a corpus of something else."""
    from midi.codecs import from_facts

    facts = corpus.manifest.get("facts") or {}
    if "codec" not in facts:
        raise InputError(f"{corpus.directory} is a corpus of {corpus.manifest.get('kind')}; expected one of MIDI pictures")
    return from_facts(facts["codec"])


def _in_parts(
    work: Callable[[Any], list], items: Any, jobs: int, progress: Callable[[Iterable, int], Iterable] | None
) -> Iterable[list]:
    """work(part) of the parts of `items`, in order."""
    from joblib import Parallel, delayed

    parts = [items[first : first + _TOGETHER] for first in range(0, len(items), _TOGETHER)]
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


def _of_file(source: Source, drums: bool) -> tuple[Measures | None, list[str]]:
    told: list[str] = []
    try:
        return measure(read(source.path, note=told.append), drums=drums), told
    except InputError as error:
        return None, [" ".join(str(error).split())]
