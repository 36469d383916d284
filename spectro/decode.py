"""Decoding of sound files, piece by piece from front to back, whatever their state; `spectro.audio` is the way in.

Files are recognised by their content, not by their name. Nothing is sought and nothing is reserved because a header
says so: a FLAC without a sample count, a wrong count and a file cut short give what they hold.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np
import soundfile

from training.errors import InputError

RATES = (1_000, 768_000)
"""Lowest and highest sample rate in Hz; a header with another one is taken for damaged."""
MAX_CHANNELS = 64
"""A header with more channels is taken for damaged."""
LOUDEST = 1e10
"""Samples beyond this (200 dB over full scale) are damage, like NaN: their spectrum would overflow float32."""
PIECE = 16_384
"""Samples of each channel that are decoded at a time."""
_CUT_SHORT = re.compile(r"^\s*(?:data|SSND|Data Size) *: (\d+) \(should be (\d+)\)", re.MULTILINE)
_UNKNOWN_SIZE = 0x7FF00000
_MP3_GUESS = 2 * 1152

Note = Callable[[str], None]


class _Forward(soundfile.SoundFile):
    """A sound file that is read from front to back: seeking after each read is slow, and fails on odd files."""

    def seekable(self) -> bool:
        return False


@contextlib.contextmanager
def opened(path: str | os.PathLike) -> Iterator[soundfile.SoundFile]:
    """The file, open for `decoded`. InputError: missing, no permission, a folder or device, empty, not audio, coded in an
    unknown way, absurd header."""
    with _file(path) as file, _recognised(path, file.fileno()) as sound:
        yield sound


def _file(path: str | os.PathLike) -> BinaryIO:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):  # opening a pipe could wait for ever
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a device or pipe"
            raise InputError(f"{path} is {kind}; expected a sound file")
        if status.st_size == 0:
            raise InputError(f"{path} is empty (0 bytes)")
        return open(path, "rb", buffering=0)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path} not found") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from None


def _recognised(path: str | os.PathLike, descriptor: int) -> soundfile.SoundFile:
    """Given a descriptor, libsndfile goes by the content: it cannot see the name."""
    try:
        sound = _Forward(descriptor, closefd=False)
    except soundfile.LibsndfileError as error:
        raise InputError(
            f"{path} is not sound that can be decoded ({error.error_string.rstrip('.')}); expected wav, "
            "flac, ogg, opus, mp3, aiff, au, caf or w64: is it whole? Convert other formats first"
        ) from None
    if not is_rate(sound.samplerate) or not 1 <= sound.channels <= MAX_CHANNELS:
        sound.close()
        raise InputError(
            f"{path}: its header is damaged: {sound.channels} channels at {sound.samplerate} Hz; expected 1 "
            f"to {MAX_CHANNELS} channels at {RATES[0]} to {RATES[1]} Hz"
        )
    return sound


def is_rate(rate: float) -> bool:
    return RATES[0] <= rate <= RATES[1] and rate == int(rate)


def promised(sound: soundfile.SoundFile) -> int | None:
    """Samples of each channel by the header; libsndfile gives a huge number where it does not know."""
    return sound.frames if 0 <= sound.frames < 1 << 62 else None


def decoded(path: str | os.PathLike, sound: soundfile.SoundFile, note: Note) -> Iterator[np.ndarray]:
    """Pieces (samples, channels) as they are in the file; the note about missing ones comes at the end."""
    count, failure = 0, ""
    while not failure:
        piece = np.full((PIECE, sound.channels), np.nan, np.float32)
        try:
            piece = sound.read(out=piece)
        except soundfile.LibsndfileError as error:  # what is still NaN was not decoded
            failure = error.error_string.rstrip(".")
            missing = np.isnan(piece).any(axis=1)
            piece = piece[: np.argmax(missing) if missing.any() else PIECE]
        if not len(piece):
            break
        if not max(piece.max(), -piece.min()) <= LOUDEST:
            raise InputError(_count_damage(path, sound, piece, count))
        count += len(piece)
        yield piece
    if not count:
        raise InputError(f"{path} holds no samples" + f" that can be decoded ({failure})" * bool(failure))
    expected = _expected(sound, count)
    if failure or expected > count:
        promise = f" of about {expected}" if expected > count else ""
        note(
            f"{path} is damaged: {count}{promise} samples ({count / sound.samplerate:.2f} s) could be decoded"
            + f" ({failure})" * bool(failure)
        )


def _expected(sound: soundfile.SoundFile, count: int) -> int:
    """Samples of each channel that the file once had, as far as it tells; `count` were found.

    libsndfile corrects the count of a wav, aiff or au that is cut short, and only its log tells. An MP3's count may be
    an estimate. Sizes near 2 or 4 GiB are what programs write that do not know the length yet.
    """
    header = promised(sound) or count
    if sound.format == "MP3":
        return header if header > count + _MP3_GUESS else count
    match = _CUT_SHORT.search(sound.extra_info)
    if match and _UNKNOWN_SIZE > int(match[1]) > int(match[2]) > 0:
        return max(header, count * int(match[1]) // int(match[2]))
    return header


def _count_damage(path: str | os.PathLike, sound: soundfile.SoundFile, piece: np.ndarray, before: int) -> str:
    """Say how many values of the file are no sound: `piece` is the first that has some, `before` samples preceded it."""
    damaged, total = 0, before * sound.channels
    first = before + int(np.argmax(~(np.abs(piece) <= LOUDEST).all(axis=1)))
    with contextlib.suppress(soundfile.LibsndfileError):
        while len(piece):
            damaged += int(np.count_nonzero(~(np.abs(piece) <= LOUDEST)))
            total += piece.size
            piece = sound.read(PIECE, dtype="float32", always_2d=True)
    return (
        f"{path}: {damaged} of {total} samples are NaN, infinite or beyond {LOUDEST:g}, the first at "
        f"{first / sound.samplerate:.3f} s; it was damaged or wrongly computed"
    )
