"""Matlab's .mat files, for a process of their own (`generators.sequences.frames` starts it), since SciPy's reader ends its
process on some damaged ones.

`run` writes an .npz to standard output: for each key the pieces' lengths and their frames, one after the other.
"""

from __future__ import annotations

import sys

MAX_MEMORY_BYTES = 4 << 30
"""That the process may take: compressed files may claim any size."""


def run() -> None:
    """Read the file and the cells that the command line names; end with one line where that fails."""
    try:
        read(sys.argv[1], sys.argv[2:])
    except Exception as error:  # whatever it is, the file is at fault
        sys.exit(f"{type(error).__name__}: {error}")


def read(path: str, keys: list[str]) -> None:
    """Write the cells `keys` of a file, each of pieces (frames, columns) of 0 and 1."""
    import io
    import resource

    import numpy as np
    import scipy.io

    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    found, arrays = scipy.io.loadmat(path, variable_names=keys), {}
    for key in keys:
        pieces = [np.asarray(piece) for piece in found[key].ravel()]
        for piece in pieces:
            if piece.ndim != 2 or not len(piece) or not np.isin(piece, (0, 1)).all():
                raise ValueError(f"{key} holds {piece.dtype} {piece.shape}; expected pieces (frames, 88) of 0 and 1")
        arrays[f"{key}_lengths"] = np.array([len(piece) for piece in pieces])
        arrays[key] = np.concatenate(pieces).astype(np.uint8)
    whole = io.BytesIO()
    np.savez(whole, **arrays)
    sys.stdout.buffer.write(whole.getvalue())
