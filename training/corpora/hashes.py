"""SHA-256 of the user's files, remembered beside the cached corpora: a file is read again only where it has changed.

The index is a JSON file: path -> size, times of modification and change in nanoseconds, hash. It only saves time: one that
is damaged or of another version is ignored, and one that cannot be written is not written.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from training.errors import InputError
from training.files import read_json, write_json
from training.runs.lock import exclusive

FORMAT = 1
"""Version of the index."""
FOLDER = "hashes"
"""Folder of the index in a cache folder, with a lock of its own."""
NAME = "sources.json"
FINE, COARSE = 20_000_000, 2_000_000_000
"""Nanoseconds within which a file may change twice at one time of change: of most disks, of those that count in 10 ms."""


def hashes_of(paths: Sequence[Path], cache: Path | None = None) -> list[tuple[str, str]]:
    """(SHA-256, "") of every file, or ("", the reason why it cannot be read).

    cache: folder whose index is used and brought up to date; None: all files are read.
    """
    index = Path(cache, FOLDER, NAME) if cache else None
    known = _read(index) if index else {}
    with ThreadPoolExecutor() as pool:  # hashing releases the interpreter lock
        found = list(pool.map(lambda path: _hash(path, known), paths))
    new = {key: entry for key, entry, _, _ in found if entry and known.get(key) != entry}
    if index and new:
        with contextlib.suppress(OSError):  # a cache that may not be written
            _add(index, new)
    return [(digest, reason) for _, _, digest, reason in found]


def sha256(path: Path) -> str:
    """Of a file's content, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash(path: Path, known: dict[str, str]) -> tuple[str, str, str, str]:
    """(key, entry or nothing where the file may still change unseen, digest, reason)."""
    key = os.path.abspath(path)
    try:
        now, (state, changed) = time.time_ns(), _state(path)
        before, _, digest = known.get(key, "").rpartition(" ")
        if before == state:
            return key, known[key], digest, ""
        digest = sha256(path)
        settled = _state(path)[0] == state and changed + (FINE if changed % 10_000_000 else COARSE) < now
    except OSError as error:
        return key, "", "", f"cannot be read: {error.strerror}"
    return key, f"{state} {digest}" if settled else "", digest, ""


def _state(path: Path) -> tuple[str, int]:
    """What changes with a file's content, its size and times, and the time of change, which tells of files that were moved
    here with older times of modification."""
    found = path.stat()
    return f"{found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}", found.st_ctime_ns


def _read(index: Path) -> dict[str, str]:
    """The entries of an index; none where it is missing or damaged."""
    try:
        found = read_json(index)
    except InputError:
        return {}
    files = found.get("files") if isinstance(found, dict) and found.get("format") == FORMAT else None
    return {key: entry for key, entry in files.items() if _is_entry(entry)} if isinstance(files, dict) else {}


def _is_entry(entry: Any) -> bool:
    return isinstance(entry, str) and re.fullmatch(r"\d+ -?\d+ -?\d+ [0-9a-f]{64}", entry) is not None


def _add(index: Path, new: dict[str, str]) -> None:
    """Write the index with `new` entries beside those that others have written meanwhile."""
    with exclusive(index.parent, wait=True):
        write_json(index, {"format": FORMAT, "files": _read(index) | new}, durable=False)
