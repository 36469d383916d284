"""A SoundFont byte by byte, for tests: one looped sine in tune, with a release of half a second."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

RATE, ROOT = 44_100, 69
PERIODS = 440
"""Of 440 Hz in a second."""
RELEASE, LOOPS, SAMPLE, INSTRUMENT, END = 38, 54, 53, 41, 0
"""Generators (SoundFont 2.04, 8.1.2)."""


def write_soundfont(path: Path) -> Path:
    """Bank 0 and 128, program 0: pitches in equal temperament, A4 (69) at 440 Hz."""
    wave = np.sin(2 * np.pi * PERIODS * np.arange(RATE) / RATE)
    samples = np.append(np.rint(20_000 * wave), np.zeros(64)).astype("<i2").tobytes()
    info = chunk("ifil", struct.pack("<HH", 2, 1)) + chunk("isng", b"EMU8000\0") + chunk("INAM", b"sine\0\0")
    presets = [("sine", 0, 0, 0), ("drums", 0, 128, 1), ("EOP", 0, 0, 2)]
    headers = b"".join(struct.pack("<20sHHHIII", name.encode(), *place, 0, 0, 0) for name, *place in presets)
    release = round(1_200 * np.log2(0.5))
    pdta = {
        "phdr": headers,
        "pbag": struct.pack("<6H", 0, 0, 1, 0, 2, 0),
        "pmod": bytes(10),
        "pgen": struct.pack("<6H", INSTRUMENT, 0, INSTRUMENT, 0, 0, 0),
        "inst": struct.pack("<20sH", b"sine", 0) + struct.pack("<20sH", b"EOI", 1),
        "ibag": struct.pack("<4H", 0, 0, 3, 0),
        "imod": bytes(10),
        "igen": struct.pack("<HhHhHhHh", RELEASE, release, LOOPS, 1, SAMPLE, 0, END, 0),
        "shdr": struct.pack("<20sIIIIIBbHH", b"sine", 0, RATE, 0, RATE, RATE, ROOT, 0, 0, 1)
        + struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0),
    }
    lists = chunk("LIST", b"INFO" + info) + chunk("LIST", b"sdta" + chunk("smpl", samples))
    lists += chunk("LIST", b"pdta" + b"".join(chunk(name, data) for name, data in pdta.items()))
    path.write_bytes(chunk("RIFF", b"sfbk" + lists))
    return path


def chunk(name: str, data: bytes) -> bytes:
    return name.encode() + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)
