"""Writing files so that a kill, a full disk or a second run never leaves half a result."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.errors import InputError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WINDOWS = os.name == "nt"
NAME_BYTES, ROOM = 255, 15
"""Bytes of a file's name, at most, on most disks; and how many of them results leave free."""
_REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM}


@contextlib.contextmanager
def atomic(path: str | os.PathLike, *, durable: bool = True) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it is fsynced and renamed to `path`, on failure removed.

    The suffix is kept, since many writers choose their format by it. durable: wait until the disk has it, some
    milliseconds; without it a power cut, though no kill, may lose the file: for many small results that are soon made again.
    An OSError of a disk that is full or may not be written names `path`, and what to do.
    """
    path = Path(path)
    # not the process's number: in containers all have the same, and two workers of a cluster may write one file
    ending = f".{secrets.token_hex(4)}.tmp{path.suffix}"
    temporary = path.with_name("." + shortened(path.stem, NAME_BYTES - 1 - len(os.fsencode(ending))) + ending)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        if durable:
            fsync(temporary)
        os.replace(temporary, path)
        if durable:
            fsync(path.parent)
    except OSError as error:
        if error.errno not in _REFUSED or error.filename not in (None, str(temporary), str(path.parent)):
            raise
        message = f"{error.strerror}; what was there before is kept: mend that and give the same command again"
        raise OSError(error.errno, message, str(path)) from None
    finally:
        with contextlib.suppress(OSError):  # a disk that may not be written refuses this, too
            temporary.unlink(missing_ok=True)


def shortened(name: str, most: int = 0) -> str:
    """`name`, or of one of more than `most` bytes the beginning, and digits that tell it from others with that beginning.

    most: by default what a name of a result may have, so that other suffixes and numbers can be added to it.
    """
    most = most or NAME_BYTES - ROOM
    if len(os.fsencode(name)) <= most:
        return name
    digits = "~" + hashlib.sha256(os.fsencode(name)).hexdigest()[:8]
    while len(os.fsencode(name)) + len(digits) > most:
        name = name[:-1]
    return name + digits


def beside(path: Path, suffix: str) -> Path:
    """The path with a suffix after that which it has, as the record of a result has it."""
    return path.with_name(shortened(path.name, NAME_BYTES - len(suffix)) + suffix)


def remove_half_written(*folders: Path) -> None:
    """Delete the temporary files that killed processes left in `folders`; no other process may be writing there."""
    for folder in folders:
        for left in folder.glob(".*.tmp*"):
            left.unlink(missing_ok=True)


def fsync(path: str | os.PathLike) -> None:
    """Force a file's bytes, or a folder's entries, onto the disk; of Windows, which opens no folders, files only."""
    if WINDOWS and os.path.isdir(path):
        return
    handle = os.open(path, os.O_RDWR if WINDOWS else os.O_RDONLY)  # Windows writes out only what is open for writing
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def refuse_existing(path: str | os.PathLike, force: bool) -> None:
    """Raise InputError if `path` exists and `force` is off: results are never overwritten by accident."""
    if Path(path).exists() and not force:
        raise InputError(f"{path} exists already; give another name, or --force to overwrite it")


def refuse_filled(folder: Path, force: bool) -> None:
    """InputError where results would join others: `folder` is there, is not an empty folder, and `force` is not given."""
    if not (folder.is_dir() and not any(folder.iterdir())):
        refuse_existing(folder, force)


def write_json(path: str | os.PathLike, value: Any, *, durable: bool = True) -> None:
    """Write `value` as indented JSON, atomically (durable: see `atomic`). Paths become strings."""
    with atomic(path, durable=durable) as temporary:
        temporary.write_text(
            json.dumps(value, indent=2, default=_plain, ensure_ascii=False) + "\n",
            encoding="utf-8",
            errors="surrogateescape",
        )


def read_json(path: str | os.PathLike) -> Any:
    """Read a JSON file; InputError names the file when it is missing or broken."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8", errors="surrogateescape"))
    except FileNotFoundError:
        raise InputError(f"{path} not found") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is not readable JSON ({error})") from None


def _plain(value: Any) -> Any:
    """Turn what JSON does not know (NumPy scalars and arrays, paths) into what it knows."""
    if hasattr(value, "tolist"):
        return value.tolist()
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def free_name(folder: str | os.PathLike, stem: str, suffixes: tuple[str, ...], taken: set[str], force: bool) -> str:
    """The path (without suffix) for results called `stem`: numbered where another input of this call has taken the name.

    Adds it to `taken`. InputError if a file of that name and one of `suffixes` exists already, unless `force`.
    """
    name = stem = shortened(stem)
    number = 2
    while name in taken:
        name, number = f"{stem}-{number}", number + 1
    taken.add(name)
    for suffix in suffixes:
        refuse_existing(Path(folder, name + suffix), force)
    return str(Path(folder, name))


def distinct(paths: Iterable[Path]) -> list[Path]:
    """The same paths, numbered from the second of a name on (capitals do not make a name another one everywhere)."""
    taken: set[str] = set()
    found = []
    for wanted in paths:
        path = wanted = wanted.with_stem(shortened(wanted.stem))
        number = 1
        while str(path).casefold() in taken:
            number += 1
            path = wanted.with_stem(f"{wanted.stem}-{number}")
        taken.add(str(path).casefold())
        found.append(path)
    return found


def conversions(sources: Iterable[Path], targets: Iterable[Path]) -> list[tuple[Path, Path]]:
    """(source, target) of files to be converted. InputError: a target is one of the sources."""
    pairs = list(zip(sources, targets, strict=True))
    given = {source.resolve() for source, _ in pairs}
    for source, target in pairs:
        if target.resolve() in given:
            raise InputError(f"{source} would overwrite {target}, which is to be converted too; give another --output")
    return pairs


def placed(path: Path, folder: Path, other: Path, suffix: str = ".png") -> Path:
    """The path that lies in `other` as `path` does in `folder`, with another suffix; what lies elsewhere keeps its name."""
    name = path.relative_to(folder) if folder in path.parents else Path(path.name)
    return other / name.with_suffix(suffix)


def outputs_of_runs(runs: Sequence[str | os.PathLike], output: str | os.PathLike | None = None) -> list[Path]:
    """The folder of each run's results."""
    if output is None:
        return [Path(run, "evaluation") for run in runs]
    return [Path(output)] if len(runs) == 1 else distinct(Path(output, Path(run).resolve().name) for run in runs)


def save_figure(figure: Figure, path: str | os.PathLike, dpi: int = 120) -> None:
    """Write a figure of Matplotlib's atomically as PNG, PDF or SVG, by the suffix, with all text as it is.

    InputError: another suffix.
    """
    from training.drawing import draw_plainly

    kind = check_drawing(path)
    draw_plainly(figure)
    with atomic(path) as temporary:
        figure.savefig(temporary, format=kind, dpi=dpi)


def check_drawing(path: str | os.PathLike) -> str:
    """png, pdf or svg, by the suffix of `path`. InputError: another suffix."""
    suffix = Path(path).suffix.lower()
    if suffix not in (".png", ".pdf", ".svg"):
        raise InputError(f"{path}: the name of a drawing must end in .png, .pdf or .svg")
    return suffix[1:]
