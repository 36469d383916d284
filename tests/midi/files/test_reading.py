"""Reading: the walk and mido agree on all messages, and no file whatever makes the reader fail but in one line."""

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

from midi.beside import PACKET, SYSEX
from midi.codecs import codec_named
from midi.files import reading
from midi.files.mido_bridge import from_mido
from midi.files.reading import read
from midi.files.wellformed import fault
from midi.files.writing import write
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
    return [piece.notes.tolist(), piece.division, piece.tempos.tolist(), piece.signatures.tolist(), counts, beside(piece)]


def beside(piece: Piece) -> list:
    """Its other events, with their data; packets of system exclusive events as mido has them: whole ones, clipped."""
    names = ("tick", "track", "channel", "status", "first", "second")
    rows = []
    for event in piece.beside.events:
        row, data = {name: event[name].item() for name in names}, piece.beside.data_of(event)
        if row["status"] in (SYSEX, PACKET):
            row["status"], data = SYSEX, bytes(min(byte, 127) for byte in data.removeprefix(b"\xf0").removesuffix(b"\xf7"))
        rows.append((*row.values(), data))
    return [rows, piece.beside.parts.tolist()]


def read_bytes(folder, data: bytes, **options) -> Piece:
    path = folder / "a.mid"
    path.write_bytes(data)
    return read(path, **options)


def unread(message: str) -> None:
    """A file that is well-formed must not be read leniently; notes that never end may be told."""
    if "never end" not in message:
        pytest.fail(message)


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
def test_the_walk_and_mido_agree_on_any_messages(tmp_path_factory, events, cut):
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
            outcome = "lenient" if any("read leniently" in line for line in notes) else "as it is"
            assert len(piece.notes) == 0 or piece.notes["pitch"].max() < 128
        except InputError as error:
            outcome = re.sub(r"'.*'", "...", str(error).replace(f"{path} ", ""))
        assert time.process_time() - started < 1, path
        assert "\n" not in outcome
        outcomes[outcome] += 1
    assert outcomes == {
        "as it is": 101,
        "is damaged beyond reading: its header has another length than 6": 1,
        "lenient": 282,
        "is not a MIDI file: it begins with b...": 63,
        "is not a MIDI file: it is empty": 1,
    }


# bad input


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "a.mid is not a MIDI file: it is empty"),
        (b"These are not the notes you are looking for.", "is not a MIDI file: it begins with b'Thes'"),
        (b"MThd\0\0\0\6\0\1", "is cut short: 10 bytes, within the header"),
        (smf(NOTE + END, division=0), "has 0 ticks in a quarter note; expected 1 to 32767"),
        (smf(NOTE + END, division=0xE700), "has 25 SMPTE frames of 0 ticks in a second; expected 24, 25, 29 or 30 of 1 or"),
        (smf(NOTE + END, division=0x9C28), "has 100 SMPTE frames of 40 ticks in a second; expected 24, 25, 29 or 30"),
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


BOTH = pytest.mark.parametrize("options", [{}, {"strict": True}])
SEXTET = bytes([0, 0x90, 61, 1, 10, 61, 2, 20, 62, 3, 5, 0x80, 63, 0, 40])
"""Notes at 0, 10 and 30 that never end, an end without a note, and 45 ticks to the end of the track."""


@BOTH
def test_notes_that_never_end_are_held_and_told(tmp_path, options):
    told = []
    piece = read_bytes(tmp_path, smf(SEXTET + END[1:]), note=told.append, **options)
    assert piece.notes[["start", "end", "pitch"]].tolist() == [(0, 10, 61), (10, 75, 61), (30, 75, 62)]
    assert (piece.left_out["held"], piece.left_out["hanging"], piece.left_out["unmatched"]) == (3, 0, 1)
    assert told == [f"{tmp_path}/a.mid: 3 notes never end: 3 held until struck again or to the end of their track"]


