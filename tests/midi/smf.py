"""Standard MIDI Files byte by byte, for tests."""

from __future__ import annotations

import struct

END = bytes([0, 0xFF, 0x2F, 0])
"""The event that ends a track, at once."""
NOTE = bytes([0, 0x90, 60, 100, 96, 0x80, 60, 0])
"""A note of pitch 60 and velocity 100 for 96 ticks."""


def chunk(events: bytes, name: bytes = b"MTrk", size: int | None = None) -> bytes:
    """A chunk, by default a track; size: another length than it has."""
    return name + struct.pack(">I", len(events) if size is None else size) + events


def smf(*tracks: bytes, form: int = 1, division: int = 480, count: int | None = None) -> bytes:
    """A file of tracks given by their events (all of them, the end too); count: another number of tracks than there are."""
    header = struct.pack(">HHH", form, len(tracks) if count is None else count, division)
    return chunk(header, b"MThd") + b"".join(map(chunk, tracks))
