"""Decoding by FFmpeg, through PyAV (the extra [formats]): m4a, WMA, APE, WavPack, Matroska, the sound of videos and others.

FFmpeg is given an open file and no name, so that it opens no other one, and containers alone that hold what they play: no
play lists, no addresses. It takes away the samples that encoders put in front of the sound, where the container tells how
many they are.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from spectro.decoders import PIECE, DecodingError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.container.input import InputContainer

SUFFIXES = (
    ".m4a", ".m4b", ".mp4", ".m4v", ".mov", ".3gp", ".aac", ".wma", ".asf", ".wmv", ".ape", ".wv", ".mka", ".mkv", ".webm",
    ".weba", ".tta", ".tak", ".mpc", ".spx", ".dsf", ".dff", ".ac3", ".eac3", ".dts", ".amr", ".avi", ".flv", ".mpg",
    ".mpeg", ".ra", ".rm",
)  # fmt: skip
"""File names of sound and of videos with sound that FFmpeg reads and libsndfile does not."""
INSTALL = "python -m pip install av"
"""What brings PyAV."""
CONTAINERS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,iff,matroska,webm,mov,mp4,mp3,mpc,mpc8,mpeg,mpegts,ogg,rm,tak,"
    "tta,voc,w64,wav,wv"
)
"""FFmpeg's names of those that it may take a file for."""
EXACT = ("mov", "wv", "ape", "tta", "tak", "dsf", "wav", "w64", "caf", "aiff", "flac")
"""Containers whose length is no estimate."""
DELAYED = {
    "aac": "AAC", "ac3": "AC-3", "eac3": "AC-3", "mp3float": "MP3", "wmav1": "WMA", "wmav2": "WMA", "wmapro": "WMA",
}  # fmt: skip
"""Codings whose encoders put samples in front. A container that tells how many has its first packet before time 0."""
PLANES = 8
"""Channels of a frame that keeps each by itself, at most: of more, PyAV (18.1) reads memory that is none of the frame's."""
TOLERANCE = 0.05
"""Seconds by which a header's length may be more than there is: tables of times are coarse."""


def installed() -> bool:
    """Is PyAV there?"""
    return find_spec("av") is not None


class _Nameless:
    """A file without its name, which may be of any bytes, and is no evidence of what the file holds."""

    def __init__(self, file: BinaryIO) -> None:
        self.read, self.tell, self._seek = file.read, file.tell, file.seek

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Damaged files ask for places that there are not: -1."""
        try:
            return self._seek(offset, whence)
        except (OSError, OverflowError):
            return -1


class Ffmpeg:
    """FFmpeg at work on the first sound of an open file; a `Decoder`. ImportError: PyAV is not there."""

    def __init__(self, file: BinaryIO) -> None:
        import av

        self._error = av.FFmpegError
        self.failure, self._left_out, self._damaged, self._count = "", "", 0, 0
        self._begin: int | None = None
        file.seek(0)
        options = {"format_whitelist": CONTAINERS, "protocol_whitelist": "none"}
        try:
            self._container: InputContainer = av.open(_Nameless(file), "r", options=options, metadata_errors="replace")
        except self._error as error:
            raise DecodingError(f"FFmpeg: {error.strerror}") from None
        with contextlib.ExitStack() as undo:
            undo.callback(self.close)
            if not self._container.streams.audio:
                raise DecodingError("FFmpeg: it holds no sound")
            self._stream, self._kind = self._container.streams.audio[0], self._container.format.name.split(",")[0]
            self._frames = self._decoded()
            first = next(self._frames, None)
            if first is None:
                raise DecodingError(f"FFmpeg: {self.failure or 'nothing of it can be decoded'}")
            self._first = first  # the header of HE-AAC tells half its rate
            self.rate, self.channels = first.sample_rate, _as_float(first).shape[1]
            self.format = f"{self._kind} {self._stream.codec_context.name}"
            undo.pop_all()

    @property
    def frames(self) -> int | None:
        """None where the container only estimates."""
        stream = self._stream
        if self._kind not in EXACT or not stream.duration or not stream.time_base:
            return None
        return round(stream.duration * stream.time_base * self.rate)

    @property
    def expected(self) -> int:
        """By the header, unless it is little more than there is."""
        promised = self.frames or 0
        return promised if promised > self._count + TOLERANCE * self.rate else self._count

    def pieces(self) -> Iterator[np.ndarray]:
        """All frames that are like the first one."""
        held: list[np.ndarray] = []
        for samples in self._samples():
            held.append(samples)
            self._count += len(samples)
            if sum(map(len, held)) >= PIECE:
                yield np.concatenate(held)
                held = []
        if held:
            yield np.concatenate(held)
        if self.frames and self._count >= self.frames:
            self.failure = ""  # a tag behind the last packet, which is no sound

    def _samples(self) -> Iterator[np.ndarray]:
        """float32 (samples, channels) of each frame; the last one of an mp4 may be longer than the sound."""
        last = self._first
        for frame in self._frames:
            kinds = {(one.sample_rate, len(one.layout.channels), one.format.name) for one in (last, frame)}
            if len(kinds) > 1:
                self._left_out = f"{len(frame.layout.channels)} channels at {frame.sample_rate} Hz"
                break
            yield _as_float(last)
            last = frame
        exact = self._kind == "mov" and last.duration and last.time_base
        yield _as_float(last)[: round(last.duration * last.time_base * self.rate) if exact else None]

    def _decoded(self) -> Iterator[AudioFrame]:
        """The frames; packets that cannot be decoded are passed over and counted."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
            except self._error as error:
                self.failure = error.strerror or type(error).__name__
                return
            if packet is None:
                return
            self._begin = packet.pts if self._begin is None else self._begin
            try:
                yield from packet.decode()
            except self._error:
                self._damaged += 1

    def remarks(self) -> list[str]:
        """What is missing, and what is not sound of the file's own."""
        found = []
        if self._damaged:
            found.append(f"is damaged: {self._damaged} of its packets could not be decoded and are left out")
        if self._left_out:
            seconds = self._count / self.rate
            found.append(f"goes on after {seconds:.2f} s with {self._left_out}, unlike before; that is left out")
        if (tracks := len(self._container.streams.audio)) > 1:
            found.append(f"holds {tracks} sound tracks; the first one is read")
        coding = DELAYED.get(self._stream.codec_context.name)
        if coding and self._kind != "mp3" and (self._begin or 0) >= 0:
            found.append(
                f"is {coding} that does not tell its delay: up to some 2,000 samples that its encoder put in front may "
                "still be there"
            )
        return found

    def close(self) -> None:
        """Let go of the file."""
        self._container.close()


def _as_float(frame: AudioFrame) -> np.ndarray:
    """float32 (samples, channels), full scale = 1."""
    if frame.format.is_planar and len(frame.layout.channels) > PLANES:
        raise DecodingError(f"FFmpeg: {len(frame.layout.channels)} channels")
    try:
        values: np.ndarray = frame.to_ndarray()
    except ValueError:
        raise DecodingError(f"FFmpeg: samples of the kind {frame.format.name}") from None
    values = values.T if frame.format.is_planar else values.reshape(-1, len(frame.layout.channels))
    if values.dtype.kind == "f":
        return values.astype(np.float32)
    if values.dtype == np.uint8:
        values = (values ^ 0x80).view(np.int8)
    return np.multiply(values, np.float32(0.5 ** (8 * values.itemsize - 1)), dtype=np.float32)