@BOTH
@pytest.mark.parametrize("controller", [120, 123, 124, 127])
def test_all_notes_of_a_channel_are_turned_off_by_a_controller(tmp_path, options, controller):
    """A note that it ends, one of another channel, and one that begins later and has an end of its own."""
    sounding = [0, 0x90, 60, 100, 0, 0x91, 60, 100, 50, 0xB0, controller, 0]
    piece = read_bytes(
        tmp_path, smf(bytes(sounding) + NOTE[:4] + bytes([40, 0x80, 60, 0, 10, 0x81, 60, 0]) + END), **options
    )
    assert sorted(piece.notes[["start", "end"]].tolist()) == [(0, 50), (0, 100), (50, 90)]
    assert (piece.left_out["held"], piece.left_out["unmatched"]) == (0, 0)


@BOTH
def test_notes_that_begin_where_their_track_ends_are_left_out_and_told(tmp_path, options):
    told = []
    piece = read_bytes(tmp_path, smf(NOTE + NOTE[:4] + END), note=told.append, **options)
    assert len(piece) == 1
    assert piece.left_out["hanging"] == 1
    assert told == [f"{tmp_path}/a.mid: 1 notes never end: 1 left out, which begin where their track ends"]


@BOTH
@pytest.mark.parametrize("event", [[0x59, 2, 8, 0], [0x59, 2, 254, 255], [0x54, 5, 255, 0, 0, 0, 0]])
def test_keys_and_offsets_that_cannot_be_are_left_out_so_that_others_read_what_is_written(tmp_path, options, event):
    piece = read_bytes(tmp_path, smf(bytes([0, 0xFF, *event]) + NOTE + END), **options)
    assert piece.left_out["impossible_changes"] == 1
    write(tmp_path / "b.mid", piece)
    assert sum(message.type == "note_on" for message in mido.MidiFile(tmp_path / "b.mid")) == 1


@BOTH
@pytest.mark.parametrize(("frames", "rate"), [(24, 24), (25, 25), (29, 30_000 / 1_001), (30, 30)])
def test_smpte_frames_are_seconds_whatever_the_tempo(tmp_path, options, frames, rate):
    """A note of 96 ticks, 40 to a frame."""
    told = []
    tempo = bytes([0, 0xFF, 0x51, 3, 3, 0, 0])
    data = smf(tempo + NOTE + NOTE + END, division=(256 - frames) << 8 | 40)
    piece = read_bytes(tmp_path, data, note=told.append, **options)
    assert piece.seconds(piece.notes["end"]) == pytest.approx([96 / 40 / rate, 192 / 40 / rate], rel=1e-6)
    assert told == [f"{tmp_path}/a.mid: its times are SMPTE frames: a quarter note is a second; its tempos do not count"]
    write(tmp_path / "b.mid", piece)
    assert mido.MidiFile(tmp_path / "b.mid").length == pytest.approx(192 / 40 / rate, rel=1e-6)


# the state of channels is that of the file


def program(value: int, channel: int = 0, wait: int = 0) -> bytes:
    return bytes([wait, 0xC0 | channel, value])


@BOTH
def test_a_program_holds_in_all_tracks_from_its_time_on(tmp_path, options):
    setup = program(40) + program(33, 1) + program(7, wait=96)
    second = NOTE + bytes([0, 0x91, 36, 90, 10, 0x81, 36, 0])
    piece = read_bytes(tmp_path, smf(setup + END, NOTE + NOTE + END, second + END), note=unread, **options)
    found = piece.notes[["start", "track", "pitch", "program"]].tolist()
    assert found == [(0, 1, 60, 40), (0, 2, 60, 40), (96, 0, 60, 7), (96, 3, 36, 33)]


@BOTH
def test_ports_have_channels_of_their_own(tmp_path, options):
    port = bytes([0, 0xFF, 0x21, 1, 1])
    tracks = program(40) + END, port + program(9) + END, NOTE + END, port + NOTE + END
    assert read_bytes(tmp_path, smf(*tracks), note=unread, **options).notes["program"].tolist() == [40, 9]


