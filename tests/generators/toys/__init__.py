"""Toy models that show the contracts: each is one file here, and one line in `MODELS`, which `registered` adds."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def registered() -> Iterator[None]:
    """Within it the package generators has the toys, too."""
    import generators
    from generators.pictures import Pictures
    from generators.sequences import Sequences

    folder = str(Path(__file__).parent)
    generators.__path__.append(folder)
    generators.MODELS["toy_pixels"] = Pictures()
    generators.MODELS["toy_tokens"] = Sequences()
    try:
        yield
    finally:
        del generators.MODELS["toy_pixels"], generators.MODELS["toy_tokens"]
        generators.__path__.remove(folder)
