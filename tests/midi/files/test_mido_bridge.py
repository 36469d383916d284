"""`mido.MidiFile` objects of any making into pieces (there and back: test_writing)."""

from __future__ import annotations

import mido
import pytest
from mido import Message, MetaMessage, MidiFile, MidiTrack

from midi.files.mido_bridge import from_mido
from midi.notes import LEFT_OUT
from training.errors import InputError


def file_of(*tracks: list, **options) -> MidiFile:
    return MidiFile(tracks=[MidiTrack(track) for track in tracks], **options)


def on(note: int, velocity: int = 100, time: int = 0, channel: int = 0) -> Message:
    return Message("note_on", note=note, velocity=velocity, time=time, channel=channel)


def off(note: int, time: int = 0, channel: int = 0) -> Message:
    return Message("note_off", note=note, time=time, channel=channel)


def spans(file: MidiFile) -> list:
    return [(note["start"], note["end"], note["pitch"], note["velocity"]) for note in from_mido(file).notes]


def test_first_in_first_out():
    assert spans(file_of([on(60, 1), on(60, 2, 5), off(60, 5), off(60, 7)])) == [(0, 10, 60, 1), (5, 17, 60, 2)]


def test_velocity_zero_ends_a_note():
    assert spans(file_of([on(60, 9), on(60, 0, 4)])) == [(0, 4, 60, 9)]


def test_pairs_do_not_cross_channels_or_tracks():
    piece = from_mido(file_of([on(60), off(60, 5, channel=1)], [off(60, 5)]))
    assert piece.notes["end"].tolist() == [5]  # the end of its track
    assert (piece.left_out["held"], piece.left_out["unmatched"]) == (1, 2)


def test_the_program_is_that_at_the_beginning():
    change = Message("program_change", program=7)
    piece = from_mido(file_of([on(60), change, on(62), off(60, 5), off(62)]))
    assert dict(zip(piece.notes["pitch"].tolist(), piece.notes["program"].tolist(), strict=True)) == {60: 0, 62: 7}


def test_tracks_are_numbered_by_track_channel_and_program():
    def note(channel: int, pitch: int) -> list:
        return [on(pitch, channel=channel), off(pitch, 5, channel=channel)]

    file = file_of([], [*note(9, 36), *note(1, 61)], [*note(0, 62), Message("program_change", program=3), *note(0, 63)])
    notes = from_mido(file).notes
    found = {pitch: (track, drum) for pitch, track, drum in zip(notes["pitch"], notes["track"], notes["drum"], strict=True)}
    assert found == {61: (0, False), 36: (1, True), 62: (2, False), 63: (3, False)}


def test_changes_of_all_tracks_count():
    tempo = MetaMessage("set_tempo", tempo=400_000, time=10)
    twice = [MetaMessage("set_tempo", tempo=1, time=5), MetaMessage("set_tempo", tempo=2)]
    piece = from_mido(file_of([tempo, MetaMessage("time_signature", numerator=3, denominator=8)], twice))
    assert piece.tempos.tolist() == [(5, 2), (10, 400_000)]
    assert piece.signatures.tolist() == [(10, 3, 8)]


def test_impossible_changes_are_counted():
    signature = MetaMessage("time_signature", denominator=2**200)
    piece = from_mido(file_of([MetaMessage("set_tempo", tempo=0), signature, MetaMessage("time_signature", numerator=0)]))
    assert piece.left_out["impossible_changes"] == 3
    assert len(piece.tempos) == len(piece.signatures) == 0


def test_everything_else_is_counted():
    texts = [MetaMessage("lyrics"), MetaMessage("marker"), MetaMessage("track_name")]
    others = [MetaMessage("key_signature"), Message("sysex"), Message("aftertouch"), on(60), off(61)]
    controllers = [Message("control_change"), Message("control_change", control=64)]
    track = [*controllers, Message("pitchwheel"), Message("pitchwheel"), *texts, *others]
    piece = from_mido(file_of(track))
    assert piece.left_out == dict(zip(LEFT_OUT, (1, 1, 2, 1, 1, 3, 1, 1, 1, 0), strict=True))
    assert len(piece.beside.events) == 10


@pytest.mark.parametrize("options", [{"type": 0}, {"type": 1, "ticks_per_beat": 32_767}])
def test_an_empty_file(options):
    piece = from_mido(file_of(**options))
    assert (len(piece), piece.division) == (0, options.get("ticks_per_beat", 480))


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (file_of([], type=2), "type 2 has no common time"),
        (file_of([], ticks_per_beat=0), "from 1 to 32767; received 0"),
        (file_of([], ticks_per_beat=-6360), "received -6360"),
        (file_of([], [on(60, time=0.5)]), "track 1 has a message at time 0.5"),
        (file_of([on(60, time=-1)]), "track 0 has a message at time -1"),
        (file_of([on(60), off(60, 1 << 31)]), "track 0 is 2,147,483,648 ticks long"),
    ],
)
def test_files_that_have_no_table(file, message):
    with pytest.raises(InputError, match=message):
        from_mido(file)


def test_messages_are_not_changed():
    file = file_of([on(60), off(60, 5)])
    before = mido.MidiFile(tracks=[MidiTrack(message.copy() for message in track) for track in file.tracks])
    from_mido(file)
    assert file.tracks == before.tracks
