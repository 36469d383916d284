"""Demo music: eight short genres composed and synthesised by rule, seeded, free of any licence.

Not recordings and not samples: every sound is computed, so that classifiers and style transfer can be tried, tested and
explained without any data. Tracks of one genre differ in tempo, key, chords, timbre, arrangement, loudness and mix, and
genres share traits, so that a genre has to be learned and cannot be read off one number.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from training.cli import log
from training.errors import InputError
from training.files import atomic, read_json, write_json

if TYPE_CHECKING:
    import numpy as np

GENRES = ("trap", "future_bass", "lo_fi", "hardstyle", "liquid_drum_and_bass", "house", "vocal", "noise")
"""Names of the genres; each is a module of `spectro.demo.genres` with a function `play(rng, samples)`."""


def compose(genre: str, seed: int, seconds: float = 30.0) -> np.ndarray:
    """Compose and render one track: float32 (2, samples) at `spectro.demo.score.RATE` (22,050 Hz).

        write("trap.wav", compose("trap", seed=3, seconds=10.0), RATE)

    The peak is at most 0.95 and the mean of each channel is 0. The same (genre, seed, seconds) gives the same samples;
    NumPy's global random state is neither read nor changed. Up to four bars are all chorus, longer tracks have breaks.
    """
    if genre not in GENRES:
        raise InputError(f"genre must be one of {', '.join(GENRES)}; received {genre!r}")
    if seed < 0:
        raise InputError(f"seed must be 0 or more; received {seed}")
    _check_seconds(seconds)
    import numpy as np

    from spectro.demo.score import RATE

    rng = np.random.default_rng([seed, *genre.encode()])
    return import_module(f"spectro.demo.genres.{genre}").play(rng, round(seconds * RATE))


def write_corpus(
    folder: str | Path,
    tracks_per_genre: int = 6,
    seconds: float = 30.0,
    seed: int = 0,
    suffix: Literal["flac", "wav"] = "flac",
) -> list[Path]:
    """Write `folder/GENRE/GENRE-000.flac` and so on (16 bits, stereo) and return all paths, genre by genre.

    Files that exist are kept, so the same call after a kill finishes the work. Track i is composed from the seed
    `seed + (i << 32)`: more tracks extend a corpus without changing it. `folder/demo.json` notes seed, seconds, format
    and versions; InputError if a corpus of other seed, seconds or format is there already.
    """
    if tracks_per_genre < 1:
        raise InputError(f"tracks per genre must be 1 or more; received {tracks_per_genre}")
    if not 0 <= seed < 2**32:
        raise InputError(f"seed must be from 0 to {2**32 - 1}; received {seed}")
    _check_seconds(seconds)
    if suffix not in ("flac", "wav"):
        raise InputError(f"format must be flac or wav; received {suffix!r}")
    if Path(folder).exists() and not Path(folder).is_dir():
        raise InputError(f"{folder} is a file; expected a folder for the demo corpus")
    _note(Path(folder) / "demo.json", {"seed": seed, "seconds": seconds, "format": suffix})
    paths = []
    for genre in GENRES:
        for track in range(tracks_per_genre):
            paths.append(Path(folder) / genre / f"{genre}-{track:03d}.{suffix}")
            if not paths[-1].exists():
                _write(paths[-1], compose(genre, seed + (track << 32), seconds))
    return paths


def demo_folder(cache: str | os.PathLike | None = None) -> Path:
    """The folder of the demo music, a folder a genre in it, composed on first use.

        open_corpus(demo_folder(), Clips(), SUFFIXES)

    cache: where it lies; by default the user's cache folder.
    """
    from training.corpora.user_cache import cache_folder, made_cache

    folder = cache_folder(cache) / "demo"
    if not folder.exists():
        made_cache(cache)
        log(f"composing the demo music into {folder}")
    write_corpus(folder)
    return folder


def _check_seconds(seconds: float) -> None:
    if not 0.1 <= seconds <= 600:
        raise InputError(f"seconds must be from 0.1 to 600; received {seconds}")


def _note(path: Path, facts: dict[str, object]) -> None:
    """Write how the corpus is made, or check that the corpus that is there was made so."""
    import numpy as np
    import scipy

    if not path.exists():
        write_json(path, facts | {"versions": {"numpy": np.__version__, "scipy": scipy.__version__}})
        return
    before = read_json(path)
    if any(before.get(name) != value for name, value in facts.items()):
        there, asked = (", ".join(f"{name} {made.get(name)}" for name in facts) for made in (before, facts))
        raise InputError(f"{path.parent} holds a demo corpus of {there}; received {asked}: use another folder")


def _write(path: Path, samples: np.ndarray) -> None:
    """Write (2, samples) as 16-bit sound, complete or not at all."""
    import soundfile

    from spectro.demo.score import RATE

    with atomic(path) as temporary:
        soundfile.write(temporary, samples.T, RATE, subtype="PCM_16")
