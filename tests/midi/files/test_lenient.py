"""Files that are not well-formed: what can be read is, what is lost is told, and nothing hangs."""

from __future__ import annotations

import contextlib
import random
import time

import mido
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from midi.files import lenient
from midi.files.assembly import assembled
from midi.files.lenient import mended, read_by_mido, rescued
from midi.files.mido_bridge import from_mido
from midi.files.wellformed import events_of, fault
from midi.notes import LEFT_OUT, Piece
from tests.data import real_data
from tests.midi.smf import END, NOTE, chunk, smf
from training.errors import InputError

HIGHER = bytes([0, 0x90, 64, 80, 48, 0x80, 64, 0])


def read_leniently(data: bytes, path: str) -> Piece:
    clean, counts = rescued(data, path)
    return assembled(events_of(clean)[1], clean, 480, counts)


def read_strictly(data: bytes, path: str) -> Piece:
    clean, counts = rescued(data, path)
    return assembled(*read_by_mido(clean), 480, counts)


def given_up(data: bytes) -> dict[str, int]:
    left_out = read_leniently(data, "a.mid").left_out
    return {name: count for name, count in left_out.items() if count}


BOTH = NOTE + HIGHER + END
STRAY = bytes([0, 60, 100, 5, 60, 0])
"""Data without a status byte."""
IMPOSSIBLE = bytes([0, 0xFF, 0x51, 3, 0, 0, 0, 0, 0xFF, 0x58, 4, 4, 255, 24, 8])
"""Tempo 0, and a signature of 2^255ths."""
SHORT = bytes([0, 0xFF, 0x51, 1, 0, 0, 0xFF, 0x59, 0, 0, 0xFF, 0x54, 0])
"""Tempo, key and SMPTE offset with too few bytes."""
OVER_META = NOTE[:5] + bytes([0x90, 60, 0, 0, 0xFF, 1, 0, 0, 64, 1, 5, 64, 0])
TWO = chunk(NOTE + END) + chunk(HIGHER + END)
DAMAGED = {
    "junk behind the last track": (smf(BOTH) + b"\0junk", {"lost_bytes": 5}),
    "another file behind it": (smf(BOTH) + smf(NOTE + END), {"lost_bytes": 34}),
    "another file behind junk": (smf(BOTH) + b"\0" + smf(NOTE + END), {"lost_bytes": 35}),
    "events behind the end of a track": (smf(BOTH + NOTE), {"lost_bytes": 8}),
    "no end of track": (smf(NOTE + HIGHER), {}),
    "a track longer than the file": (smf(count=1) + chunk(BOTH, size=1000), {}),
    "a track shorter than it says": (smf(count=2) + chunk(NOTE + END, size=40) + chunk(HIGHER + END), {}),
    "a track longer than it says": (smf(count=2) + chunk(NOTE + END, size=3) + chunk(HIGHER + END), {}),
    "a track within a track": (smf(count=2) + chunk(NOTE + END, size=32) + chunk(HIGHER + END), {}),
    "junk between tracks": (smf(NOTE + END, count=2) + b"\0\0\0" + chunk(HIGHER + END), {"lost_bytes": 3}),
    "a chunk that is no track": (smf(count=2) + chunk(b"text", b"XFKM") + TWO, {"foreign_chunks": 1}),
    "more tracks than the header says": (smf(count=2) + TWO + chunk(NOTE + END), {"lost_bytes": 20}),
    "fewer tracks than the header says": (smf(count=9) + TWO, {}),
    "a longer header": (chunk(bytes([0, 1, 0, 2, 1, 224, 9, 9]), b"MThd") + TWO, {}),
    "a header of no length": (b"MThd" + bytes([0, 0, 0, 0, 0, 1, 0, 2, 1, 224]) + TWO, {}),
    "running status kept over a meta event": (smf(OVER_META + END), {"texts": 1}),
    "system messages": (smf(bytes([0, 0xF8, 0, 0xF2, 1, 2, 0, 0xF9]) + BOTH), {}),
    "a damaged track before a sound one": (
        smf(NOTE + bytes([0, 0xFF, 1, 0x7F]) + END, HIGHER + END), {"damaged_tracks": 1, "lost_bytes": 8},
    ),
    "running status without a status": (smf(STRAY + END, BOTH), {"damaged_tracks": 1, "lost_bytes": 10}),
    "impossible changes": (smf(IMPOSSIBLE + BOTH), {"impossible_changes": 2}),
    "meta events of wrong length": (smf(SHORT + BOTH), {"impossible_changes": 3}),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGED)
@pytest.mark.parametrize("read", [read_leniently, read_strictly])
def test_both_notes_are_rescued(name, read):
    data, lost = DAMAGED[name]
    assert fault(data) != ""
    piece = read(data, "a.mid")
    assert sorted(piece.notes["pitch"].tolist()) == [60, 64]
    assert {name: count for name, count in piece.left_out.items() if count} == lost
    assert set(piece.left_out) >= set(LEFT_OUT)


