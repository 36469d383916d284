"""Training a transfer model from data to run directory: what `python -m transfer.train` does, for Python users.

Each model has a module of its own for that, transfer/MODEL/training.py.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import Any

from training.cli import InputError


def train(
    model: str,
    config: Any,
    *,
    data: str | os.PathLike | None = None,
    source: str | os.PathLike | None = None,
    target: str | os.PathLike | None = None,
    **options: Any,
) -> Path:
    """Train `model` (a name in `transfer.MODELS`) with `config`; the run directory.

    Options as `python -m transfer.train --help` tells. InputError for data or a directory that cannot be used.
    """
    module = importlib.import_module(f"transfer.{model}.training")
    given = {name: path for name, path in (("data", data), ("source", source), ("target", target)) if path is not None}
    if wrong := given.keys() - set(module.DATA):
        expected = " and ".join(f"--{name} FOLDER" for name in module.DATA)
        raise InputError(f"{model} takes {expected}; received {' and '.join(f'--{name}' for name in sorted(wrong))}")
    return module.train(config, **given, **options)
