"""SoundFonts play in tune, in time, at their velocities and with a release, whichever player there is; and without any."""

from __future__ import annotations

import re

import numpy as np
import pytest

from midi.files.writing import write
from midi.notes import TEMPO, make_piece, note_table
from midi.render import Options, main
from midi.synthesis import rendering, soundfonts
from midi.synthesis.fluidsynth import FluidSynth
from midi.synthesis.rendering import BUILT_IN, PEAK, render, sound_of
from midi.synthesis.soundfonts import TinySoundFont
from tests.midi.synthesis.fonts import write_soundfont
from training.errors import InputError

RATE = 22_050


@pytest.fixture(params=[TinySoundFont, FluidSynth], ids=lambda kind: kind.__name__)
def played(request, monkeypatch, tmp_path):
    """A function that plays a piece by one of the players, skipped where it is not installed."""
    if (found := request.param.found()) is None:
        pytest.skip(f"{request.param.__name__} is not installed")
    monkeypatch.setattr(rendering, "player", lambda: found)
    font = write_soundfont(tmp_path / "sine.sf2")
    return lambda piece, rate=RATE: sound_of(piece, soundfont=font, rate=rate).astype(float)


def level(sound: np.ndarray, first: float, last: float) -> float:
    return float(np.sqrt(np.mean(sound[:, int(first * RATE) : int(last * RATE)] ** 2)))


def hertz(sound: np.ndarray, first: float, last: float) -> float:
    part = sound[:, int(first * RATE) : int(last * RATE)].mean(axis=0)
    return float(np.abs(np.fft.rfft(part * np.blackman(len(part)), 1 << 19)).argmax() * RATE / (1 << 19))


@pytest.mark.parametrize("pitch", [45, 60, 69, 81])
def test_in_tune(played, pitch):
    found = hertz(played(make_piece(note_table(1, end=1_920, pitch=pitch))), 0.2, 1.9)
    assert abs(1_200 * np.log2(found / 440 * 2 ** ((69 - pitch) / 12))) < 5


def test_in_time_through_the_tempo_map(played):
    notes = note_table(2, start=[480, 2_400], end=[960, 4_800], pitch=69)
    sound = played(make_piece(notes, 480, np.array([(0, 1_000_000), (960, 500_000)], TEMPO)))
    assert np.abs(sound).max() == pytest.approx(PEAK, abs=1e-6)
    assert level(sound, 0, 0.98) < 1e-3 < 0.1 < level(sound, 1.02, 1.9)
    assert level(sound, 3.3, 3.48) < 0.02 < 0.1 < level(sound, 3.52, 5.9)
    assert 6 <= sound.shape[1] / RATE < 9


def test_velocities_and_releases(played):
    """The SoundFont's release is half a second: neither silence at once, nor a note that goes on."""
    notes = note_table(2, start=[0, 1_920], end=[960, 2_880], pitch=69, velocity=[127, 64])
    sound = played(make_piece(notes))
    assert 5 < 20 * np.log10(level(sound, 0.2, 0.9) / level(sound, 2.2, 2.9)) < 13
    assert 0.02 < level(sound, 1.05, 1.15) / level(sound, 0.2, 0.9) < 0.6
    assert level(sound, 1.8, 1.98) < 0.01


def test_the_same_again(played):
    piece = make_piece(note_table(5, start=np.arange(5) * 100, end=np.arange(5) * 100 + 90, pitch=60 + np.arange(5)))
    np.testing.assert_array_equal(played(piece), played(piece))


def test_programs_that_the_soundfont_lacks_are_still_heard(played):
    """FluidSynth and tinysoundfont take the nearest program; drums have their own bank."""
    notes = note_table(2, start=[0, 1_920], end=[960, 2_880], pitch=60, program=[12, 0], drum=[False, True])
    sound = played(make_piece(notes))
    assert min(level(sound, 0.1, 0.9), level(sound, 2.1, 2.9)) > 0.1


def test_a_soundfont_with_nothing_in_it(played, tmp_path):
    (tmp_path / "hollow.sf2").write_bytes(b"RIFF" + (104).to_bytes(4, "little") + b"sfbk" + bytes(100))
    with pytest.raises(InputError, match=r"hollow\.sf2 cannot be"):
        sound_of(make_piece(note_table(1, end=480, pitch=60)), soundfont=tmp_path / "hollow.sf2")


@pytest.mark.parametrize("there", [True, False])
def test_the_player_is_told_and_without_one_the_synthesiser_plays(there, monkeypatch, tmp_path, capsys):
    if there and soundfonts.player() is None:
        pytest.skip("no player of SoundFonts is installed")
    if not there:
        monkeypatch.setattr(rendering, "player", lambda: None)
    piece = make_piece(note_table(1, end=480, pitch=60))
    write(tmp_path / "a.mid", piece)
    font = write_soundfont(tmp_path / "sine.sf2")
    main(Options((tmp_path / "a.mid",), tmp_path / "a.wav", soundfont=font, rate=8_000))
    said = capsys.readouterr().err
    facts = render(piece, tmp_path / "b.wav", soundfont=font, rate=8_000)
    if there:
        assert re.search(r"(tinysoundfont|FluidSynth) \d\S* plays .*sine\.sf2", said)
        assert facts["player"] == soundfonts.player().name
        return
    assert "no player of SoundFonts (python -m pip install --no-deps tinysoundfont, or FluidSynth): the built-in" in said
    assert facts["player"] == BUILT_IN
    render(piece, tmp_path / "c.wav", rate=8_000)
    assert (tmp_path / "b.wav").read_bytes() == (tmp_path / "c.wav").read_bytes()
