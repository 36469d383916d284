"""Pedal, pitch wheel, tuning, volume, expression and pan are heard, by the built-in synthesiser and by SoundFonts alike."""

from __future__ import annotations

import numpy as np
import pytest
from mido import Message, MidiFile, MidiTrack

from midi.files.mido_bridge import from_mido
from midi.files.writing import write
from midi.notes import Piece
from midi.render import Options, main
from midi.synthesis import blocks, rendering
from midi.synthesis.fluidsynth import FluidSynth
from midi.synthesis.rendering import sound_of
from midi.synthesis.soundfonts import TinySoundFont
from tests.midi.synthesis.fonts import write_soundfont

RATE = 22_050
LEAD, ORGAN = 73, 19
"""A flute and an organ hold their notes, and neither is detuned."""


@pytest.fixture(params=[None, TinySoundFont, FluidSynth], ids=["BuiltIn", "TinySoundFont", "FluidSynth"])
def played(request, monkeypatch, tmp_path):
    """A function that plays a piece by one of the players, skipped where it is not installed."""
    if request.param is None:
        return lambda piece: sound_of(piece, rate=RATE).astype(float)
    if (found := request.param.found()) is None:
        pytest.skip(f"{request.param.__name__} is not installed")
    monkeypatch.setattr(rendering, "player", lambda: found)
    font = write_soundfont(tmp_path / "sine.sf2")
    return lambda piece: sound_of(piece, soundfont=font, rate=RATE).astype(float)


def piece_of(*tracks: list[Message]) -> Piece:
    return from_mido(MidiFile(tracks=[MidiTrack(track) for track in tracks]))


def note(pitch: int = 69, length: int = 1_920, channel: int = 0, program: int = ORGAN) -> list[Message]:
    """Two seconds, unless asked otherwise."""
    return [
        Message("program_change", program=program, channel=channel),
        Message("note_on", note=pitch, channel=channel, velocity=90),
        Message("note_off", note=pitch, channel=channel, time=length),
    ]


def control(number: int, value: int, time: int = 0, channel: int = 0) -> Message:
    return Message("control_change", control=number, value=value, time=time, channel=channel)


def level(sound: np.ndarray, first: float, last: float) -> float:
    return float(np.sqrt(np.mean(sound[..., int(first * RATE) : int(last * RATE)] ** 2)))


def hertz(sound: np.ndarray, first: float, last: float) -> float:
    part = sound[:, int(first * RATE) : int(last * RATE)].mean(axis=0)
    return float(np.abs(np.fft.rfft(part * np.blackman(len(part)), 1 << 19)).argmax() * RATE / (1 << 19))


def cents(found: float, semitones: float) -> float:
    return abs(1_200 * np.log2(found / 440) - 100 * semitones)


def test_the_wheel_bends_by_two_semitones(played):
    assert cents(hertz(played(piece_of([Message("pitchwheel", pitch=4_096), *note()])), 0.3, 1.8), 1) < 5


def test_the_wheel_bends_as_far_as_the_file_says(played):
    twelve = [control(101, 0), control(100, 0), control(6, 12)]
    assert cents(hertz(played(piece_of([*twelve, Message("pitchwheel", pitch=-4_096), *note()])), 0.3, 1.8), -6) < 5


def test_a_bend_within_a_note_has_no_click(played):
    """The wave goes on from where it is: no step between two samples is larger than the loudest partials make."""
    wheel = [Message("pitchwheel", pitch=8_191, time=960), Message("note_off", note=69, time=960)]
    sound = played(piece_of([*note()[:2], *wheel]))
    assert cents(hertz(sound, 0.2, 0.95), 0) < 5
    assert cents(hertz(sound, 1.1, 1.9), 2) < 5
    steps = np.abs(np.diff(sound[0, int(0.5 * RATE) : int(1.5 * RATE)]))
    assert steps.max() < 1.3 * steps[: int(0.4 * RATE)].max()


