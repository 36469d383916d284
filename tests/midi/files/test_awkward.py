"""Files from the test folders of MIDI libraries: each becomes a picture or a line of reason, soon and in little memory."""

from __future__ import annotations

import random
import re
import struct
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from midi.codecs import codec_named
from midi.conversion import Conversion, Outcome, convert
from midi.files.writing import write
from midi.notes import make_piece, note_table
from tests.data import real_data
from tests.midi.smf import END, NOTE, smf

SECONDS = 1
"""Of computing that a file may take."""
MEMORY = 500
"""MB that the process may need, for any file."""


def converted(path: Path, target: Path, codec: str) -> tuple[Outcome, float, float]:
    """What became of a file, the seconds that it took, and the most MB that the process had so far."""
    started = time.process_time()
    outcome = convert(path, target, Conversion(codec_named(codec), force=True))
    return outcome, time.process_time() - started, _peak()


def _peak() -> float:
    """MB. Not by `resource`: that begins with what the parent process had."""
    try:
        return int(re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())[1]) * 1024 / 1e6
    except FileNotFoundError:  # not Linux
        return 0.0


def test_every_file_ends_in_a_picture_or_a_line(tmp_path):
    """A seeded sample, in a process of its own, to both kinds of picture; what compiles first is not measured."""
    write(tmp_path / "first.mid", make_piece(note_table(1, start=0, end=480, pitch=60)))
    (tmp_path / "second.mid").write_bytes((tmp_path / "first.mid").read_bytes() + b"lost")
    files = sorted(path for path in real_data("awkward_midi").rglob("*") if path.is_file())
    files = [tmp_path / "first.mid", tmp_path / "second.mid", *random.Random(0).sample(files, 60)]
    count = 0
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        for codec, name, last in (("lossless", "a.png", 62), ("roll96", "a.npy", 22)):
            for number, path in enumerate(files[:last]):
                outcome, seconds, memory = process.submit(converted, path, tmp_path / name, codec).result()
                assert (outcome.row["outcome"] == "left out") == bool(outcome.error) == (not outcome.targets), path
                assert "\n" not in "".join([outcome.error, *outcome.warnings]), path
                assert memory < MEMORY, path
                if number > 1:
                    assert seconds < SECONDS, path
                    count += not outcome.error
    assert count > 50


RIFF = b"RIFF" + struct.pack("<I", 12 + len(smf(NOTE + END))) + b"RMIDdata" + struct.pack("<I", len(smf(NOTE + END)))


def notes_at_one_tick(count: int) -> Iterator[bytes]:
    """The events of `count` notes, which all begin and end together."""
    yield b"\0\x90"
    rows = np.zeros((2, count, 3), np.uint8)  # pitch, velocity, next delta time; by running status
    rows[..., 0] = np.arange(count) % 96 + 1
    rows[0, :, 1] = 64
    rows[0, -1, 2] = 120
    yield rows.tobytes()[:-1]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "a b.mid is not a MIDI file: it is empty"),
        (b"Dear Sir, these are no notes.", "a b.mid is not a MIDI file: it begins with b'Dear'"),
        (smf(), "a b.mid: it holds no notes"),
        (smf(NOTE[:4] + END), "a b.mid: it holds no notes: 1 begin, but none of them ends"),
        (smf(NOTE[:4] + bytes([9, *END[1:]])), "a b.mid: 1 notes never end: 1 held until struck again or to the end of"),
        (smf(NOTE + END, division=0), "a b.mid has 0 ticks in a quarter note; expected 1 to 32767"),
        (smf(NOTE + END, division=0xE728), "a b.mid: its times are SMPTE frames: a quarter note is a second"),
        (smf(NOTE + END, form=2), "a b.mid: of MIDI format 2: its 1 patterns follow one another"),
        (smf(NOTE[:1] + NOTE[2:] + END), "a b.mid is damaged beyond reading: running status without a status byte"),
        (smf(b"\xff\xff\xff\x7f" + NOTE[1:] + END), "a b.mid: the last note ends in column 6,710,889; at most 524,288"),
        (smf(b"".join(notes_at_one_tick(1 << 20)) + END), "a b.mid: more than "),
        (smf(bytes([0, 0x90, 60, 200]) + NOTE + END), "read leniently: a data byte is above 127"),
        (smf(bytes([0, 0xFF, 0x51, 3, 0, 0, 0]) + NOTE + END), "read leniently: a tempo, time signature"),
        (RIFF + smf(NOTE + END), ""),
    ],
    ids=lambda value: None if isinstance(value, bytes) else value[8:30],
)
def test_the_line_names_the_file_and_the_reason(tmp_path, data, said):
    """Of all that a user may take for music: in the words that the command prints."""
    path = tmp_path / "a b.mid"
    path.write_bytes(data)
    outcome = convert(path, tmp_path / "a.png", Conversion(codec_named("lossless")))
    line = outcome.error or "".join(outcome.warnings[:1])
    assert said in line
    assert line == "" or line.startswith(str(path))
    assert bool(outcome.error) == (outcome.targets == [])
