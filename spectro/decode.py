"""Decoding of sound files, piece by piece from front to back, whatever their state; `spectro.audio` is the way in.

libsndfile decodes what it knows, FFmpeg the rest, if PyAV is there. What is missing, joined or left out is told.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from collections.abc import Callable, Iterator
from typing import BinaryIO

import numpy as np

from spectro.decoders import Decoder, DecodingError
from spectro.decoders.ffmpeg import INSTALL, Ffmpeg, installed
from spectro.decoders.libsndfile import Libsndfile
from training.errors import InputError

RATES = (1_000, 768_000)
"""Lowest and highest sample rate in Hz; a header with another one is taken for damaged."""
MAX_CHANNELS = 64
"""A header with more channels is taken for damaged."""
LOUDEST = 1e10
"""Samples beyond this (200 dB over full scale) are damage, like NaN: their spectrum would overflow float32."""

Note = Callable[[str], None]


@contextlib.contextmanager
def opened(path: str | os.PathLike) -> Iterator[Decoder]:
    """The file, open for `decoded`. InputError: missing, no permission, a folder or device, empty, not audio, coded in an
    unknown way, no sample that can be decoded, absurd header."""
    with _file(path) as file, contextlib.closing(_decoder(path, file)) as sound:
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


def _decoder(path: str | os.PathLike, file: BinaryIO) -> Decoder:
    """The first decoder that gives sound."""
    reasons = []
    decoders: tuple[type[Decoder], ...] = (Libsndfile, Ffmpeg) if installed() else (Libsndfile,)
    for decoder in decoders:
        try:
            sound = decoder(file)
        except DecodingError as error:
            reasons.append(str(error))
            continue
        if is_rate(sound.rate) and 1 <= sound.channels <= MAX_CHANNELS:
            return sound
        sound.close()
        raise InputError(
            f"{path}: its header is damaged: {sound.channels} channels at {sound.rate} Hz; expected 1 "
            f"to {MAX_CHANNELS} channels at {RATES[0]} to {RATES[1]} Hz"
        )
    advice = "is it whole?" if installed() else f"FFmpeg reads more, as m4a, WMA, APE and WavPack: {INSTALL}"
    raise InputError(f"{path} is not sound that can be decoded ({'; '.join(reasons)}); {advice}")


def is_rate(rate: float) -> bool:
    return RATES[0] <= rate <= RATES[1] and rate == int(rate)


def decoded(path: str | os.PathLike, sound: Decoder, note: Note) -> Iterator[np.ndarray]:
    """Pieces (samples, channels) as they are in the file; the notes about it come at the end."""
    count = 0
    pieces = sound.pieces()
    for piece in pieces:
        if not max(piece.max(), -piece.min()) <= LOUDEST:
            raise InputError(_count_damage(path, sound, piece, pieces, count))
        count += len(piece)
        yield piece
    if sound.failure or sound.expected > count:
        promise = f" of about {sound.expected}" if sound.expected > count else ""
        note(
            f"{path} is damaged: {count}{promise} samples ({count / sound.rate:.2f} s) could be decoded"
            + f" ({sound.failure})" * bool(sound.failure)
        )
    for remark in sound.remarks():
        note(f"{path} {remark}")


def _count_damage(
    path: str | os.PathLike, sound: Decoder, piece: np.ndarray, rest: Iterator[np.ndarray], before: int
) -> str:
    """Say how many values of the file are no sound: `piece` is the first that has some, `before` samples preceded it."""
    damaged, total = 0, before * sound.channels
    first = before + int(np.argmax(~(np.abs(piece) <= LOUDEST).all(axis=1)))
    for each in itertools.chain([piece], rest):
        damaged += int(np.count_nonzero(~(np.abs(each) <= LOUDEST)))
        total += each.size
    return (
        f"{path}: {damaged} of {total} samples are NaN, infinite or beyond {LOUDEST:g}, the first at "
        f"{first / sound.rate:.3f} s; it was damaged or wrongly computed"
    )
