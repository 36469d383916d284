"""Where sound lies in a file, by the file's own structure: joined streams, counts that are exact, data that are left over.

libsndfile stops at the end of the first stream of an Ogg file (chaining, RFC 3533 section 4) and after the frames that an
MP3's first one promises (its Xing or Info tag). An MP3 without that tag it reads as far as it guesses by the first bit rate.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass

View = bytes | mmap.mmap
RESTS = 2
"""Frames beyond those that an MP3 promises that are no stream of their own: encoders count in several ways."""
_HERTZ = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_KBITS = {
    True: (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_CHUNK = re.compile(rb"[\x20-\x7e]{4}")


@dataclass(frozen=True)
class Stream:
    """Bytes of a file, from `start` to `stop`, that are sound by themselves."""

    start: int
    stop: int
    samples: int | None = None
    """Of each channel, as many as its frames hold; None: unknown without decoding."""
    promised: int | None = None
    """Of each channel, by its own word."""
    lead: bytes = b""
    """A frame to be put in front, whose tag gives an MP3 the word that it has not."""


def streams_of(data: View) -> list[Stream]:
    """The streams of a file, one after the other; one where there is no structure that is known here."""
    if data[:4] == b"OggS":
        return _ogg(data)
    behind = _behind_tag(data, 0)
    if (behind and data[behind : behind + 4] != b"fLaC") or _frame(data, 0):
        return _mp3(data)
    return [Stream(0, len(data))]


def left_over(data: View) -> tuple[float, float] | None:
    """(seconds by the size of a wav's data chunk, seconds that follow it and are neither chunks nor zeros); or None."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        return None
    per_second = 0
    for name, first, size in _chunks(data, 12):
        if name == b"fmt " and size >= 16:
            per_second = int.from_bytes(data[first + 8 : first + 12], "little")
        if name == b"data":
            end = first + size
            if not per_second or not 0 < size < len(data) - first or _only_chunks(data, end):
                return None
            return size / per_second, (len(data) - end) / per_second
    return None


def _chunks(data: View, place: int) -> Iterator[tuple[bytes, int, int]]:
    """(name, first byte, size) of the chunks from `place` on, for as long as they look like some."""
    while _CHUNK.fullmatch(data[place : place + 4]):
        size = int.from_bytes(data[place + 4 : place + 8], "little")
        yield data[place : place + 4], place + 8, size
        place += 8 + size + size % 2


def _only_chunks(data: View, place: int) -> bool:
    """Are there only chunks, tags or zeros from `place` on?"""
    for begin in (place, place + place % 2):  # not all programs fill chunks up to an even size
        end = max((first + size for _, first, size in _chunks(data, begin)), default=begin)
        if data[end : end + 3] == b"TAG" or data[end : end + 8] == b"APETAGEX" or not any(data[end : end + 65_536]):
            return True
    return False


def _ogg(data: View) -> list[Stream]:
    """Where, after pages of sound, a page is marked as the first of a stream, another one begins."""
    begins, sound, place = [0], False, 0
    while 0 <= place <= len(data) - 27:
        first = bool(data[place + 5] & 2)
        if first and sound:
            begins.append(place)
        sound = not first
        lengths = data[place + 27 : place + 27 + data[place + 26]]
        place = data.find(b"OggS", place + 27 + len(lengths) + sum(lengths))
    return [Stream(start, stop) for start, stop in zip(begins, [*begins[1:], len(data)], strict=True)]


@dataclass(frozen=True)
class _Frame:
    """A frame of MPEG layer III. tag: where in it a Xing tag stands, if it has one."""

    size: int
    samples: int
    tag: int


def _frame(data: View, place: int) -> _Frame | None:
    """The frame whose header stands at `place`; None: no such header, or one of free format, which tells no size."""
    head = data[place : place + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return None
    version, kbits, rate, mono = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3, head[3] >> 6 == 3
    if version == 1 or kbits in (0, 15) or rate == 3:
        return None
    first = version == 3
    samples = 1152 if first else 576
    size = samples * 125 * _KBITS[first][kbits - 1] // _HERTZ[version][rate] + (head[2] >> 1 & 1)
    side = (17 if mono else 32) if first else (9 if mono else 17)
    return _Frame(size, samples, 4 + side)


def _frames(data: View) -> Iterator[tuple[int, _Frame]]:
    """(place, frame) of all whole frames; what lies between them, such as tags, is passed over."""
    place = 0
    while 0 <= place < len(data):
        place = _behind_tag(data, place)
        frame = _frame(data, place)
        end = place + frame.size if frame else 0
        if frame and end <= len(data) and (_frame(data, end) or data[end : end + 3] in (b"", b"TAG", b"ID3", b"APE")):
            yield place, frame
            place = end
        else:
            place = data.find(b"\xff", place + 1)


def _behind_tag(data: View, place: int) -> int:
    """Where the ID3 tag ends that stands at `place`, or `place`."""
    if data[place : place + 3] != b"ID3" or place + 10 > len(data):
        return place
    return place + 10 + sum((data[place + 6 + i] & 0x7F) << 7 * (3 - i) for i in range(4))


def _mp3(data: View) -> list[Stream]:
    """Another stream begins where the frames that one promises are over, and at each frame with a tag."""
    begins: list[tuple[int, int]] = []  # place, samples promised
    counts: list[int] = []  # frames
    each = 0
    for place, frame in _frames(data):
        tagged = data[place + frame.tag : place + frame.tag + 4] in (b"Xing", b"Info")
        if not begins or tagged or 0 < begins[-1][1] == counts[-1]:
            promise = _promise(data, place + frame.tag) if tagged else 0
            begins.append((place + frame.size if tagged and not promise else place, promise))
            counts.append(0)
        counts[-1], each = counts[-1] + (not tagged), frame.samples
    if not begins:
        return [Stream(0, len(data))]
    stops = [*(place for place, _ in begins[1:]), len(data)]
    return [
        Stream(start, stop, each * count, each * promise or None, b"" if promise else _tag(data, start, count + RESTS))
        for number, ((start, promise), stop, count) in enumerate(zip(begins, stops, counts, strict=True))
        if not number or promise or count > RESTS
    ]


def _tag(data: View, place: int, count: int) -> bytes:
    """A frame like the one at `place`, of a size that holds a tag, which promises so many."""
    head = bytes([data[place], data[place + 1] | 1, data[place + 2] & 0x0C | 0x90, data[place + 3]])
    frame = _frame(head, 0)
    if frame is None:
        return b""
    text = b"Info" + (1).to_bytes(4, "big") + count.to_bytes(4, "big")
    return (head + bytes(frame.tag - 4) + text).ljust(frame.size, b"\0")


def _promise(data: View, tag: int) -> int:
    """Frames by a Xing or Info tag; 0 where it tells none."""
    told = len(data) >= tag + 12 and data[tag + 7] & 1
    return int.from_bytes(data[tag + 8 : tag + 12], "big") if told else 0
