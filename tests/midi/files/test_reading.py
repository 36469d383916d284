"""Reading: symusic and mido agree on all messages, and no file whatever makes the reader fail but in one line."""

from __future__ import annotations

import os
import re
import time
from collections import Counter

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.codecs import codec_named
from midi.files import reading
from midi.files.mido_bridge import from_mido
from midi.files.reading import read
from midi.files.wellformed import fault
from midi.notes import Piece
from tests.data import real_data
from tests.midi.smf import END, NOTE, chunk, smf
from training.errors import InputError

ROLL = codec_named("roll96")
MAX_DELTA = bytes([0xFF, 0xFF, 0xFF, 0x7F])
"""A delta time of 2^28 - 1."""


def facts(piece: Piece) -> list:
    """All that two readers must agree on."""
    counts = {name: count for name, count in piece.left_out.items() if count}
    return [piece.notes.tolist(), piece.division, piece.tempos.tolist(), piece.signatures.tolist(), counts]


def read_bytes(folder, data: bytes, **options) -> Piece:
    path = folder / "a.mid"
    path.write_bytes(data)
    return read(path, **options)


def unread(message: str) -> None:
    """A note that must not be given."""
    pytest.fail(f"read leniently: {message}")


# parity


def test_strict_gives_the_same(tmp_path):
    path = sorted(real_data("midi/freedoom_rock_metal").rglob("*.mid"))[3]
    assert facts(read(path, strict=True)) == facts(read(path, note=unread))


@settings(deadline=None, max_examples=150)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.sampled_from([0x80, 0x90, 0x90, 0xC0]),
            st.sampled_from([0, 9]),
            st.sampled_from([60, 61]),
            st.integers(0, 2),
        ),
        max_size=30,
    ),
    st.integers(0, 30),
)
def test_symusic_and_mido_agree_on_any_messages(tmp_path_factory, events, cut):
    """Notes begin, end, overlap and hang, programs change, in two tracks."""

    def track(events: list) -> bytes:
        messages = [(delta, kind | channel, *data[: 1 if kind == 0xC0 else 2]) for delta, kind, channel, *data in events]
        return b"".join(map(bytes, messages)) + END

    folder = tmp_path_factory.mktemp("any")
    piece = read_bytes(folder, smf(track(events[:cut]), track(events[cut:])), note=unread)
    assert facts(piece) == facts(from_mido(mido.MidiFile(folder / "a.mid")))
    assert facts(piece) == facts(read(folder / "a.mid", strict=True))


# awkward files


def test_every_awkward_file_ends_in_one_line_or_in_a_piece(tmp_path):
    """Each within a second of computing; how many are read how is known."""
    folder = real_data("awkward_midi")
    outcomes = Counter()
    read_bytes(tmp_path, smf(NOTE + END))  # compiles
    for path in sorted(file for file in folder.rglob("*") if file.is_file()):
        notes, started = [], time.process_time()
        try:
            piece = read(path, note=notes.append)
            outcome = "lenient" if notes else "fast"
            assert len(piece.notes) == 0 or piece.notes["pitch"].max() < 128
        except InputError as error:
            outcome = re.sub(r"'.*'", "...", str(error).replace(f"{path} ", ""))
        assert time.process_time() - started < 1, path
        assert "\n" not in outcome
        outcomes[outcome] += 1
    assert outcomes == {
        "fast": 184,
        "lenient": 191,
        "is not a MIDI file: it begins with b...": 63,
        "is not a MIDI file: it is empty": 1,
        "is of MIDI format 2; expected 0 or 1": 8,
        "is of MIDI format 19796; expected 0 or 1": 1,
    }


# bad input


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a.mid is not a MIDI file: it is empty"),
        (b"These are not the notes you are looking for.", "is not a MIDI file: it begins with b'Thes'"),
        (b"MThd\0\0\0\6\0\1", "is cut short: 10 bytes, within the header"),
        (smf(NOTE + END, division=0), "has 0 ticks in a quarter note; expected 1 to 32767"),
        (smf(NOTE + END, division=0xE728), "has SMPTE frames for ticks in a quarter note"),  # 24 frames of 40 ticks
        (smf(NOTE + END, form=2), "is of MIDI format 2; expected 0 or 1"),
        (b"RIFF\x20\0\0\0WAVE" + bytes(32), "is not a MIDI file: it begins with b'RIFF'"),
        (b"RIFF\x20\0\0\0RMIDdata\0\0\0\0", "is not a MIDI file: it is empty"),
    ],
)
def test_no_midi_files(tmp_path, data, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read_bytes(tmp_path, data)


def test_no_files(tmp_path):
    os.mkfifo(tmp_path / "pipe.mid")
    with pytest.raises(InputError, match="is a folder; expected a MIDI file"):
        read(tmp_path)
    with pytest.raises(InputError, match=r"pipe.mid is no file; expected a MIDI file"):
        read(tmp_path / "pipe.mid")
    with pytest.raises(InputError, match=r"absent.mid not found"):
        read(tmp_path / "absent.mid")


def test_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 20)
    with pytest.raises(InputError, match="a MIDI file has 0 MB at most"):
        read_bytes(tmp_path, smf(NOTE + END))


