"""The piano-roll frames of the published likelihood tables: JSB_Chorales.mat, Nottingham.mat and their like.

`traindata`, `validdata` and `testdata` hold pieces (frames, 88), from key 21 up, 1 where a note sounds (arXiv 1206.6392; the
split of arXiv 1803.01271). They do not tell which notes begin, nor how long a frame is.
"""

from __future__ import annotations

import hashlib
import os
import zlib
from pathlib import Path

import numpy as np
import scipy.io

from midi.codecs.codec import ONSET, Codec
from midi.columns import blocks_of
from training.cli import InputError

KEYS = {"train": "traindata", "validation": "validdata", "test": "testdata"}
CODEC = "frames88"
_DAMAGED = (OSError, ValueError, LookupError, TypeError, NotImplementedError, zlib.error, scipy.io.matlab.MatReadError)


def frames_of(path: str | os.PathLike, codec: Codec) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray], str]:
    """(blocks, lengths, parts, fingerprint) as `pieces.Pieces` has them.

    InputError: not such a file, a codec of other columns than frames of 88 keys.
    """
    if codec.name != CODEC:
        raise InputError(f"{path} holds frames of 88 keys: train on it with --codec {CODEC}, not {codec.name}")
    try:
        data = Path(path).read_bytes()
        read = scipy.io.loadmat(path)
        found = {part: [np.asarray(piece) for piece in read[key].ravel()] for part, key in KEYS.items()}
    except FileNotFoundError:
        raise InputError(f"{path} not found") from None
    except _DAMAGED as error:
        raise InputError(f"{path} is no file of piano-roll frames ({error}); expected {', '.join(KEYS.values())}") from None
    pieces = [piece for part in found.values() for piece in part]
    for piece in pieces:
        if piece.ndim != 2 or piece.shape[1] != codec.shape[0] or not len(piece) or not np.isin(piece, (0, 1)).all():
            raise InputError(f"{path}: expected pieces (frames, 88) of 0 and 1; received {piece.shape}")
    blocks = np.concatenate([blocks_of(piece.astype(np.uint8) * ONSET) for piece in pieces])
    lengths, at, parts = np.array([len(piece) for piece in pieces]), 0, {}
    for part, members in found.items():
        parts[part] = np.arange(at, at + len(members))
        at += len(members)
    return blocks, lengths, parts, hashlib.sha256(data).hexdigest()
