"""The piano-roll frames of the published likelihood tables: JSB_Chorales.mat, Nottingham.mat and their like.

`traindata`, `validdata` and `testdata` hold pieces (frames, 88), from key 21 up, 1 where a note sounds (arXiv 1206.6392; the
split of arXiv 1803.01271). They do not tell which notes begin, nor how long a frame is.
"""

from __future__ import annotations

import hashlib
import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

from generators.sequences import matlab
from midi.codecs.codec import ONSET, Codec
from training.arrays import read_arrays
from training.errors import InputError

KEYS = {"train": "traindata", "validation": "validdata", "test": "testdata"}
CODEC = "frames88"
MAX_FILE_BYTES = 1 << 26
"""The largest of the published ones has a tenth of it."""
MAX_SECONDS = 120
"""That reading may take."""
READER = "import runpy, sys; runpy.run_path(sys.argv.pop(1))['run']()"


def frames_of(path: str | os.PathLike, codec: Codec | None) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray], str]:
    """(all frames, one piece after the other, lengths, parts, fingerprint), the last three as `data.Pieces` has them.

    InputError: not such a file, a codec of other columns than frames of 88 keys.
    """
    if codec is None or codec.name != CODEC:
        name = codec.name if codec else "another model"
        raise InputError(f"{path} holds frames of 88 keys: train on it with --codec {CODEC}, not {name}")
    data = _bytes(path)
    pieces, lengths, counts = [], [], []
    for key, (each, frames) in _read(path).items():
        if frames.ndim != 2 or frames.shape[1] != codec.shape[0] or each.sum() != len(frames):
            raise InputError(f"{path}: expected {key} to hold pieces (frames, 88) of 0 and 1; received {frames.shape}")
        pieces.append(frames * np.uint8(ONSET))
        lengths.append(each)
        counts.append(len(each))
    ends = np.cumsum(counts)
    parts = {part: np.arange(end - count, end) for part, end, count in zip(KEYS, ends, counts, strict=True)}
    return np.concatenate(pieces), np.concatenate(lengths), parts, hashlib.sha256(data).hexdigest()


def _bytes(path: str | os.PathLike) -> bytes:
    try:
        size = os.stat(path).st_size
        if size > MAX_FILE_BYTES:
            raise InputError(f"{path} has {size / 1e6:.0f} MB; a file of frames has {MAX_FILE_BYTES / 1e6:.0f} MB at most")
        return Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path} {'not found' if isinstance(error, FileNotFoundError) else error.strerror}") from None


def _read(path: str | os.PathLike) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Key -> (lengths of pieces, their frames one after the other). InputError: not such a file, damaged."""
    keys = list(KEYS.values())
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", READER, matlab.__file__, os.path.abspath(path), *keys],
            capture_output=True,
            timeout=MAX_SECONDS,
        )
        reason = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or [
            f"the reader ended with {done.returncode}"
        ]
    except subprocess.TimeoutExpired:
        done, reason = None, [f"not read within {MAX_SECONDS} s"]
    if done is None or done.returncode:
        raise InputError(f"{path} is no file of piano-roll frames ({reason[0][:200]}); expected {', '.join(keys)}")
    arrays = read_arrays(io.BytesIO(done.stdout), [name for key in keys for name in (key, f"{key}_lengths")])
    return {key: (arrays[f"{key}_lengths"], arrays[key]) for key in keys}
