"""The built-in synthesiser: in tune, in time, free of clicks and aliases, and the same whatever the blocks."""

from __future__ import annotations

import numpy as np
import pytest

from midi.demo import compose
from midi.notes import TEMPO, make_piece, note_table
from midi.synthesis import blocks
from midi.synthesis.drums import KIT, drum_sound
from midi.synthesis.timbres import HIGHEST, frequency, timbre_of, wave_tables
from training.errors import InputError

RATE = 44_100


def played(piece, rate=RATE, **options):
    """All of it, (2, samples)."""
    return np.concatenate(list(blocks(piece, rate, **options)), axis=1)


def lone(pitch=69, program=0, velocity=100, quarters=2, start=0):
    """One note at 120 beats a minute."""
    first, last = start * 480, (start + quarters) * 480
    return make_piece(note_table(1, start=first, end=last, pitch=pitch, velocity=velocity, program=program))


def spectrum(sound, rate=RATE):
    """(Hz, power) of a signal (samples,), windowed."""
    window = np.blackman(len(sound))
    size = 1 << 19
    return np.fft.rfftfreq(size, 1 / rate), np.abs(np.fft.rfft(sound * window, size)) ** 2


def rms(sound):
    return float(np.sqrt(np.mean(sound**2)))


@pytest.mark.parametrize("program", [0, 11, 19, 24, 33, 40, 56, 65, 73, 80, 89])
def test_a4_is_440_hertz(program):
    """The middle of left and right, which timbres of several voices detune by a few cents."""
    peaks = []
    for side in played(lone(69, program, quarters=8))[:, : 4 * RATE]:
        hertz, power = spectrum(side)
        near = (hertz > 400) & (hertz < 480)
        peaks.append(hertz[near][power[near].argmax()])
    assert abs(np.mean(peaks) - 440) < 0.5
    assert abs(peaks[1] - peaks[0]) <= 440 * (2 ** (2 * timbre_of(program).detune / 1_200) - 1) + 0.5


@pytest.mark.parametrize("rate", [22_050, 44_100, 48_000])
@pytest.mark.parametrize("pitch", [33, 60, 81, 93])
def test_pitches_are_in_tune_at_any_rate(pitch, rate):
    hertz, power = spectrum(played(lone(pitch, 19, quarters=6), rate).mean(axis=0), rate)
    expected = 440 * 2 ** ((pitch - 69) / 12)
    near = np.abs(hertz - expected) < expected * 0.05
    assert abs(1_200 * np.log2(hertz[near][power[near].argmax()] / expected)) < 5
    assert abs(hertz[near][power[near].argmax()] - expected) < 0.5


@pytest.mark.parametrize(("pitch", "program"), [(96, 30), (100, 62), (84, 0), (72, 80), (108, 19)])
def test_partials_above_nyquist_do_not_come_back(pitch, program):
    hertz, power = spectrum(played(lone(pitch, program, quarters=4)).mean(axis=0))
    pure = frequency(pitch)
    order = np.rint(hertz / pure)
    detuned = hertz * (2 ** (timbre_of(program).detune / 1_200) - 1)
    harmonic = (np.abs(hertz - order * pure) < 0.03 * pure + detuned) & (order > 0)
    assert power[~harmonic].max() < 10**-5.5 * power.max()


def test_no_partial_is_above_the_limit():
    for pitch in (30, 69, 100, 127):
        lines = np.abs(np.fft.rfft(wave_tables(timbre_of(30), pitch, 22_050)[:, :-1], axis=1))
        highest = np.nonzero(lines.max(axis=0) > 1e-2)[0].max(initial=0)
        assert highest * frequency(pitch) <= HIGHEST * 22_050


def test_what_is_above_nyquist_is_silent():
    assert not played(lone(127, 19), 8_000).any()


def test_onsets_are_in_time_through_tempo_changes():
    starts = np.array([0, 480, 960, 1_200, 2_400, 4_000])
    tempos = np.array([(0, 500_000), (700, 1_000_000), (2_000, 300_000)], TEMPO)
    ticks = np.arange(4_000)
    pace = np.where(ticks < 700, 0.5, np.where(ticks < 2_000, 1.0, 0.3)) / 480
    for start in starts:
        at = round(pace[:start].sum() * RATE)
        for drum in (False, True):
            note = note_table(1, start=start, end=start + 20, pitch=75 if drum else 84, program=12, drum=drum)
            sound = np.abs(played(make_piece(note, 480, tempos))).max(axis=0)
            assert not sound[:at].any()
            assert np.argmax(sound[at:] > 1e-4) < RATE / 1_000