GS = bytes([0x41, 0x10, 0x42, 0x12, 0x40, 0, 0x7F, 0, 0x41, 0xF7])
RHYTHM = bytes([0x41, 0x10, 0x42, 0x12, 0x40, 0x1A, 0x15, 2, 0xF, 0xF7])
"""Part 11 is made drums."""
PITCHED = bytes([0x41, 0x10, 0x42, 0x12, 0x40, 0x10, 0x15, 0, 0x1B, 0xF7])
"""Part 10 is made none."""
XG = bytes([0x43, 0x10, 0x4C, 0, 0, 0x7E, 0, 0xF7])
PART_MODE = bytes([0x43, 0x10, 0x4C, 8, 10, 7, 2, 0xF7])
GM2 = bytes([0x7E, 0x7F, 9, 3, 0xF7])


@pytest.mark.parametrize(
    ("messages", "banks", "drums"),
    [
        ([], {}, {9}),
        ([], {10: 127}, {9, 10}),
        ([], {10: 8}, {9}),
        ([XG], {10: 127, 2: 126}, {9, 10, 2}),
        ([XG], {9: 0}, set()),
        ([XG, PART_MODE], {}, {9, 10}),
        ([GS, RHYTHM], {}, {9, 10}),
        ([GS, RHYTHM, GS], {}, {9}),
        ([GS, PITCHED], {9: 1}, set()),
        ([GS], {10: 127}, {9}),
        ([GM2], {10: 120}, {9, 10}),
    ],
)
@BOTH
def test_channels_of_drums(tmp_path, messages, banks, drums, options):
    sysex = b"".join(bytes([0, 0xF0, len(message)]) + message for message in messages)
    bank = b"".join(bytes([0, 0xB0 | channel, 0, value]) for channel, value in banks.items())
    notes = b"".join(bytes([0, 0x90 | channel, 50, 9, 9, 0x80 | channel, 50, 0]) for channel in range(16))
    piece = read_bytes(tmp_path, smf(sysex + END, bank + END, notes + END), note=unread, **options)
    assert set(np.flatnonzero(piece.notes["drum"]).tolist()) == drums


def test_of_two_tempos_at_one_tick_the_last_of_the_file_counts(tmp_path):
    tempos = b"".join(bytes([0, 0xFF, 0x51, 3]) + value.to_bytes(3, "big") for value in (1_254_574, 500_000))
    for options in ({}, {"strict": True}):
        assert read_bytes(tmp_path, smf(tempos + NOTE + END), **options).tempos.tolist() == [(0, 500_000)]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from([SYSEX, PACKET]), st.binary(max_size=30)), max_size=5))
def test_system_exclusive_events_of_any_content_are_passed_by_their_length(tmp_path_factory, packets):
    """Both kinds, with any bytes: time codes, parts of split ones, what looks like notes."""
    waits = [bytes([0x80 | wait >> 7, wait & 127]) for wait, _, _ in packets]
    events = [wait + bytes([kind, len(data)]) + data for wait, (_, kind, data) in zip(waits, packets, strict=True)]
    folder = tmp_path_factory.mktemp("any")
    piece = read_bytes(folder, smf(b"".join(events) + NOTE + END), note=unread)
    assert piece.notes["start"].tolist() == [sum(wait for wait, _, _ in packets)]
    assert [piece.beside.data_of(event) for event in piece.beside.events] == [data for _, _, data in packets]
    assert facts(piece)[:-1] == facts(from_mido(mido.MidiFile(folder / "a.mid", clip=True)))[:-1]
    assert facts(piece)[:-1] == facts(read(folder / "a.mid", strict=True))[:-1]


# formats


@BOTH
@pytest.mark.parametrize(
    ("form", "starts", "told"),
    [
        (0, [0, 0], None),
        (2, [0, 106], "a.mid: of MIDI format 2: its 2 patterns follow one another"),
        (77, [0, 0], "a.mid: of MIDI format 77: which there is not; read as format 1"),
    ],
)
def test_formats(tmp_path, options, form, starts, told):
    lines = []
    piece = read_bytes(tmp_path, smf(NOTE + bytes([10, *END[1:]]), NOTE + END, form=form), note=lines.append, **options)
    assert piece.notes["start"].tolist() == starts
    assert [line.removeprefix(f"{tmp_path}/") for line in lines] == ([told] if told else [])


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
