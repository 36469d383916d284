"""Demo music: seven styles composed by rule, seeded, free of any licence, as MIDI pieces.

Chords lead their voices, melodies repeat their motifs in phrases that close with cadences, sections follow the form
A A B A. Pieces of one style differ in tempo, key, chords, melody, accompaniment and instruments.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from training.cli import log
from training.errors import InputError
from training.files import read_json, write_json

if TYPE_CHECKING:
    from midi.notes import Piece

STYLES = ("chorale", "waltz", "folk", "rock", "jazz_ballad", "house", "ragtime")
"""Names of the styles; each is a module of `midi.demo.styles` with a function `play(rng, bars)`."""
MAX_BARS = 1_024
"""Bars of a piece at most."""


def compose(style: str, seed: int, bars: int = 32) -> Piece:
    """Compose one piece of `bars` bars (4 to MAX_BARS): 480 ticks a quarter, General MIDI programs, drums where they belong.

        write("waltz.mid", compose("waltz", seed=3, bars=16))

    The same (style, seed, bars) gives the same notes; NumPy's global random state is neither read nor changed.
    """
    if style not in STYLES:
        raise InputError(f"style must be one of {', '.join(STYLES)}; received {style!r}")
    if seed < 0:
        raise InputError(f"seed must be 0 or more; received {seed}")
    _check_bars(bars)
    import numpy as np

    rng = np.random.default_rng([seed, *style.encode()])
    return import_module(f"midi.demo.styles.{style}").play(rng, bars)


def write_corpus(folder: str | Path, pieces_per_style: int = 6, seed: int = 0, bars: int = 32) -> list[Path]:
    """Write `folder/STYLE/STYLE-000.mid` and so on and return all paths, style by style.

    Files that exist are kept, so the same call after a kill finishes the work. Piece i is composed from the seed
    `seed + (i << 32)`: more pieces extend a corpus without changing it. `folder/demo.json` notes seed, bars and versions;
    InputError if a corpus of other seed or bars is there already.
    """
    if pieces_per_style < 1:
        raise InputError(f"pieces per style must be 1 or more; received {pieces_per_style}")
    if not 0 <= seed < 2**32:
        raise InputError(f"seed must be from 0 to {2**32 - 1}; received {seed}")
    _check_bars(bars)
    if Path(folder).exists() and not Path(folder).is_dir():
        raise InputError(f"{folder} is a file; expected a folder for the demo corpus")
    from midi.files.writing import write

    _note(Path(folder) / "demo.json", {"seed": seed, "bars": bars})
    paths = []
    for style in STYLES:
        for number in range(pieces_per_style):
            paths.append(Path(folder) / style / f"{style}-{number:03d}.mid")
            if not paths[-1].exists():
                write(paths[-1], compose(style, seed + (number << 32), bars))
    return paths


def demo_folder(cache: str | os.PathLike | None = None) -> Path:
    """The folder of the demo pieces, a folder a style in it, composed on first use.

        open_corpus(demo_folder(), MidiImages(codec), SUFFIXES)

    cache: where it lies; by default the user's cache folder.
    """
    from training.corpora.user_cache import cache_folder, made_cache

    folder = cache_folder(cache) / "demo-midi"
    if not folder.exists():
        made_cache(cache)
        log(f"composing the demo pieces into {folder}")
    write_corpus(folder)
    return folder


def _check_bars(bars: int) -> None:
    if not 4 <= bars <= MAX_BARS:
        raise InputError(f"bars must be from 4 to {MAX_BARS}; received {bars}")


def _note(path: Path, facts: dict[str, object]) -> None:
    """Write how the corpus is made, or check that the corpus that is there was made so."""
    import numpy as np
    import symusic

    if not path.exists():
        write_json(path, facts | {"versions": {"numpy": np.__version__, "symusic": symusic.__version__}})
        return
    before = read_json(path)
    if any(before.get(name) != value for name, value in facts.items()):
        there, asked = (", ".join(f"{name} {made.get(name)}" for name in facts) for made in (before, facts))
        raise InputError(f"{path.parent} holds a demo corpus of {there}; received {asked}: use another folder")
