"""Whatever a table can hold comes back from the file that is written of it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mido import Message, MidiFile, MidiTrack

from midi.files.mido_bridge import from_mido, to_mido
from midi.files.reading import read
from midi.files.wellformed import fault
from midi.files.writing import to_bytes, voices, write
from midi.notes import NOTE, SIGNATURE, TEMPO, Piece, in_order, make_piece, note_table
from tests.midi.smf import END, smf
from training.errors import InputError

TICKS = st.integers(0, 40) | st.integers(0, 1 << 20)


@st.composite
def pieces(draw) -> Piece:
    """Pieces whose notes of one (track, program, drum) and pitch end in the order in which they begin."""
    kinds = draw(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 127), st.booleans()), min_size=1, max_size=24))
    rows = []
    for track, program, drum in sorted(set(kinds)):
        for pitch in draw(st.lists(st.sampled_from([0, 59, 60, 61, 127]), max_size=3, unique=True)):
            spans = draw(st.lists(st.tuples(TICKS, st.sampled_from([0, 0, 1, 2, 5, 17, 3000])), max_size=5))
            starts = sorted(start for start, _ in spans)
            ends = np.maximum.accumulate([start + length for start, (_, length) in zip(starts, spans, strict=True)] or [0])
            for start, end in zip(starts, ends, strict=False):
                rows.append((start, end, pitch, draw(st.integers(1, 127)), program, drum, track))
    tempos = draw(st.lists(st.tuples(TICKS, st.integers(1, 2**24 - 1)), max_size=4))
    signatures = draw(st.lists(st.tuples(TICKS, st.integers(1, 255), st.sampled_from([1, 2, 4, 8, 128])), max_size=4))
    return make_piece(
        np.array(rows, NOTE), draw(st.integers(1, 32_767)), np.array(tempos, TEMPO), np.array(signatures, SIGNATURE)
    )


def numbered(piece: Piece) -> np.ndarray:
    """The notes with tracks numbered as a file does: by (track, program, drum)."""
    notes = piece.notes.copy()
    notes["track"] = np.unique(voices(notes), return_inverse=True)[1]
    return in_order(notes)


def assert_same(found: Piece, piece: Piece) -> None:
    assert found.notes.tolist() == numbered(piece).tolist()
    assert found.division == piece.division
    assert found.tempos.tolist() == piece.tempos.tolist()
    assert found.signatures.tolist() == piece.signatures.tolist()
    assert set(found.left_out.values()) == {0}


@settings(deadline=None, max_examples=120)
@given(pieces())
def test_every_table_comes_back(tmp_path_factory, piece):
    path = tmp_path_factory.mktemp("written") / "a.mid"
    write(path, piece)
    assert fault(path.read_bytes()) == ""
    assert_same(read(path), piece)
    assert_same(from_mido(to_mido(piece)), piece)


EVENTS = st.one_of(
    st.tuples(st.sampled_from([0x80, 0x90, 0x90, 0xA0, 0xE0]), st.sampled_from([0, 1, 9]), st.sampled_from([60, 64, 127])),
    st.tuples(st.just(0xB0), st.sampled_from([0, 1, 9]), st.sampled_from([0, 7, 32, 64])),
    st.tuples(st.sampled_from([0xC0, 0xD0]), st.sampled_from([0, 1, 9]), st.sampled_from([0, 40])),
    st.tuples(st.sampled_from([0xF0, 0xF7]), st.binary(max_size=4)),
    st.tuples(st.just(0xFF), st.sampled_from([1, 3, 4, 0x20, 0x7F]), st.binary(max_size=4)),
    st.sampled_from([(0xFF, 0x59, b"\xfd\1"), (0xFF, 0x51, b"\7\1\2"), (0xFF, 0x58, b"\5\3\x18\x08"), (0xFF, 0x21, b"\1")]),
)
"""Status, channel and first data byte of a message; or status, type and data of a system exclusive or meta event."""


def event_bytes(wait: int, event: tuple, value: int) -> bytes:
    status, *fields = event
    if status < 0xF0:
        return bytes([wait, status | fields[0], fields[1]]) + (b"" if status & 0xE0 == 0xC0 else bytes([value]))
    return bytes([wait, status, *fields[:-1], len(fields[-1])]) + fields[-1]


@settings(deadline=None, max_examples=200)
@given(st.lists(st.lists(st.tuples(st.sampled_from([0, 0, 3, 50]), EVENTS, st.integers(0, 127)), max_size=25), max_size=4))
def test_all_that_a_file_holds_comes_back(tmp_path_factory, tracks):
    """Messages of every kind in up to four tracks, on two ports: notes, programs, drums and all that is beside them."""
    path = tmp_path_factory.mktemp("written") / "a.mid"
    path.write_bytes(smf(*[b"".join(event_bytes(*event) for event in track) + END for track in tracks]))
    piece = read(path, note=lambda line: None)
    write(path, piece)
    assert fault(path.read_bytes()) == ""
    back = read(path)
    assert back.notes.tolist() == piece.notes.tolist()
    assert (back.tempos.tolist(), back.signatures.tolist()) == (piece.tempos.tolist(), piece.signatures.tolist())
    assert beside(back) == beside(piece)
    assert back.beside.parts.tolist() == piece.beside.parts.tolist()


def beside(piece: Piece) -> list[tuple]:
    names = ("tick", "track", "channel", "status", "first", "second")
    return [(*(event[name].item() for name in names), piece.beside.data_of(event)) for event in piece.beside.events]


def test_every_track_has_its_program():
    """Though it holds for the channel in all tracks: some readers take it for the track's."""
    piece = make_piece(note_table(3, start=[0, 0, 960], end=[480, 480, 1_440], program=[5, 5, 5], track=[0, 1, 2], pitch=60))
    tracks = to_mido(piece).tracks[1:]
    assert [(track[0].type, track[0].program, track[0].time) for track in tracks] == [("program_change", 5, 0)] * 3


