"""Building a corpus: the user's files turned once into fixed-size items (`training.corpora.corpus` reads them).

Building again after a kill continues, and ends with the same bytes: what goes into which shard is fixed by a plan that
is made before the first shard is written.
"""

from __future__ import annotations

import csv
import hashlib
import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from training.corpora.cluster import workers
from training.corpora.corpus import FORMAT, Encoder, item_dtype, read_table, shard_path
from training.corpora.hashes import hashes_of
from training.corpora.sources import Source
from training.errors import InputError, reason_of
from training.files import atomic, read_json, remove_half_written, write_json
from training.runs.lock import exclusive

FILES_PER_SHARD = 32
COLUMNS = ("name", "label", "group", "fold", "sha256", "shard", "first", "items", "reason", "remark")
"""Of items.csv."""


def build_corpus(
    sources: list[Source],
    encoder: Encoder,
    directory: str | os.PathLike,
    *,
    jobs: int | None = None,
    force: bool = False,
    wait: bool = False,
    scheduler: str | None = None,
    progress: Callable[[Iterable, int], Iterable] | None = None,
    plan: dict[str, Any] | None = None,
) -> None:
    """Write the corpus of `sources` to `directory`; continues a build that was killed, and is done at once if complete.

    jobs: worker processes (default: the machine's cores). progress: wraps the finished shards for display.
    wait: for another process that works in `directory`, whose corpus then serves both.
    scheduler: address of a Dask scheduler (tcp://host:port) whose workers, all of them, do the work; they must see the
    files and `directory` at the same paths. plan: as `plan_of` gives it for these arguments, if it is known.
    InputError: the directory holds something else (`force` replaces a corpus), or another process works in it; no
    scheduler answers.
    """
    if jobs is not None and jobs < 1:
        raise InputError(f"--jobs must be 1 or more; received {jobs}")
    directory = Path(directory)
    plan = plan or plan_of(sources, encoder)
    rows = plan["rows"]
    _refuse_foreign(directory)
    with exclusive(directory, wait):
        _claim(directory, plan["fingerprint"], force)
        if _complete(directory, plan["fingerprint"]):
            return
        remove_half_written(directory)
        write_json(directory / "plan.json", plan)
        kept = [(source.path.absolute(), row) for source, row in zip(sources, rows, strict=True) if not row["reason"]]
        shards = [kept[i : i + FILES_PER_SHARD] for i in range(0, len(kept), FILES_PER_SHARD)]
        with workers(scheduler):
            _write_shards(directory.absolute(), shards, encoder, jobs, progress)
        remove_half_written(directory)  # of workers of a cluster that were lost on the way
        _finish(directory, rows, len(shards), encoder, plan["fingerprint"])


def plan_of(sources: list[Source], encoder: Encoder, cache: Path | None = None) -> dict[str, Any]:
    """What a corpus of these files and this encoder is to be; its `fingerprint` names their content, labels and the
    encoder's facts. cache: folder where the files' hashes are remembered (`training.corpora.hashes`)."""
    plan = {
        "format": FORMAT,
        "kind": encoder.kind,
        "shape": list(encoder.shape),
        "dtype": encoder.dtype,
        "facts": encoder.facts(),
        "files_per_shard": FILES_PER_SHARD,
        "rows": _plan_rows(sources, cache),
    }
    return {"fingerprint": hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest(), **plan}


def _plan_rows(sources: list[Source], cache: Path | None) -> list[dict[str, Any]]:
    """One row per source with its hash; unreadable files and exact duplicates get their reason here."""
    hashes = hashes_of([source.path for source in sources], cache)
    seen: dict[str, Source] = {}
    rows = []
    for source, (digest, reason) in zip(sources, hashes, strict=True):
        reason = source.reason or reason
        first = seen.setdefault(digest, source) if digest and not reason else source
        if first is not source:
            reason = f"duplicate of {first.name}" + (f", labelled {first.label}" if first.label != source.label else "")
        rows.append(
            {
                "name": source.name,
                "label": source.label,
                "group": source.group,
                "fold": source.fold,
                "sha256": digest,
                "reason": reason,
            }
        )
    return rows


def _refuse_foreign(directory: Path) -> None:
    """Before anything is written into `directory`: it must be new, empty or a corpus, finished or not."""
    ours = any((directory / name).exists() for name in (".lock", "manifest.json", "plan.json"))
    if directory.exists() and not ours and any(directory.iterdir()):
        raise InputError(f"{directory} exists and is not a corpus; give another --output")


def _claim(directory: Path, wanted: str, force: bool) -> None:
    """Make sure that the locked `directory` is ours to write: nothing in it, or the same plan."""
    tables = [directory / name for name in ("manifest.json", "plan.json") if (directory / name).exists()]
    if not tables and any(not path.name.startswith(".") for path in directory.iterdir()):
        raise InputError(f"{directory} exists and is not a corpus; give another --output")
    if not tables or read_json(tables[0]).get("fingerprint") == wanted:
        return
    if not force:
        raise InputError(f"{directory} is a corpus of other files or another setting; give another --output, or --force")
    for path in sorted(directory.iterdir(), key=lambda path: path.suffix == ".json"):  # what names it a corpus goes last
        if path.name in ("manifest.json", "items.csv", "plan.json") or path.name.startswith((".shard", "shard-")):
            path.unlink()


