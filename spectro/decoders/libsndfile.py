"""Decoding by libsndfile: wav, flac, ogg, opus, mp3, aiff, au, caf, w64 and others, in whatever state they are.

Files are recognised by their content, not by their name. Nothing is sought and nothing is reserved because a header says
so: a FLAC without a sample count, a wrong count and a file cut short give what they hold.
"""

from __future__ import annotations

import contextlib
import io
import mmap
import re
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import soundfile

from spectro.decoders import PIECE, DecodingError
from spectro.decoders.streams import Stream, left_over, streams_of
from training.cli import silenced_stderr

_CUT_SHORT = re.compile(r"^\s*(?:data|SSND|Data Size) *: (\d+) \(should be (\d+)\)", re.MULTILINE)
_UNKNOWN_SIZE = 0x7FF00000
_COUNT = slice(21, 26)  # bytes of a FLAC whose last 36 bits are STREAMINFO's number of samples


class _Forward(soundfile.SoundFile):
    """A sound file that is read from front to back: seeking after each read is slow, and fails on odd files."""

    def seekable(self) -> bool:
        return False


class _Window(io.RawIOBase):
    """A stream of a file as a file: `head` in the place of its first `instead` bytes."""

    def __init__(self, data: mmap.mmap, stream: Stream, head: bytes = b"", instead: int = 0) -> None:
        super().__init__()
        self._data, self._head, self._place = data, head, 0
        self._shift, self._stop = stream.start + instead - len(head), stream.stop

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        start = self._place
        found = self._head[start : start + len(buffer)]
        first = self._shift + start + len(found)
        found += self._data[first : max(first, min(first + len(buffer) - len(found), self._stop))]
        buffer[: len(found)] = found
        self._place += len(found)
        return len(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._stop - self._shift}
        self._place = max(0, base[whence] + offset)
        return self._place

    def tell(self) -> int:
        return self._place