def test_a_bank_is_followed_by_its_program():
    """A synthesiser takes a bank from the next program on."""
    bank = [Message("program_change", program=5), Message("control_change", control=0, value=8, time=9)]
    note = [Message("note_on", note=60, time=1), Message("note_off", note=60, time=5)]
    written = to_mido(from_mido(MidiFile(tracks=[MidiTrack([*note, *bank, Message("program_change", program=5), *note])])))
    kinds = [message.type for message in written.tracks[0] if not message.is_meta]
    assert kinds == [
        "program_change", "note_on", "note_off", "control_change", "program_change", "note_on", "note_off",
    ]  # fmt: skip


def test_a_note_struck_again_at_once_ends_before_it_begins():
    """Otherwise a synthesiser would end the new one."""
    piece = make_piece(note_table(3, start=[0, 10, 10], end=[10, 10, 20], pitch=60))
    messages = [message for message in to_mido(piece).tracks[1] if message.type.startswith("note")]
    kinds = [(message.type, message.time) for message in messages]
    assert kinds == [
        ("note_on", 0), ("note_off", 10), ("note_on", 0), ("note_on", 0), ("note_off", 0), ("note_off", 10),
    ]  # fmt: skip


def test_programs_have_channels_of_their_own():
    programs = np.arange(15).repeat(2)
    piece = make_piece(note_table(30, end=1, program=programs, drum=np.arange(30) % 2, track=np.arange(30)))
    channels = {
        message.program: set() for track in to_mido(piece).tracks for message in track if message.type == "program_change"
    }
    for track in to_mido(piece).tracks[1:]:
        program, note = track[0], track[1]
        assert note.channel == program.channel
        channels[program.program].add(program.channel)
    assert all(len(found) == 2 and 9 in found for found in channels.values())
    assert len(set.union(*channels.values())) == 16


def test_a_piece_without_notes(tmp_path):
    write(tmp_path / "a.mid", make_piece(note_table(0)))
    assert len(read(tmp_path / "a.mid")) == 0


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"velocity": 0}, "velocities must be 1 to 127"),
        ({"velocity": 128}, "velocities must be 1 to 127"),
        ({"pitch": 128}, "pitches and programs"),
        ({"program": 200}, "pitches and programs"),
        ({"start": 5}, "ends before it begins"),
        ({"start": -1}, "ticks must be"),
        ({"end": 1 << 31}, "ticks must be"),
        ({"start": 1 << 40, "end": 1 << 40}, "ticks must be"),
        ({"start": 1 << 28, "end": 1 << 28}, "silent for 268,435,456 ticks"),
    ],
)
def test_notes_that_midi_cannot_hold(tmp_path, columns, message):
    with pytest.raises(InputError, match=message):
        write(tmp_path / "a.mid", make_piece(note_table(1, **columns)))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("tempos", "signatures", "message"),
    [
        ([(0, 0)], [], "a quarter must last"),
        ([(0, 1 << 24)], [], "a quarter must last"),
        ([(1 << 28, 1)], [], "silent for"),
        ([], [(0, 3, 3)], "a time signature must be"),
        ([], [(0, 0, 4)], "a time signature must be"),
        ([], [(0, 256, 4)], "a time signature must be"),
        ([], [(-4, 3, 4)], "ticks must be"),
    ],
)
def test_changes_that_midi_cannot_hold(tempos, signatures, message):
    piece = make_piece(note_table(1, end=1), tempos=np.array(tempos, TEMPO), signatures=np.array(signatures, SIGNATURE))
    with pytest.raises(InputError, match=message):
        to_bytes(piece)


def test_long_waits_are_written(tmp_path):
    wait = (1 << 28) - 1
    piece = make_piece(note_table(2, start=[wait, 3 * wait], end=[2 * wait, 4 * wait], velocity=[1, 2]))
    write(tmp_path / "a.mid", piece)
    assert_same(read(tmp_path / "a.mid"), piece)