def _complete(directory: Path, wanted: str) -> bool:
    manifest = directory / "manifest.json"
    return manifest.exists() and read_json(manifest).get("fingerprint") == wanted


def _write_shards(
    directory: Path, shards: list, encoder: Encoder, jobs: int | None, progress: Callable[[Iterable, int], Iterable] | None
) -> None:
    """Write the shards that are missing, one task each. A shard's table is renamed into place after its items."""
    from joblib import Parallel, delayed
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    todo = [(number, files) for number, files in enumerate(shards) if not part_path(directory, number).exists()]
    jobs = min(jobs or os.cpu_count() or 1, max(len(todo), 1))
    parallel = Parallel(n_jobs=jobs, return_as="generator_unordered")
    done = parallel(delayed(write_shard)(directory, number, files, encoder) for number, files in todo)
    try:
        for _ in progress(done, len(todo)) if progress else done:
            pass
    except TerminatedWorkerError:
        raise InputError(
            "a worker process was killed (out of memory?); the same command again continues, --jobs 1 needs the least memory"
        ) from None


def _finish(directory: Path, rows: list[dict[str, Any]], shards: int, encoder: Encoder, name: str) -> None:
    written = {row["name"]: row for number in range(shards) for row in read_table(part_path(directory, number))}
    table = [written.get(row["name"], {**row, "shard": "", "first": "", "items": 0}) for row in rows]
    write_table(directory / "items.csv", table)
    write_json(
        directory / "manifest.json",
        {
            "format": FORMAT,
            "kind": encoder.kind,
            "shape": list(encoder.shape),
            "dtype": encoder.dtype,
            "facts": encoder.facts(),
            "fingerprint": name,
            "shards": shards,
            "sources": len(rows),
            "items": sum(int(row["items"]) for row in table),
            "left_out": sum(bool(row["reason"]) for row in table),
        },
    )
    for number in range(shards):
        part_path(directory, number).unlink()
    (directory / "plan.json").unlink()


def write_shard(directory: Path, number: int, files: list[tuple[Path, dict[str, Any]]], encoder: Encoder) -> None:
    """Encode `files` into one shard, streaming: memory holds one block of items, however long a file is."""
    count = 0
    parts = []
    with atomic(shard_path(directory, number)) as temporary, temporary.open("wb") as out:
        header = _write_header(out, 0, encoder)
        for path, row in files:
            start = out.tell()
            remark = ""
            try:
                items, remark = _stream(out, encoder, path)
                reason = "" if items else "gives no items"
            except Exception as error:  # a strange file must not end a night's build
                items, reason = 0, reason_of(error, path)
            if reason:
                out.seek(start)
                out.truncate()
            notes = {"reason": _one_line(reason, path), "remark": "" if reason else _one_line(remark, path)}
            parts.append({**row, "shard": number, "first": count, "items": items, **notes})
            count += items
        out.seek(0)
        if _write_header(out, count, encoder) != header:
            raise RuntimeError("the header of a shard grew")
    write_table(part_path(directory, number), parts)


def _one_line(text: str, path: Path) -> str:
    """Without the path, since the table has the file's name in another column."""
    name, line = (" ".join(os.fsdecode(one).split()) for one in (path, text))
    return line.replace(f"{name}: ", "").replace(f"{name} ", "")


def part_path(directory: Path, number: int) -> Path:
    """Where the table of a written shard waits until the corpus is whole."""
    return directory / f"shard-{number:05d}.csv"


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write rows of `items.csv`; names keep bytes that are not UTF-8."""
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def _stream(out: Any, encoder: Encoder, path: Path) -> tuple[int, str]:
    """(items written, the encoder's remark)."""
    items, blocks = 0, iter(encoder(path))
    while True:
        try:
            block = np.ascontiguousarray(next(blocks))
        except StopIteration as end:
            return items, end.value or ""
        if block.shape[1:] != tuple(encoder.shape) or block.dtype != item_dtype(encoder.dtype):
            raise RuntimeError(f"encoder gave {block.dtype} {block.shape[1:]}, promised {encoder.dtype} {encoder.shape}")
        out.write(block.data)
        items += len(block)


def _write_header(out: Any, count: int, encoder: Encoder) -> int:
    """NumPy leaves room in the header for the first axis to grow, so that it can be written again at the end."""
    descr = np.lib.format.dtype_to_descr(item_dtype(encoder.dtype))
    description = {"descr": descr, "fortran_order": False, "shape": (count, *encoder.shape)}
    np.lib.format.write_array_header_1_0(out, description)
    return out.tell()
