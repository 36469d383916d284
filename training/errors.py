"""Errors that are the user's: the one class of them, and any error of one file among many, as a line."""

from __future__ import annotations

import errno
import os

NOT_OF_ONE_FILE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EPIPE, errno.EMFILE, errno.ENFILE}
"""Of a disk that takes nothing more, a reader that is gone, too many open files: the next file would fail, too."""


class InputError(ValueError):
    """A file or value of the user's that cannot be used. Its message is one line: expected, received, likely cause."""


def reason_of(error: Exception, path: str | os.PathLike) -> str:
    """Why one file of many cannot be worked on, as one line that names it; whatever the error is, the others may go on.

    Raises it again where it is not of this file alone: a full disk, a closed pipe.
    """
    if isinstance(error, OSError) and error.errno in NOT_OF_ONE_FILE:
        raise error
    if isinstance(error, MemoryError):
        return f"{path} is too long for this machine's memory; cut it"
    if isinstance(error, InputError):
        reason = str(error)
    elif isinstance(error, OSError) and error.strerror:
        reason = f"{error.filename or path}: {error.strerror}"
    else:  # a bug, ours or of a library
        reason = f"{path}: {type(error).__name__}: {error}"
    name, reason = (" ".join(os.fsdecode(text).split()) for text in (path, reason))
    return reason if name in reason else f"{name}: {reason}"