@pytest.mark.parametrize("options", [{}, {"strict": True}])
def test_no_tracks_are_no_notes(tmp_path, options):
    assert len(read_bytes(tmp_path, smf(), note=unread, **options)) == 0


def test_riff(tmp_path):
    data = smf(NOTE + END)
    inner = b"LIST\3\0\0\0abc\0" + b"data" + len(data).to_bytes(4, "little") + data
    wrapped = b"RIFF" + (4 + len(inner)).to_bytes(4, "little") + b"RMID" + inner
    assert facts(read_bytes(tmp_path, wrapped, note=unread)) == facts(read_bytes(tmp_path, data, note=unread))


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        (bytes([0, 0xFF, 1, 0, 0, 60, 100]), "running status without a status byte"),
        (NOTE + bytes([0, 0x90, 200, 100, 5, 0x80, 200, 0]), "a data byte is above 127"),
        (bytes([0, 0xFF, 0x51, 3, 0, 0, 0]) + NOTE, "has the wrong length, or a value that cannot be"),
    ],
)
def test_leniency_is_told(tmp_path, events, reason):
    notes = []
    read_bytes(tmp_path, smf(events + END), note=notes.append)
    assert len(notes) == 1
    assert notes[0].startswith(f"{tmp_path}/a.mid: read leniently: ")
    assert notes[0].endswith(reason)


@pytest.mark.parametrize("options", [{}, {"strict": True}])
def test_notes_that_never_end_are_counted(tmp_path, options):
    data = smf(NOTE + bytes([0, 0x90, 61, 1, 0, 0x80, 62, 0]) + END)
    piece = read_bytes(tmp_path, data, note=unread, **options)
    assert len(piece) == 1
    assert (piece.left_out["hanging"], piece.left_out["unmatched"]) == (1, 1)


def test_the_longest_delta_time(tmp_path):
    """It is read, but makes no picture of millions of columns."""
    piece = read_bytes(tmp_path, smf(MAX_DELTA + NOTE[1:] + END), note=unread)
    assert piece.notes["start"].tolist() == [(1 << 28) - 1]
    with pytest.raises(InputError, match="at most 524,288 columns are made"):
        ROLL.encode(piece)


def test_a_million_notes_at_one_tick(tmp_path):
    count = 1 << 20
    pitches = np.arange(count) % 96 + 1
    events = np.zeros((2, count, 3), np.uint8)  # delta time, pitch, velocity; running status
    events[..., 1] = pitches
    events[0, :, 2] = 64
    events[1, 0, 0] = 120
    data = events.tobytes()
    started = time.process_time()
    piece = read_bytes(tmp_path, smf(b"\0\x90" + data[1:] + END), note=unread)
    encoded = ROLL.encode(piece)
    assert len(piece) == count
    assert encoded.losses["merged"] == count - 96
    assert encoded.images[0, :, :3].all()
    assert time.process_time() - started < 5


def test_too_many_tracks(tmp_path):
    with pytest.raises(InputError, match="at most 32,767 tracks with notes can be kept; received 32,768"):
        read_bytes(tmp_path, smf(*[NOTE + END] * 32_768))


# damage of any kind


SMALL = smf(
    bytes([0, 0xFF, 0x51, 3, 7, 161, 32, 0, 0xFF, 0x58, 4, 3, 2, 24, 8, 0, 0xFF, 3, 2, 65, 66]) + END,
    bytes([0, 0xC1, 5, 0, 0x91, 60, 100, 96, 60, 0, 0, 0xB1, 7, 100, 0, 0xF0, 2, 1, 0xF7]) + NOTE + END,
)


def read_or_refuse(folder, data: bytes) -> None:
    """Anything but a piece, or one line, is a failure."""
    try:
        piece = read_bytes(folder, data, note=lambda _: None)
    except InputError as error:
        assert "\n" not in str(error), data  # noqa: PT017
    else:
        assert (piece.notes["end"] >= piece.notes["start"]).all()


def test_cut_short_anywhere(tmp_path):
    """Every beginning of a file is read as far as it goes, or refused."""
    whole = len(read_bytes(tmp_path, SMALL))
    counts = []
    for length in range(len(SMALL)):
        read_or_refuse(tmp_path, SMALL[:length])
        if fault(SMALL[:length]) and length > 60:
            counts.append(len(read_bytes(tmp_path, SMALL[:length], note=lambda _: None)))
    assert counts == sorted(counts)
    assert counts[-1] == whole == 2


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 12))
def test_bytes_changed_anywhere(tmp_path_factory, changes, dropped):
    data = bytearray(SMALL)
    for place, value in changes:
        data[place] = value
    del data[changes[0][0] : changes[0][0] + dropped]
    read_or_refuse(tmp_path_factory.getbasetemp(), bytes(data))


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=80), st.booleans())
def test_any_bytes_behind_a_header(tmp_path_factory, noise, framed):
    data = smf(count=1) + (chunk(noise + END) if framed else noise)
    read_or_refuse(tmp_path_factory.getbasetemp(), data)