def test_volume_and_expression_are_squares(played):
    for number in (7, 11):
        full = 100 if number == 7 else 127
        changes = [
            control(number, full),
            *note()[:2],
            control(number, full // 2, 960),
            Message("note_off", note=69, time=960),
        ]
        sound = played(piece_of(changes))
        ratio = 20 * np.log10(level(sound, 0.3, 0.9) / level(sound, 1.2, 1.9))
        assert ratio == pytest.approx(12, abs=1)


def test_volume_0_is_silent_and_of_its_channel_alone(played):
    """From the channel's own track or another one."""
    silenced = [*note(60)[:2], control(7, 0, 960), Message("note_off", note=60, time=960)]
    sound = played(piece_of(silenced))
    assert level(sound, 1.1, 1.9) < 1e-4 < 0.1 < level(sound, 0.1, 0.9)
    sound = played(piece_of([control(7, 0, channel=1)], note(69), note(94, channel=1)))
    power = np.abs(np.fft.rfft(sound[0, : 2 * RATE] * np.blackman(2 * RATE))) ** 2  # a bin is half a hertz; 94 is at 1864.7
    assert power[870:890].max() > 1e5 * power[3_719:3_739].max()


def test_pan(played):
    for value, (louder, softer) in ((0, (0, 1)), (127, (1, 0))):
        sound = played(piece_of([control(10, value), *note()]))
        assert level(sound[softer], 0.2, 1.8) < 0.1 * level(sound[louder], 0.2, 1.8)
    sound = played(piece_of([control(10, 64), *note()]))
    assert level(sound[0], 0.2, 1.8) == pytest.approx(level(sound[1], 0.2, 1.8), rel=0.05)


def test_the_pedal_holds_notes(played):
    pressed = [control(64, 127), *note(length=240), control(64, 0, 1_680), *note(72, length=240)]
    sound = played(piece_of(pressed))
    lifted = played(piece_of([*note(length=240), control(64, 0, 1_680), *note(72, length=240)]))
    assert level(sound, 1, 1.5) > 0.1 > 0.01 > level(lifted, 1, 1.5)


def test_reset_all_controllers(played):
    reset = [Message("pitchwheel", pitch=8_191), control(11, 1), control(121, 0), *note()]
    plain = played(piece_of(note()))
    np.testing.assert_allclose(played(piece_of(reset))[:, : 2 * RATE], plain[:, : 2 * RATE], atol=2e-3)


def test_coarse_and_fine_tuning_of_the_synthesiser():
    coarse = [control(101, 0), control(100, 2), control(6, 66)]
    fine = [control(101, 0), control(100, 1), control(6, 96), control(38, 0)]
    assert cents(hertz(sound_of(piece_of([*coarse, *fine, *note()]), rate=RATE), 0.3, 1.8), 2.5) < 5
    makers = [control(99, 1), control(98, 8), control(6, 90)]
    assert cents(hertz(sound_of(piece_of([*coarse, *makers, *note()]), rate=RATE), 0.3, 1.8), 2) < 5


def test_drums_have_volume_too():
    beat = [Message("note_on", note=36, channel=9, velocity=100), Message("note_off", note=36, channel=9, time=100)]
    loud, soft = (
        np.concatenate(list(blocks(piece_of([control(7, value, channel=9), *beat]), RATE)), axis=1) for value in (100, 50)
    )
    np.testing.assert_allclose(soft, loud / 4, atol=1e-6)


@pytest.mark.parametrize("size", [64, 1_000, 4_096])
def test_samples_do_not_depend_on_blocks(size):
    wheel = [Message("pitchwheel", pitch=1_000 * k - 4_000, time=70) for k in range(8)]
    piece = piece_of([*note(program=LEAD)[:2], *wheel, control(7, 30, 50), control(10, 0, 30), *note(62)[1:]])
    whole, parts = (np.concatenate(list(blocks(piece, RATE, size=each)), axis=1) for each in (1 << 16, size))
    np.testing.assert_array_equal(whole, parts)


def test_what_is_not_played_is_told(tmp_path, capsys):
    modulated = [control(1, 20), control(1, 30), control(91, 4), Message("aftertouch", value=9), control(7, 90), *note()]
    write(tmp_path / "a.mid", piece_of(modulated))
    main(Options((tmp_path / "a.mid",), tmp_path / "a.wav", rate=8_000))
    assert f"{tmp_path / 'a.mid'}: not played: 3 controllers (1, 91), 1 pressures" in capsys.readouterr().err
    write(tmp_path / "b.mid", piece_of([control(64, 90), Message("pitchwheel", pitch=9), *note()]))
    main(Options((tmp_path / "b.mid",), tmp_path / "b.wav", rate=8_000))
    assert "not played" not in capsys.readouterr().err
