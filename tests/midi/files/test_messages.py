"""The thesis' filter of messages: as printed, and mended."""

from __future__ import annotations

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mido import Message, MetaMessage, MidiFile, MidiTrack

from midi.files.messages import normalised
from midi.files.mido_bridge import from_mido
from training.errors import InputError


def file_of(*tracks: list, **options) -> MidiFile:
    return MidiFile(tracks=[MidiTrack(track) for track in tracks], **options)


def note(kind: str, pitch: int, time: int) -> Message:
    return Message(f"note_{kind}", note=pitch, time=time)


def times(file: MidiFile) -> list[list[int]]:
    return [[message.time for message in track] for track in file.tracks]


HANDS = file_of(
    [MetaMessage("set_tempo", time=0), note("on", 72, 480), note("off", 72, 480)],
    [Message("control_change", time=200), Message("pitchwheel", time=760), note("on", 48, 0), note("off", 48, 240)],
)
"""The right hand begins after one quarter, the left one quarter later."""


def test_as_published_every_track_begins_with_its_own_first_note():
    assert times(normalised(HANDS, as_published=True)) == [[0, 12], [0, 6]]


def test_mended_the_tracks_share_one_origin():
    assert times(normalised(HANDS)) == [[0, 12], [12, 6]]


@pytest.mark.parametrize("as_published", [False, True])
def test_only_notes_are_kept_and_their_time_is_not_lost(as_published):
    track = [
        note("on", 60, 0), Message("control_change", time=40), Message("note_on", note=60, velocity=0, time=80),
        MetaMessage("lyrics", time=120), note("on", 61, 0), MetaMessage("end_of_track", time=999),
    ]  # fmt: skip
    result = normalised(file_of(track, ticks_per_beat=120), as_published=as_published)
    assert [(message.type, message.note, message.time) for message in result.tracks[0]] == [
        ("note_on", 60, 0), ("note_off", 60, 12), ("note_on", 61, 12),
    ]  # fmt: skip
    assert result.ticks_per_beat == 12


def test_rounding_adds_up_only_as_published():
    """Forty notes of 7 ticks, 100 to the quarter: 0.84 columns each."""
    track = [message for _ in range(20) for message in (note("on", 60, 7), note("off", 60, 7))]
    file = file_of(track, ticks_per_beat=100)
    assert sum(times(normalised(file, as_published=True))[0]) == 39
    assert sum(times(normalised(file))[0]) == round(39 * 0.84)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.integers(0, 5000), max_size=12), max_size=4), st.integers(1, 2000))
def test_mended_no_time_is_off_by_more_than_half_a_tick(tracks, division):
    file = file_of(*([note("on", 60, time) for time in track] for track in tracks), ticks_per_beat=division)
    result = normalised(file)
    origin = min((track[0] for track in tracks if track), default=0)
    for track, made in zip(tracks, result.tracks, strict=True):
        exact = (np.cumsum(track) - origin) * 12 / division
        assert np.abs(np.cumsum([message.time for message in made]) - exact).max(initial=0) <= 0.5


@pytest.mark.parametrize("as_published", [False, True])
def test_a_file_in_twelve_ticks_from_its_first_note_is_not_changed(as_published, tmp_path):
    file = file_of([note("on", 60, 0), note("off", 60, 12)], [], [note("on", 62, 0), note("off", 62, 5)], ticks_per_beat=12)
    result = normalised(file, as_published=as_published)
    assert result.tracks == file.tracks
    result.save(tmp_path / "a.mid")
    assert from_mido(mido.MidiFile(tmp_path / "a.mid")).notes["end"].tolist() == [12, 5]


def test_the_file_given_is_not_changed():
    file = file_of([note("on", 60, 100)], type=2, ticks_per_beat=96)
    assert normalised(file).type == 2
    assert (file.tracks[0][0].time, file.ticks_per_beat) == (100, 96)


@pytest.mark.parametrize("division", [0, -6360])
def test_division_is_checked(division):
    with pytest.raises(InputError, match=f"must be above 0; received {division}"):
        normalised(file_of([], ticks_per_beat=division))
