"""What a result was made of, as one word: equal words, equal results, as long as the program is the same."""

from __future__ import annotations

import hashlib
import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Any

NAMES = ("content", "style", "pairs", "output", "force")
"""Options that say where files are, not what is made of them."""


def fingerprint(options: dict[str, Any], recipe: dict[str, Any], content: Path, style: Path) -> str:
    """Of the options of `transfer.nst`, the recipe that they amount to, and the bytes of all files that they name."""
    files = [content, style, Path(options["features"], "model.keras"), options.get("vgg_weights")]
    made_of = {
        "options": {name: value for name, value in options.items() if name not in NAMES},
        "recipe": recipe,
        "files": [digest(path) for path in files if path is not None and os.path.isfile(path)],
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True, default=os.fspath).encode()).hexdigest()


def digest(path: str | os.PathLike) -> str:
    """SHA-256 of a file."""
    return _digest(os.fspath(path), os.stat(path).st_mtime_ns)


@lru_cache(maxsize=1024)
def _digest(path: str, changed: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
