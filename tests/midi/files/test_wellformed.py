"""Only a file without a fault is read in one walk; what the walk finds is what stands there."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.files.wellformed import REASONS, events_of, fault
from tests.midi.smf import END, NOTE, chunk, smf


def meta(kind: int, *data: int) -> bytes:
    return bytes([0, 0xFF, kind, len(data), *data])


SOUND = {
    "a note": smf(NOTE + END),
    "no track": smf(),
    "format 0": smf(NOTE + END, form=0),
    "format 2": smf(NOTE + END, form=2),
    "running status": smf(bytes([0, 0x90, 60, 100, 5, 60, 0]) + END),
    "program and pressure of one byte": smf(bytes([0, 0xC0, 5, 0, 0xD0, 9]) + END),
    "system exclusive": smf(bytes([0, 0xF0, 3, 1, 2, 0xF7, 0, 0xF7, 1, 0xF8]) + NOTE + END),
    "unknown meta": smf(meta(0x60, 255, 255) + NOTE + END),
    "tempo, signature, key": smf(meta(0x51, 7, 161, 32) + meta(0x58, 255, 7, 24, 8) + meta(0x59, 255, 1) + END),
    "longest delta": smf(bytes([0xFF, 0xFF, 0xFF, 0x7F, 0x90, 60, 1]) + END),
}
FAULTS = {
    "it is cut short": smf()[:13],
    "it does not begin with MThd": b"MTrk" + bytes(20),
    "its header has another length than 6": b"MThd" + bytes([0, 0, 0, 7, 0, 1, 0, 0, 1, 224, 0]),
    "its ticks in a quarter note are 0 or SMPTE frames": smf(END, division=0xE728),
    "it has fewer tracks than its header says": smf(END, count=2),
    "something other than a track stands where a track should be": smf(count=1) + chunk(b"", b"XFIH"),
    "a track is longer than the file": smf(count=1) + chunk(NOTE + END, size=99),
    "events follow the end of a track": smf(NOTE + END + NOTE),
    "a number has more than four bytes or is cut short": smf(bytes([0x81, 0x80, 0x80, 0x80, 0, 0x90, 60, 1]) + END),
    "it is longer than 2^31 ticks": smf(bytes([0xFF, 0xFF, 0xFF, 0x7F, 0x90, 60, 1]) * 9 + END),
    "a track ends within an event": smf(NOTE + bytes([0, 0x90, 60])),
    "running status without a status byte": smf(meta(1) + bytes([0, 60, 100]) + END),
    "a data byte is above 127": smf(bytes([0, 0x90, 60, 128]) + END),
    "a system message stands in a track": smf(bytes([0, 0xF8]) + END),
    "a tempo, time signature, key, SMPTE offset or end of track has the wrong length, or a value that cannot be": smf(
        meta(0x51, 0, 0, 0) + END
    ),
    "a track has no end": smf(NOTE),
    "bytes follow the last track": smf(NOTE + END) + b"\0",
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_files(name):
    assert fault(SOUND[name]) == ""


@pytest.mark.parametrize("reason", FAULTS)
def test_faults(reason):
    assert fault(FAULTS[reason]) == reason


def test_every_reason_occurs():
    assert {*FAULTS, ""} == set(REASONS)


@pytest.mark.parametrize(
    "event",
    [
        meta(0x51, 1, 2), meta(0x58, 4, 2, 24), meta(0x58, 0, 2, 24, 8), meta(0x58, 4, 8, 24, 8), meta(0x59, 0),
        meta(0x59, 8, 0), meta(0x59, 248, 1), meta(0x59, 254, 255), meta(0x54, 0, 0), meta(0x54, 255, 0, 0, 0, 0),
        bytes([0, 0xFF, 0x2F, 1, 0]),
    ],
)  # fmt: skip
def test_impossible_meta_events(event):
    assert fault(smf(event + END)).startswith("a tempo, time signature, key, SMPTE offset or end of track has the wrong")


def test_running_status_is_cancelled_by_system_exclusive():
    assert fault(smf(NOTE + bytes([0, 0xF0, 0, 0, 60, 100]) + END)) == "running status without a status byte"


def test_events_are_what_stands_there():
    events = [
        bytes([5, 0xB1, 7, 100, 2, 64, 99]),  # two controllers by running status
        bytes([0, 0xE0, 1, 64]), meta(3, 65, 66), bytes([1, 0xF0, 2, 9, 0xF7, 0, 0xF7, 1, 0x90]),
        meta(0x21, 3), bytes([0, 0x92, 60, 1]),
    ]  # fmt: skip
    data = smf(b"".join(events) + END, bytes([0, 0xD2, 9]) + END)
    reason, found = events_of(data)
    assert reason == ""
    names = ("tick", "track", "channel", "status", "first", "second")
    rows = [tuple(event[name].item() for name in names) for event in found]
    assert rows == [
        (5, 0, 1, 0xB0, 7, 100), (7, 0, 1, 0xB0, 64, 99), (7, 0, 0, 0xE0, 1, 64), (7, 0, 0, 0xFF, 3, 0),
        (8, 0, 0, 0xF0, 0, 0), (8, 0, 0, 0xF7, 0, 0), (8, 0, 48, 0xFF, 0x21, 0), (8, 0, 50, 0x90, 60, 1),
        (8, 0, 48, 0xFF, 0x2F, 0), (0, 1, 2, 0xD0, 9, 9), (0, 1, 0, 0xFF, 0x2F, 0),
    ]  # fmt: skip
    spans = [data[event["at"] : event["at"] + event["length"]] for event in found]
    assert [span for span in spans if span] == [b"AB", b"\x09\xf7", b"\x90", b"\x03"]


@settings(deadline=None, max_examples=300)
@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_have_an_answer(noise, header):
    assert fault(smf(count=1) + chunk(noise) if header else noise) in REASONS