@pytest.mark.parametrize("style", ["rock", "chorale"])
@pytest.mark.parametrize("size", [1_000, 44_100])
def test_blocks_are_the_same_as_one_shot(style, size):
    piece = compose(style, 0, 4)
    np.testing.assert_array_equal(played(piece, 22_050, size=size), played(piece, 22_050, size=1 << 22))


def test_notes_end_in_silence_without_a_click():
    for program in (0, 19, 48, 89):
        sound = played(lone(60, program))
        held = round(1.0 * RATE)
        release = timbre_of(program).release
        assert sound.shape[1] <= held + 7 * release * RATE + 1
        assert rms(sound[:, held + int(3 * release * RATE) :]) < 0.1 * max(rms(sound[:, held - 4_000 : held]), 1e-9)
        assert np.abs(sound[:, -1]).max() < 1e-4
        assert np.abs(np.diff(sound[:, held - 50 : held + 50])).max() <= 1.5 * np.abs(np.diff(sound[:, :held])).max()


def test_plucked_strings_fade_and_organs_hold():
    piano, organ = (played(lone(60, program, quarters=8)) for program in (0, 19))
    early, late = slice(RATE // 2, RATE), slice(3 * RATE, 7 * RATE // 2)
    assert rms(piano[:, late]) < 0.2 * rms(piano[:, early])
    assert rms(organ[:, late]) == pytest.approx(rms(organ[:, early]), rel=0.05)


def test_louder_is_brighter():
    levels, centroids = [], []
    for velocity in (30, 70, 127):
        sound = played(lone(60, 0, velocity))[0, :8_000]
        hertz, power = spectrum(sound)
        levels.append(rms(sound))
        centroids.append(float((hertz * power).sum() / power.sum()))
    assert levels == sorted(levels)
    assert levels[2] > 4 * levels[0]
    assert centroids == sorted(centroids)


def test_one_part_is_in_the_middle_and_two_are_apart():
    left, right = played(lone(60, 0))
    np.testing.assert_allclose(left, right, atol=1e-6)
    notes = note_table(2, start=[0, 960], end=[480, 1_440], pitch=60, track=[0, 1])
    sound = played(make_piece(notes))
    first, second = sound[:, : RATE // 2], sound[:, RATE : 3 * RATE // 2]
    assert rms(first[0]) > 1.3 * rms(first[1])
    assert rms(second[1]) > 1.3 * rms(second[0])


@pytest.mark.parametrize("first", range(0, 128, 16))
def test_every_program_sounds(first):
    levels = [rms(played(lone(60, program, quarters=1), 22_050)) for program in range(first, first + 16)]
    assert np.isfinite(levels).all()
    assert 0.01 < min(levels) <= max(levels) < 0.2


def test_every_drum_sounds():
    for key in range(128):
        sound = drum_sound(key, 22_050, 0)
        assert np.isfinite(sound).all()
        assert 0.1 < np.abs(sound).max() < 4
        assert abs(float(sound[-1])) < 1e-3
    assert set(KIT) == set(range(35, 82))


def test_drums_are_what_they_are_called():
    centre = {}
    for name, key in {"kick": 36, "tom": 45, "snare": 38, "hat": 42, "open": 46}.items():
        hertz, power = spectrum(drum_sound(key, RATE, 0).astype(float))
        centre[name] = float((hertz * power).sum() / power.sum())
    assert centre["kick"] < 120 < centre["snare"] < 5_000 < centre["hat"]
    assert centre["kick"] < centre["tom"] < centre["snare"]
    assert len(drum_sound(46, RATE, 0)) > 3 * len(drum_sound(42, RATE, 0))


def test_the_seed_is_of_the_noise_alone():
    piece = compose("rock", 1, 4)
    state = np.random.get_state()[1].copy()
    one, again, other = (played(piece, 22_050, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 0.01
    pitched = compose("chorale", 1, 4)
    np.testing.assert_array_equal(played(pitched, 22_050, seed=0), played(pitched, 22_050, seed=1))


@pytest.mark.parametrize("rate", [7_999, 192_001])
def test_bad_rates(rate):
    with pytest.raises(InputError, match=f"rate must be from 8000 to 192000 Hz; received {rate}"):
        played(lone(), rate)


def test_a_piece_without_notes_has_no_sound():
    assert list(blocks(make_piece(note_table(0)))) == []