def test_the_time_of_events_left_away_is_kept():
    events = bytes([10, 0xFF, 0x60, 0, 20, 0xF0, 1, 0xF7, 40, 0xB0, 7, 1]) + NOTE + END
    assert read_leniently(smf(events), "a.mid").notes["start"].tolist() == [70]


def test_waits_that_no_delta_time_can_hold():
    wait = bytes([0xFF, 0xFF, 0xFF, 0x7F, 0xF8])
    piece = read_leniently(smf(2 * wait + NOTE + END), "a.mid")
    assert piece.notes["start"].tolist() == [2 * ((1 << 28) - 1)]
    assert given_up(smf(9 * wait + NOTE + END)) == {"damaged_tracks": 1, "lost_bytes": 5 + 8 + 4}


def test_data_bytes_above_127_count_as_127():
    piece = read_leniently(smf(bytes([0, 0x90, 200, 255, 5, 0x80, 200, 0]) + END), "a.mid")
    assert piece.notes[["pitch", "velocity"]].tolist() == [(127, 127)]


def test_notes_that_never_end_are_counted():
    assert given_up(smf(NOTE + bytes([0, 0x90, 60, 1, 0, 0x80, 61, 0]) + END)) == {"hanging": 1, "unmatched": 1}
    assert given_up(smf(NOTE + bytes([0, 0x90, 60, 1, 9, 0x80, 61, 0]) + END)) == {"held": 1, "unmatched": 1}


@pytest.mark.parametrize(
    "data",
    [
        smf(count=0) + TWO,
        smf(count=1),
        smf(count=3) + b"no track at all",
        smf(bytes([0, 60, 100]) + END),
        smf(count=1) + chunk(bytes(range(128, 256))),
        smf(count=1) + b"MTrk",
    ],
)
def test_damaged_beyond_reading(data):
    with pytest.raises(InputError, match=r"^a.mid is damaged beyond reading: \w+"):
        read_leniently(data, "a.mid")


def test_too_many_tracks():
    with pytest.raises(InputError, match="at most 32,767 tracks"):
        read_leniently(smf(*[END] * 32_768), "a.mid")


def test_too_large(monkeypatch):
    monkeypatch.setattr(lenient, "MAX_LENIENT_BYTES", 1 << 17)
    data = smf(NOTE * ((1 << 17) // len(NOTE)) + END) + b"junk"
    with pytest.raises(InputError, match=r"a.mid has 0.1 MB; .* 0.1 MB are read, and it is not well-formed: bytes follow"):
        read_leniently(data, "a.mid")


@settings(deadline=None, max_examples=150)
@given(st.lists(st.binary(max_size=40), max_size=3), st.lists(st.integers(0, 40), max_size=3), st.binary(max_size=9))
@example([b"\x00\x90\x3c\x64"], [0xFFFFFFFF], b"MTrk")
def test_what_is_mended_is_well_formed(tracks, sizes, junk):
    chunks = [chunk(events, size=size) for events, size in zip(tracks, sizes, strict=False)]
    data = smf(*tracks) + b"".join(chunks) + junk
    clean, counts = mended(data)
    assert fault(clean) == ""
    assert all(count > 0 for count in counts.values())
    with contextlib.suppress(InputError):
        assert read_leniently(data, "a").notes.tolist() == read_strictly(data, "a").notes.tolist()


def test_no_quadratic_time():
    """Half a megabyte of the beginnings of tracks, and of one event that claims to be long."""
    started = time.process_time()
    for data in (
        smf() + b"MTrk" * 30_000,
        smf() + (b"MTrk" + b"\xff" * 8) * 30_000,
        smf() + chunk(bytes([0, 0xFF, 1, 0xFF, 0xFF, 0xFF, 0x7F]) * 70_000),
        smf() + b"ABCD\0\0\0\0" * 60_000,
    ):
        with contextlib.suppress(InputError):
            read_leniently(data, "a.mid")
    assert time.process_time() - started < 8


def test_mido_agrees_on_real_damaged_files():
    """With mido's own lenient reading of the bytes as they are; it goes on behind the end of a track, though."""
    folder, compared = real_data("awkward_midi"), 0
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in (".mid", ".midi"))
    for path in random.Random(0).sample(files, 60):
        data = path.read_bytes()
        if fault(data) in ("", "events follow the end of a track") or data[:4] != b"MThd" or data[9] > 1:
            continue
        with contextlib.suppress(OSError, EOFError, ValueError, KeyError, IndexError, mido.KeySignatureError):
            theirs = from_mido(mido.MidiFile(path, clip=True))
            ours = read_leniently(data, path)
            assert ours.notes.tolist() == theirs.notes.tolist(), path
            compared += 1
    assert compared > 8
