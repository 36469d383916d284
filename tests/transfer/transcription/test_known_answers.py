"""The shipped network where the answer is known: tones, and sounds that have no notes or are no music."""

import tracemalloc

import numpy as np
import pytest

from midi.notes import make_piece, note_table
from midi.synthesis.rendering import sound_of
from transfer.pretrained import path as shipped
from transfer.transcription.acoustics import levelled
from transfer.transcription.notes import LOWEST, PITCHES, Thresholds, heard, notes_of, roll_of
from transfer.transcription.transcriber import Transcriber

RATE = 16_000
FROM = 24
"""The lowest pitch whose tone without harmonics is asked for: lower ones, which no instrument plays, are missed."""


@pytest.fixture(scope="module")
def transcriber():
    return Transcriber(shipped())


def notes_in(transcriber, sound, **options):
    return transcriber.notes(transcriber.stream([levelled(sound, RATE)], **options))


def test_pure_tones_are_one_note_each(transcriber):
    """Of 0.6 s, one a second; nearly all of them, and nearly nothing else."""
    pitches = np.arange(FROM, LOWEST + PITCHES)
    time = np.arange(round(0.6 * RATE)) / RATE
    fade = np.minimum(1, np.minimum(time, 0.6 - time) / 0.01)
    sound = np.zeros((len(pitches), RATE))
    sound[:, : len(time)] = fade * np.sin(2 * np.pi * 440 * 2 ** ((pitches[:, None] - 69) / 12) * time)
    notes = notes_in(transcriber, np.append(np.zeros(RATE // 2), sound.ravel()))
    begin = 0.5 + np.arange(len(pitches))
    right = (notes["pitch"] == pitches[:, None]) & (np.abs(notes["onset"] - begin[:, None]) < 0.03)
    assert (right.sum(axis=1) == 1).mean() >= 0.9
    assert right.sum() >= 0.9 * len(notes)
    lengths = (notes["offset"] - notes["onset"])[right.any(axis=0)]
    assert (np.abs(lengths - 0.6) < 0.15).mean() >= 0.98


def drums():
    """Eight seconds of kicks, snares, hats and toms."""
    pitches = np.tile([36, 42, 38, 42, 45, 48, 36, 50], 4)
    start = 250 * np.arange(len(pitches))
    hits = note_table(len(pitches), start=start, end=start + 100, pitch=pitches, drum=True)
    return sound_of(make_piece(hits, 500), rate=RATE).mean(axis=0)


def speech(seconds=8):
    """A voice that glides, by pulses through formants, and hisses, three or four syllables a second."""
    time = np.arange(seconds * RATE) / RATE
    glide = 120 * 2 ** (0.25 * np.sin(2 * np.pi * 0.7 * time) + 0.1 * np.sin(2 * np.pi * 2.3 * time))
    pulses = np.fft.rfft(np.diff(np.floor(np.cumsum(glide) / RATE), prepend=0))
    hertz = np.fft.rfftfreq(len(time), 1 / RATE)
    formants = sum(1 / (1 + ((hertz - centre) / width) ** 2) for centre, width in ((600, 80), (1_200, 100), (2_500, 150)))
    voice = np.fft.irfft(pulses * formants, len(time))
    syllables = np.sin(2 * np.pi * 3.5 * time)
    hiss = np.random.default_rng(0).normal(0, 0.01, len(time))
    return voice / np.abs(voice).max() * np.maximum(syllables, 0) + hiss * np.maximum(-syllables, 0)


@pytest.mark.parametrize("program", [0, 4, 25])
def test_a_single_line_has_no_octaves_above_it(transcriber, program):
    pitches, start = np.array([60, 62, 64, 65, 67, 69, 71, 72]), 500 * np.arange(8)
    line = make_piece(note_table(8, start=start, end=start + 400, pitch=pitches, program=program), 500)
    notes = notes_in(transcriber, sound_of(line, rate=RATE).mean(axis=0))
    np.testing.assert_array_equal(notes["pitch"], pitches)
    np.testing.assert_allclose(notes["onset"], start / 1_000, atol=0.02)


def test_drums_are_hardly_notes(transcriber):
    assert len(notes_in(transcriber, drums())) <= 2
    assert not len(notes_in(transcriber, drums(), harmonic=True))


def test_notes_are_found_beside_drums(transcriber):
    """Of 32 strokes hardly one is heard as a note, as the note struck again within which it falls; by --harmonic none."""
    pitches, start = 60 + 4 * (np.arange(8) % 4), 1_000 * np.arange(8)
    line = sound_of(make_piece(note_table(8, start=start, end=start + 900, pitch=pitches), 500), rate=RATE).mean(axis=0)
    size = min(len(line), len(drums()))
    for harmonic in (False, True):
        notes = notes_in(transcriber, line[:size] + drums()[:size], harmonic=harmonic)
        right = (np.abs(notes["onset"][:, None] - start / 1_000) < 0.05) & (notes["pitch"][:, None] == pitches)
        assert right.any(axis=0).sum() >= 7
        assert len(notes) - right.sum() <= (0 if harmonic else 2)


def test_speech_has_few_notes(transcriber):
    """Voiced sounds have a pitch, and so one or the other of the 28 syllables is a note."""
    assert len(notes_in(transcriber, speech())) <= 3


def test_memory_does_not_grow_with_length():
    """Four minutes of notes hold no more than what sounds; their roll would take 5 MB."""
    rate, frames, count = 62.5, 640, 24
    onset = np.arange(0, 10, 0.2)
    notes = heard(onset, onset + 0.15, LOWEST + np.arange(len(onset)) % PITCHES, np.full(len(onset), 80))
    stretch = roll_of(notes, frames, rate)
    tracemalloc.start()
    found = notes_of((stretch for _ in range(count)), rate, Thresholds())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == count * len(notes)
    assert peak < 2.5e6
