"""SHA-256 of the user's files, remembered beside the cached corpora: a file is read again only where it has changed.

The index is a JSON file, path -> size, times of modification and change, hash. It is only ever a short cut: one that is
damaged or of another version is passed over, and one that cannot be written is not.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from training.cli import InputError
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
    new = {key: entry for key, entry, _, _ in found if entry is not None and known.get(key) != entry}
    if index and new:
        with contextlib.suppress(OSError):  # a cache that may not be written
            _add(index, new)
    return [(digest, reason) for _, _, digest, reason in found]


def sha256(path: Path) -> str:
    """Of a file's content, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _hash(path: Path, known: dict[str, list]) -> tuple[str, list | None, str, str]:
    """(key, entry or None where the file may still change unseen, digest, reason)."""
    key = os.path.abspath(path)
    try:
        now, state = time.time_ns(), _state(path)
        if known.get(key, [])[:3] == state:
            return key, known[key], known[key][3], ""
        digest = sha256(path)
        settled = state == _state(path) and state[2] + (FINE if state[2] % 10_000_000 else COARSE) < now
    except OSError as error:
        return key, None, "", f"cannot be read: {error.strerror}"
    return key, [*state, digest] if settled else None, digest, ""


def _state(path: Path) -> list[int]:
    """What changes with a file's content: its size and times. That of change tells of files moved here with older times."""
    found = path.stat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns]


def _read(index: Path) -> dict[str, list]:
    """The entries of an index; none where it is missing or damaged."""
    try:
        found = read_json(index)
    except InputError:
        return {}
    files = found.get("files") if isinstance(found, dict) and found.get("format") == FORMAT else None
    return {key: entry for key, entry in files.items() if _is_entry(entry)} if isinstance(files, dict) else {}


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, list) or [type(part) for part in entry] != [int, int, int, str]:
        return False
    return len(entry[3]) == 64 and set(entry[3]) <= set("0123456789abcdef")


def _add(index: Path, new: dict[str, list]) -> None:
    """Write the index with `new` entries beside those that others have written meanwhile."""
    with exclusive(index.parent, wait=True):
        write_json(index, {"format": FORMAT, "files": _read(index) | new}, durable=False)