class _Reading:
    """One stream that is read from front to back. DecodingError: not a sample can be decoded."""

    def __init__(self, file: BinaryIO, data: mmap.mmap, stream: Stream) -> None:
        self.stream, self.count, self.failure = stream, 0, ""
        flac = data[:4] == b"fLaC" and len(data) > _COUNT.stop and data[4] & 0x7F == 0  # STREAMINFO comes first
        self._told = int.from_bytes(data[_COUNT], "big") & (1 << 36) - 1 if flac else 0
        source: int | _Window = file.fileno()
        if flac:  # libsndfile would stop at the count, so it sees none
            head = data[: _COUNT.start] + bytes([data[_COUNT.start] & 0xF0, 0, 0, 0, 0])
            source = _Window(data, stream, head, len(head))
        elif stream.lead or stream.stop - stream.start < len(data):
            source = _Window(data, stream, stream.lead)
        try:
            with silenced_stderr():
                self.sound = _Forward(source, closefd=False)
        except soundfile.LibsndfileError as error:
            raise DecodingError(error.error_string.rstrip(".")) from None
        self._first = self._read()
        if not len(self._first):
            self.sound.close()
            raise DecodingError(self.failure or "it holds no samples")

    def pieces(self) -> Iterator[np.ndarray]:
        """float32 (samples, channels)."""
        piece = self._first
        while len(piece):
            self.count += len(piece)
            yield piece
            piece = piece[:0] if self.failure else self._read()
        if self.failure and self.count >= (self.promised or self.count + 1) - self._padding:
            self.failure = ""  # a tag behind the last frame, which is no sound

    def _read(self) -> np.ndarray:
        piece = np.full((PIECE, self.sound.channels), np.nan, np.float32)
        try:
            # mpg123 writes notes that name no file
            with silenced_stderr() if self.sound.format == "MP3" else contextlib.nullcontext():
                return self.sound.read(out=piece)
        except soundfile.LibsndfileError as error:  # what is still NaN was not decoded
            self.failure = error.error_string.rstrip(".")
            missing = np.isnan(piece).any(axis=1)
            return piece[: np.argmax(missing) if missing.any() else PIECE]

    @property
    def promised(self) -> int | None:
        """Samples of each channel by the header; libsndfile gives a huge number where it does not know."""
        if self.stream.lead:
            return self.stream.samples
        return self._told or (self.sound.frames if 0 <= self.sound.frames < 1 << 62 else None)

    @property
    def expected(self) -> int:
        """Samples of each channel that the stream once had, as far as it tells.

        libsndfile corrects the count of a wav, aiff or au that is cut short, and only its log tells. Sizes near 2 or 4 GiB
        are what programs write that do not know the length yet.
        """
        promised = self.promised or 0
        match = _CUT_SHORT.search(self.sound.extra_info)
        if match and _UNKNOWN_SIZE > int(match[1]) > int(match[2]) > 0:
            promised = max(promised, self.count * int(match[1]) // int(match[2]))
        return promised if promised > self.count + self._padding else self.count

    @property
    def _padding(self) -> int:
        """Samples that encoders add and decoders take away; MP3s also lie in WAV files."""
        return 3 * 1152 if self.sound.subtype.startswith("MPEG") else 0

    @property
    def more(self) -> int:
        """Samples beyond those of which the header of a FLAC tells."""
        return max(0, self.count - self._told) if self._told else 0


class Libsndfile:
    """libsndfile at work on an open file, on one of its streams after the other; a `Decoder`."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            self._data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except OSError as error:  # a disk without maps
            raise DecodingError(error.strerror or "cannot be mapped") from None
        self._file, self._streams, self._left_out = file, streams_of(self._data), ""
        self._readings = [_Reading(file, self._data, self._streams[0])]
        sound = self._readings[0].sound
        self.rate, self.channels, self.format = sound.samplerate, sound.channels, f"{sound.format} {sound.subtype}"

    @property
    def frames(self) -> int | None:
        """By the headers; None where one does not tell before it is reached."""
        told = [stream.promised or stream.samples for stream in self._streams]
        if len(told) == 1:
            return self._readings[0].promised
        return None if None in told else sum(filter(None, told))

    @property
    def failure(self) -> str:
        """Of the first stream that has one."""
        return next((reading.failure for reading in self._readings if reading.failure), "")

    @property
    def expected(self) -> int:
        """Of all streams that were read."""
        return sum(reading.expected for reading in self._readings)

    def pieces(self) -> Iterator[np.ndarray]:
        """Of all streams that are like the first one."""
        yield from self._readings[0].pieces()
        for stream in self._streams[1:]:
            try:
                reading = _Reading(self._file, self._data, stream)
            except DecodingError as error:
                self._left_out = f"cannot be decoded ({error})"
                return
            if (reading.sound.samplerate, reading.sound.channels) != (self.rate, self.channels):
                self._left_out = f"has {reading.sound.channels} channels at {reading.sound.samplerate} Hz, unlike the first"
                return
            self._readings.append(reading)
            yield from reading.pieces()

    def remarks(self) -> list[str]:
        """Streams that are joined or left out; more sound than a header tells of."""
        lengths = [reading.count / self.rate for reading in self._readings]
        found = []
        if len(self._streams) > 1:
            told = " and ".join(f"{seconds:.2f} s" for seconds in lengths[:4]) + " ..." * (len(lengths) > 4)
            found.append(f"holds {len(self._streams)} streams, one after the other; read: {told}")
        if self._left_out:
            found.append(f"goes on after {sum(lengths):.2f} s with a stream that {self._left_out}; it is left out")
        if more := sum(reading.more for reading in self._readings):
            found.append(f"has {more} samples ({more / self.rate:.2f} s) more than its header promises; they are read")
        if beyond := left_over(self._data):
            found.append("has data for {1:.2f} s beyond the {0:.2f} s of its data chunk, which are left out".format(*beyond))
        return found

    def close(self) -> None:
        """Let go of the file."""
        for reading in self._readings:
            reading.sound.close()
        self._data.close()
