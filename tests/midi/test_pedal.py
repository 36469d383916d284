"""The sustain pedal: which notes it prolongs, until when, and in what it is left alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mido import Message, MidiFile, MidiTrack

from midi.codecs import codec_named
from midi.conversion import Conversion, convert
from midi.files.mido_bridge import from_mido
from midi.files.writing import write
from midi.images import MidiImages
from midi.notes import Piece
from midi.pedal import with_pedal

DOWN, UP = 127, 0


def piece_of(*events: tuple, program: int = 0, channel: int = 0) -> Piece:
    """events: (tick, "down" or "up" or pitch, velocity of a pitch)."""
    track, now = [Message("program_change", program=program, channel=channel)], 0
    for tick, what, *velocity in events:
        fields = {"time": tick - now, "channel": channel}
        if isinstance(what, str):
            value = DOWN if what == "down" else UP
            track.append(Message("control_change", control=64, value=value, **fields))
        else:
            track.append(Message("note_on", note=what, velocity=velocity[0], **fields))
        now = tick
    return from_mido(MidiFile(tracks=[MidiTrack(track)]))


def spans(piece: Piece, pedal: str = "extend") -> list[tuple[int, int, int]]:
    return with_pedal(piece, pedal)[0].notes[["pitch", "start", "end"]].tolist()


HELD = [(0, "down"), (0, 60, 90), (10, 60, 0), (50, "up"), (60, 62, 90), (70, 62, 0)]


def test_a_note_lasts_until_the_pedal_is_up():
    piece, count = with_pedal(piece_of(*HELD), "extend")
    assert piece.notes[["pitch", "start", "end"]].tolist() == [(60, 0, 50), (62, 60, 70)]
    assert count == 1
    assert piece.left_out["pedal_changes"] == 0


@pytest.mark.parametrize(
    ("events", "ends"),
    [
        ([(0, 60, 90), (5, "down"), (10, 60, 0), (30, 60, 90), (40, 60, 0), (50, "up")], [30, 50]),  # struck again
        ([(0, 60, 90), (10, 60, 0), (10, "down"), (50, "up")], [10]),  # the key is up when the pedal goes down
        ([(0, 60, 90), (5, "down"), (10, "up"), (20, 60, 0)], [20]),
        ([(0, 60, 90), (5, "down"), (10, 60, 0), (20, 64, 90), (70, 64, 0)], [70, 70]),  # it never goes up
        ([(0, 60, 90), (5, "down"), (10, 60, 0), (99, "up")], [99]),  # behind the last key
        ([(0, 60, 90), (5, "down"), (8, "up"), (8, "down"), (10, 60, 0), (30, "up")], [30]),
        ([(0, 60, 90), (0, 60, 90), (1, "down"), (4, 60, 0), (6, 60, 0), (9, "up")], [9, 9]),  # twice at once
    ],
)
def test_when_notes_end(events, ends):
    assert with_pedal(piece_of(*events), "extend")[0].notes["end"].tolist() == ends


def test_drums_and_other_channels_have_no_pedal():
    assert spans(piece_of(*HELD, channel=9)) == [(60, 0, 10), (62, 60, 70)]
    other = [Message("note_on", note=70, channel=1), Message("note_off", note=70, channel=1, time=9)]
    pressed = [Message("control_change", control=64, value=127), Message("control_change", control=64, time=99)]
    assert spans(from_mido(MidiFile(tracks=[MidiTrack(pressed), MidiTrack(other)]))) == [(70, 0, 9)]


def test_the_pedal_of_a_channel_holds_the_notes_of_all_tracks():
    note = [Message("note_on", note=70), Message("note_off", note=70, time=9)]
    pressed = [Message("control_change", control=64, value=127), Message("control_change", control=121, time=99)]
    assert spans(from_mido(MidiFile(tracks=[MidiTrack(note), MidiTrack(pressed)]))) == [(70, 0, 99)]


@pytest.mark.parametrize(("program", "prolonged"), [(0, 1), (7, 1), (8, 0), (40, 0)])
def test_by_default_the_pedal_is_of_pianos(program, prolonged):
    piece = piece_of(*HELD, program=program)
    assert with_pedal(piece)[1] == prolonged
    assert with_pedal(piece, "extend")[1] == 1
    assert with_pedal(piece, "off") == (piece, 0)


EVENTS = st.tuples(st.sampled_from([0, 1, 5]), st.sampled_from(["down", "up", 60, 60, 61]), st.sampled_from([0, 80]))


@settings(deadline=None, max_examples=150)
@given(st.lists(EVENTS, max_size=40))
def test_against_a_pianist(events):
    """Tick by tick: a string sounds until neither the key nor the pedal holds it, or it is struck again."""
    ticks = np.cumsum([wait for wait, _, _ in events], dtype=int).tolist()
    piece = piece_of(*[(tick, what, value) for tick, (_, what, value) in zip(ticks, events, strict=True)])
    plain = {pitch: {(note["start"], note["end"]) for note in piece.notes if note["pitch"] == pitch} for pitch in (60, 61)}
    pressed = {}
    for tick, (_, what, _) in zip(ticks, events, strict=True):
        if isinstance(what, str):
            pressed[tick] = what == "down"
    last = max([0, *(int(end) for end in piece.notes["end"])])

    def down(tick: int) -> bool:  # just before it
        before = [pressed[at] for at in sorted(pressed) if at < tick]
        return bool(before) and before[-1]

    for note in with_pedal(piece, "extend")[0].notes:
        keys = [end for start, end in plain[note["pitch"]] if start == note["start"]]
        starts = [start for start, _ in plain[note["pitch"]] if start > note["start"]]
        ends = set()
        for end in keys:
            sounding = end
            if down(end):
                ups = [at for at in sorted(pressed) if at >= end and not pressed[at]]
                sounding = max(end, min([ups[0] if ups else last, *starts]))
            ends.add(sounding)
        assert note["end"] in ends


def test_pictures_show_it_and_say_so(tmp_path):
    write(tmp_path / "a.mid", piece_of(*[(48 * tick, *rest) for tick, *rest in HELD]))
    sums = {}
    for codec, pedal in (("roll96", "auto"), ("roll96", "off"), ("lossless", "auto")):
        found = convert(tmp_path / "a.mid", tmp_path / "a.npy", Conversion(codec_named(codec), pedal=pedal, force=True))
        said = "".join(found.warnings)
        assert ("1 notes prolonged by the pedal" in said) == ((codec, pedal) == ("roll96", "auto"))
        assert ("left out 2 pedal changes" in said) == ((codec, pedal) != ("roll96", "auto"))
        sums[codec, pedal] = int(np.load(tmp_path / "a.npy").astype(bool).sum())
    assert sums["roll96", "auto"] == sums["roll96", "off"] + 48


def test_a_corpus_shows_it_and_says_so(tmp_path):
    write(tmp_path / "a.mid", piece_of(*[(48 * tick, *rest) for tick, *rest in HELD]))
    for pedal, said in (("auto", "1 notes prolonged by the pedal"), ("off", "left out 2 pedal changes")):
        pictures = MidiImages(codec_named("roll96"), pedal=pedal)(tmp_path / "a.mid")
        assert said in said_at_the_end(pictures)


def said_at_the_end(pictures) -> str:
    remarks = []

    def passed():
        remarks.append((yield from pictures))

    assert list(passed())
    return remarks[0]
