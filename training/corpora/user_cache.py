"""The user's cache folder: folders given as data become corpora there once, keyed by their content and setting."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

from training.cli import bar, log
from training.corpora.build import build_corpus, plan_of
from training.corpora.corpus import Corpus, Encoder
from training.corpora.sources import Source, find_sources
from training.errors import InputError


def cache_folder(cache: str | os.PathLike | None = None) -> Path:
    """Where cached corpora lie: `cache`, or the platform's cache folder for this user."""
    import platformdirs

    return Path(cache) if cache else Path(platformdirs.user_cache_dir("spectro"))


def made_cache(cache: str | os.PathLike | None = None) -> Path:
    """The cache folder, which is there and can be written. InputError: it cannot."""
    folder = cache_folder(cache)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(
            f"the cache folder {folder} cannot be written ({error.strerror}); give another one as --cache"
        ) from None
    return folder


def open_corpus(
    data: str | os.PathLike, encoder: Encoder, suffixes: Collection[str], cache: str | os.PathLike | None = None
) -> Corpus:
    """The corpus `data`, or the cached corpus of the folder or CSV `data`, built if it is not there yet.

        corpus = open_corpus("my_music", encoder, {".wav", ".flac"})
        corpus[[0, 1]]  # the first two items, from the disk

    InputError: a corpus of another kind or setting than `encoder` makes; what `find_sources` raises; no item at all.
    """
    if Path(data, "manifest.json").exists():
        return describe(_matching(Corpus(data), encoder))
    return corpus_of(find_sources(data, suffixes), encoder, cache, told=data)


def corpus_of(
    sources: list[Source], encoder: Encoder, cache: str | os.PathLike | None = None, *, told: str | os.PathLike
) -> Corpus:
    """The cached corpus of these files, built if it is not there yet; `told` names them. InputError: no item at all."""
    folder = cache_folder(cache)
    plan = plan_of(sources, encoder, folder)
    directory = folder / plan["fingerprint"][:16]
    if not (directory / "manifest.json").exists():
        made_cache(cache)
        log(f"reading {len(sources)} files of {told} into {directory}")
        build_corpus(sources, encoder, directory, wait=True, progress=bar, plan=plan)
    return describe(Corpus(directory))


def describe(corpus: Corpus, most: int = 10) -> Corpus:
    """Tell what a corpus holds and what was left out of it, and return it. InputError if it holds nothing."""
    size = sum(path.stat().st_size for path in corpus.directory.iterdir())
    log(
        f"{corpus.directory}: {len(corpus)} items of {len(corpus.rows)} files, {size / 1e6:.1f} MB, "
        f"{len(corpus.left_out)} files left out"
    )
    kinds: dict[str, list[dict[str, str]]] = {}
    for row in corpus.left_out:
        kinds.setdefault(re.split(r": | \(| of ", row["reason"])[0], []).append(row)
    for rows in list(kinds.values())[:most]:
        many = f"{len(rows):,} files, such as " * (len(rows) > 1)
        log(f"  left out: {many}{rows[0]['name']}: {rows[0]['reason']}")
    if len(kinds) > most or len(corpus.left_out) > len(kinds):
        log(f"  all are listed in {corpus.directory / 'items.csv'}")
    for label in sorted({row["label"] for row in corpus.left_out} - {row["label"] for row in corpus.rows}):
        log(f"  label {label or '(none)'}: none of its files could be used")
    if remarks := sum(bool(row.get("remark")) for row in corpus.rows):
        log(f"  {remarks:,} files are not kept as they are; the column remark of items.csv tells what is missing")
    if not len(corpus):
        raise InputError(f"none of the {len(corpus.left_out)} files could be used; the reasons are above")
    return corpus


def _matching(corpus: Corpus, encoder: Encoder) -> Corpus:
    manifest = corpus.manifest
    if manifest["kind"] != encoder.kind or not encoder.serves(manifest["facts"]):
        found = {"kind": manifest["kind"]} | _flat(manifest["facts"])
        wanted = {"kind": encoder.kind} | _flat(encoder.facts())
        differing = [name for name in {**found, **wanted} if found.get(name) != wanted.get(name)]
        is_, expected = (", ".join(f"{name} {facts.get(name)}" for name in differing[:4]) for facts in (found, wanted))
        raise InputError(
            f"{corpus.directory} is a corpus of {is_}; expected {expected}: build another or change the options"
        )
    return corpus


def _flat(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts within facts as facts of their own."""
    flat: dict[str, Any] = {}
    for name, value in facts.items():
        flat |= _flat(value) if isinstance(value, dict) else {name: value}
    return flat
