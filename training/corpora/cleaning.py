"""What lies in a cache folder, and which of it may be deleted: what this project made there, whole folders of it only."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from typing import Any, NamedTuple

from training.corpora import corpus, hashes
from training.errors import InputError
from training.files import read_json
from training.runs.lock import LOCK, exclusive, in_use

_OURS = re.compile(
    rf"(manifest|plan)\.json|items\.csv|shard-\d{{5}}\.(npy|csv)|{re.escape(hashes.NAME)}|{re.escape(LOCK)}"
    r"|\.[\w-]+\.[0-9a-f]{8}\.tmp\.(json|csv|npy)"  # what a killed process left half written
)


class Cached(NamedTuple):
    """A folder in a cache folder. reason: why it is not to be deleted; empty where it may be."""

    directory: Path
    kind: str
    items: int
    size: int
    reason: str = ""


def cached(folder: Path) -> list[Cached]:
    """The folders in the cache folder `folder`, by name; none where there is no such folder."""
    if not folder.is_dir():
        return []
    return [_look(directory) for directory in sorted(folder.iterdir()) if directory.is_dir()]


def delete(directory: Path) -> None:
    """Delete a folder that `cached` gives no reason against. A kill on the way leaves a corpus that can be built again.

    InputError: it is in use by now, or something else has come to lie in it.
    """
    with exclusive(directory):
        if reason := _foreign(directory):
            raise InputError(f"{directory} {reason}")
        if (directory / "manifest.json").exists():
            (directory / "manifest.json").replace(directory / "plan.json")  # unfinished, from here on
        for path in sorted(directory.iterdir(), key=lambda path: path.name == "plan.json"):
            if path.name != LOCK:
                path.unlink()
        with contextlib.suppress(OSError):  # Windows deletes no open file, but with its release
            (directory / LOCK).unlink()
            directory.rmdir()
    with contextlib.suppress(OSError):
        directory.rmdir()


def _look(directory: Path) -> Cached:
    """One folder; that of hashes is ours, too."""
    if directory.is_symlink():
        return Cached(directory, "", 0, 0, "is a link")
    size = sum(path.lstat().st_size for path in directory.iterdir())
    about = _mark(directory)
    if about is None:
        return Cached(directory, "", 0, size, "is no corpus made here")
    reason = _foreign(directory) or ("is in use by another process" if in_use(directory) else "")
    return Cached(directory, *about, size, reason)


def _mark(directory: Path) -> tuple[str, int] | None:
    """(kind, items) by the mark that this project leaves in what it makes there; None without one."""
    if directory.name == hashes.FOLDER:
        found = _dict(directory / hashes.NAME)
        files = found.get("files")
        return ("hashes", len(files)) if found.get("format") == hashes.FORMAT and isinstance(files, dict) else None
    whole = (directory / "manifest.json").exists()
    found = _dict(directory / ("manifest.json" if whole else "plan.json"))
    name, kind, items = found.get("fingerprint"), found.get("kind"), found.get("items", 0)
    made_here = isinstance(name, str) and re.fullmatch(r"[0-9a-f]{64}", name) and name[:16] == directory.name
    if found.get("format") != corpus.FORMAT or not made_here or not isinstance(kind, str) or type(items) is not int:
        return None
    return (kind if whole else "unfinished", items)


def _foreign(directory: Path) -> str:
    """What speaks against deleting all that lies in `directory`: the first thing that is not ours."""
    for path in sorted(directory.iterdir()):
        if path.is_symlink() or not path.is_file() or not _OURS.fullmatch(path.name):
            return f"holds {path.name}, which is not this project's"
    return ""


def _dict(path: Path) -> dict[str, Any]:
    try:
        found = read_json(path)
    except InputError:
        return {}
    return found if isinstance(found, dict) else {}
