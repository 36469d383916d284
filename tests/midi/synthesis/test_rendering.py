"""Pieces as WAV files: level, length, memory; SoundFonts that are refused."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
import soundfile

from midi.demo import compose
from midi.notes import make_piece, note_table
from midi.synthesis.rendering import PEAK, check_soundfont, render, sound_of
from training.errors import InputError


def scale(count=8, step=480, program=0):
    starts = np.arange(count) * step
    return make_piece(note_table(count, start=starts, end=starts + step, pitch=60 + np.arange(count) % 12, program=program))


@pytest.mark.parametrize("style", ["rock", "house", "chorale"])
def test_a_rendered_piece_is_full_but_never_clipped(style, tmp_path):
    piece = compose(style, 0, 8)
    facts = render(piece, tmp_path / "piece.wav", rate=22_050)
    sound, rate = soundfile.read(tmp_path / "piece.wav", dtype="int16")
    assert rate == 22_050
    assert sound.shape == (facts["samples"], 2)
    assert np.abs(sound.astype(int)).max() == pytest.approx(PEAK * 32_768, abs=1)
    assert facts["clipped"] == 0
    assert facts["peak"] == pytest.approx(PEAK)
    assert facts["rms"] == pytest.approx(np.sqrt(np.mean((sound / 32_768) ** 2)), rel=1e-3)
    assert facts["duration"] == pytest.approx(float(piece.seconds(piece.end)), abs=4)
    assert [path.name for path in tmp_path.iterdir()] == ["piece.wav"]


def test_the_array_is_the_file(tmp_path):
    piece = compose("waltz", 0, 4)
    render(piece, tmp_path / "piece.wav", rate=22_050, seed=3)
    sound = sound_of(piece, rate=22_050, seed=3)
    assert sound.dtype == np.float32
    written = soundfile.read(tmp_path / "piece.wav", dtype="float32")[0].T
    np.testing.assert_allclose(sound, written, atol=1.01 / 32_768)


def test_the_file_is_the_same_again(tmp_path):
    for name in ("one", "two"):
        render(compose("house", 2, 4), tmp_path / f"{name}.wav", rate=22_050)
    assert (tmp_path / "one.wav").read_bytes() == (tmp_path / "two.wav").read_bytes()


def test_memory_does_not_grow_with_length(tmp_path):
    peaks = []
    render(scale(4), tmp_path / "warm.wav", rate=8_000)
    for count in (120, 2_400):
        tracemalloc.start()
        render(scale(count, program=19), tmp_path / f"{count}.wav", rate=8_000)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert soundfile.info(tmp_path / "2400.wav").duration > 1_200
    assert peaks[1] < peaks[0] + 4e6  # the sound itself has 77 MB


def test_a_note_of_half_the_velocity_is_twelve_decibels_softer():
    """One after the other, so that both are normalised together."""
    notes = note_table(2, start=[0, 1_920], end=[480, 2_400], pitch=60, velocity=[127, 64], program=19)
    sound = sound_of(make_piece(notes), rate=22_050).astype(float)
    loud, soft = (np.sqrt(np.mean(sound[:, at : at + 10_000] ** 2)) for at in (500, 44_100 + 500))
    assert 20 * np.log10(loud / soft) == pytest.approx(40 * np.log10(127 / 64), abs=1)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a SoundFont: expected RIFF ... sfbk; received b''"),
        (b"not a SoundFont at all", "is not a SoundFont"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "is not a SoundFont"),
        (b"RIFF\x00\x01\0\0sfbkLIST", "is cut short: 16 of 264 bytes"),
    ],
)
def test_what_is_no_soundfont_is_refused(content, message, tmp_path):
    (tmp_path / "bad.sf2").write_bytes(content)
    with pytest.raises(InputError, match=message):
        check_soundfont(tmp_path / "bad.sf2")
    with pytest.raises(InputError, match=message):
        sound_of(scale(), soundfont=tmp_path / "bad.sf2")


def test_missing_soundfonts(tmp_path):
    with pytest.raises(InputError, match="cannot be read: No such file"):
        check_soundfont(tmp_path / "none.sf2")
    with pytest.raises(InputError, match="cannot be read: Is a directory"):
        check_soundfont(tmp_path)


@pytest.mark.parametrize(
    ("piece", "message"),
    [
        (make_piece(note_table(0)), "no note"),
        (make_piece(note_table(1, end=4 * 3_600 * 960)), "lasts 240 minutes; at most 180"),
        (make_piece(note_table(1_000, end=3_000 * 960, pitch=60)), "last 500 hours together"),
    ],
)
def test_pieces_that_are_not_rendered(piece, message, tmp_path):
    with pytest.raises(InputError, match=message):
        render(piece, tmp_path / "piece.wav")
    assert not list(tmp_path.iterdir())


def test_bad_rate_and_name(tmp_path):
    with pytest.raises(InputError, match="rate must be from 8000"):
        render(scale(), tmp_path / "piece.wav", rate=0)
    with pytest.raises(InputError, match=r"must end in \.wav"):
        render(scale(), tmp_path / "piece.mp3")
