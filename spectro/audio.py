"""Sound files in and out: every format libsndfile knows, any rate, streamed, never more in memory than is returned.

Sound is float32, full scale = 1, laid out (channels, samples), or (samples,) where `mono` asks for the channels' mean.
Files are recognised by their content, not by their name.
"""

from __future__ import annotations

import io
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile

from spectro.decode import MAX_CHANNELS, RATES, Note, decoded, is_rate, opened
from spectro.decoders import PIECE, Decoder
from spectro.pieces import mixed, regrouped, resampled
from training.cli import log
from training.errors import InputError
from training.files import atomic

MAX_VALUES = 1 << 30
"""Values (samples times channels, 4 GiB) that `read` returns at most; `blocks` has no limit."""
FOUR_GIB = (1 << 32) - (1 << 16)
"""Bytes of samples that a wav, aiff or au can hold, with some room for its header."""
FORMATS = {
    **{f".{name.lower()}": (name, "PCM_16") for name in ("WAV", "FLAC", "AIFF", "AU", "CAF", "W64", "RF64")},
    ".aif": ("AIFF", "PCM_16"), ".ogg": ("OGG", "VORBIS"), ".opus": ("OGG", "OPUS"), ".mp3": ("MP3", "MPEG_LAYER_III"),
}  # fmt: skip
"""Suffix -> libsndfile's format and the subtype that `write` takes by default."""
_BITS = {"PCM_S8": 8, "PCM_U8": 8, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_FLOATS = ("FLOAT", "DOUBLE")
_SHORT = ("WAV", "AIFF", "AU")


@dataclass(frozen=True)
class AudioInfo:
    """What a sound file's header says."""

    rate: int
    """Sample rate in Hz."""
    channels: int
    frames: int | None
    """Samples of each channel, or None where the header does not tell. A promise: MP3 estimates, damaged files lie."""
    seconds: float | None
    """Length, or None where the header does not tell."""
    format: str
    """libsndfile's names of container and coding, such as "FLAC PCM_16"."""


def info(path: str | os.PathLike) -> AudioInfo:
    """What the header says, without decoding. InputError: not a file that can be read as sound."""
    with opened(path) as sound:
        seconds = None if sound.frames is None else sound.frames / sound.rate
        return AudioInfo(sound.rate, sound.channels, sound.frames, seconds, sound.format)


def read(path: str | os.PathLike, rate: int | None = None, mono: bool = False, note: Note = log) -> tuple[np.ndarray, int]:
    """All of a file: float32 (channels, samples), or (samples,) with `mono`, and its sample rate in Hz.

        sound, rate = read("song.flac", rate=22_050, mono=True)

    rate: resample to this many Hz (soxr, high quality); by default the file's own.
    note: called with one line if a damaged file could be decoded in part only; by default the line goes to stderr.
    InputError: missing, no permission, a folder or device, empty, not audio, coded in an unknown way,
    absurd header, no sample at all, NaN or infinite samples (told how many), more than MAX_VALUES.
    """
    with opened(path) as sound:
        rate = _target_rate(sound, rate)
        pieces, values = [], 0
        for piece in _stream(path, sound, rate, mono, note):
            pieces.append(piece.T)
            values += piece.size
            if values > MAX_VALUES:
                hours = MAX_VALUES / piece.shape[1] / rate / 3600
                raise InputError(
                    f"{path} is longer than the {hours:.1f} hours that fit in memory at once; cut it, or read it in blocks"
                )
        joined = np.empty((len(pieces[0]), sum(piece.shape[1] for piece in pieces)), np.float32)
        np.concatenate(pieces, axis=1, out=joined)
        return (joined[0] if mono else joined), rate


def blocks(
    path: str | os.PathLike, seconds: float, rate: int | None = None, mono: bool = False, note: Note = log
) -> Iterator[np.ndarray]:
    """The same samples as `read`, in blocks of `seconds` (the last one may be shorter), in constant memory.

    Each block is (channels, samples), or (samples,) with `mono`. Raises what `read` raises, while it is iterated.
    """
    with opened(path) as sound:
        rate = _target_rate(sound, rate)
        size = seconds * rate
        if not 0 < size < MAX_VALUES:
            raise InputError(f"a block must last more than 0 s and fit in memory; received {seconds} s")
        for block in regrouped(_stream(path, sound, rate, mono, note), max(1, round(size))):
            yield block[:, 0] if mono else np.ascontiguousarray(block.T)


def write(path: str | os.PathLike, samples: np.ndarray, rate: int, subtype: str | None = None) -> int:
    """Write float samples (channels, samples) or (samples,) atomically; returns how many were clipped.

        clipped = write("half.wav", 0.5 * sound, rate)

    The suffix chooses the format (FORMATS), `subtype` the coding: PCM_16, PCM_24, PCM_32, PCM_U8, FLOAT, DOUBLE, VORBIS.
    Integers are rounded: samples read from 16 bits are written as the same 16 bits. Samples beyond [-1, 1] are clipped and
    counted; FLOAT and DOUBLE keep them. (libsndfile reads the padding of an 8-bit mono AIFF of odd length as a sample.)
    InputError: unknown suffix, a coding or rate that the format does not have, NaN, nothing to write. OSError: disk full.
    """
    container, subtype = _coding(path, subtype)
    frames = _checked_frames(path, samples)
    if not is_rate(rate):
        raise InputError(f"{path}: sample rate must be {RATES[0]} to {RATES[1]} Hz; received {rate}")
    if container in _SHORT and frames.size * _BITS.get(subtype, 64) / 8 > FOUR_GIB:
        raise InputError(f"{path}: {container} files end at 4 GiB; give a name that ends in .flac, .w64 or .rf64")
    with atomic(path) as temporary, _Output(io.FileIO(temporary, "w+")) as output:
        try:
            with soundfile.SoundFile(output, "w", int(rate), frames.shape[1], subtype, format=container) as sound:
                for start in range(0, len(frames), PIECE):
                    sound.write(_coded(frames[start : start + PIECE], subtype))
        except (soundfile.LibsndfileError, AssertionError) as error:  # soundfile asserts that all was written
            if output.failure or isinstance(error, AssertionError):
                raise output.failure or error from None
            raise InputError(
                f"{path}: {container} {subtype} cannot hold {frames.shape[1]} channels at {rate} Hz "
                f"({error.error_string.rstrip('.')})"
            ) from None
        if output.failure:
            raise output.failure
    return 0 if subtype in _FLOATS else _count(frames, lambda piece: np.abs(piece) > 1)


def _count(frames: np.ndarray, condition: Callable[[np.ndarray], np.ndarray]) -> int:
    """Samples that meet a condition, piece by piece: `frames` may be a file far larger than memory."""
    return sum(int(np.count_nonzero(condition(frames[i : i + PIECE]))) for i in range(0, len(frames), PIECE))


class _Output(io.BufferedRandom):
    """A file that libsndfile writes through; it remembers the disk's error, which would be lost in the C callback."""

    failure: OSError | None = None

    def write(self, data: bytes) -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.failure = self.failure or error
            return 0

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        try:
            return super().seek(offset, whence)
        except OSError as error:
            self.failure = self.failure or error
            return -1


def _target_rate(sound: Decoder, rate: int | None) -> int:
    if rate is None:
        return sound.rate
    if not is_rate(rate):
        raise InputError(f"sample rate must be a whole number from {RATES[0]} to {RATES[1]} Hz; received {rate}")
    return int(rate)


def _stream(path: str | os.PathLike, sound: Decoder, rate: int, mono: bool, note: Note) -> Iterator[np.ndarray]:
    """Decoded, mixed, resampled pieces (samples, channels); at least one sample in all."""
    pieces = decoded(path, sound, note)
    if mono and sound.channels > 1:
        pieces = mixed(pieces, path, note)
    if rate == sound.rate:
        yield from pieces
        return
    count = 0
    for piece in resampled(pieces, sound.rate, rate, 1 if mono else sound.channels):
        count += len(piece)
        yield piece
    if not count:
        raise InputError(f"{path} is too short: at {rate} Hz not one sample is left of it")


def _coding(path: str | os.PathLike, subtype: str | None) -> tuple[str, str]:
    """libsndfile's names of container and coding for a file to be written."""
    suffix = Path(path).suffix.lower()
    if suffix not in FORMATS:
        raise InputError(f"{path}: the name must end in {' '.join(FORMATS)}; received {suffix or 'no suffix'}")
    container, usual = FORMATS[suffix]
    subtype = (subtype or usual).upper()
    if not soundfile.check_format(container, subtype):
        raise InputError(
            f"{path}: {suffix} files can be {' '.join(soundfile.available_subtypes(container))}; received {subtype}"
        )
    return container, subtype


def _checked_frames(path: str | os.PathLike, samples: np.ndarray) -> np.ndarray:
    """(samples, channels) of floats that can be written."""
    samples = np.asarray(samples)
    if samples.dtype.kind != "f" or samples.ndim not in (1, 2):
        raise TypeError(f"samples must be floats (channels, samples); received {samples.dtype} {samples.shape}")
    frames = np.atleast_2d(samples).T
    if not 1 <= frames.shape[1] <= MAX_CHANNELS or not len(frames):
        raise InputError(
            f"{path}: expected 1 to {MAX_CHANNELS} channels of at least one sample, received shape "
            f"{samples.shape}: is it (samples, channels)?"
        )
    if damaged := _count(frames, lambda piece: ~np.isfinite(piece)):
        raise InputError(f"{path}: {damaged} of {frames.size} samples to be written are NaN or infinite")
    return frames


def _coded(frames: np.ndarray, subtype: str) -> np.ndarray:
    """What libsndfile takes: integers in the upper bits of int32, or floats, clipped unless the file holds floats."""
    if subtype in _FLOATS:
        return np.ascontiguousarray(frames)
    if subtype not in _BITS:
        return np.ascontiguousarray(np.clip(frames, -1, 1))
    bits = _BITS[subtype]
    scale = math.ldexp(1, bits - 1)
    whole = np.clip(np.rint(frames.astype(np.float64) * scale), -scale, scale - 1)
    return np.ascontiguousarray(whole.astype(np.int32) << (32 - bits))
