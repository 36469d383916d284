"""Demo music: every genre is sound, seeded and bounded; the score's arithmetic; what makes a genre is audible."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from spectro.demo import GENRES, compose, demo_folder, effects, oscillators, textures, write_corpus
from spectro.demo.__main__ import Options
from spectro.demo.score import MODES, RATE, SHORT, Song
from spectro.demo.voice import FORMANTS, Singer, Syllable
from spectro.stft import SpectrogramSetting
from training.errors import InputError
from training.options import check


def pulse(samples: np.ndarray, frame: int = 256) -> tuple[float, float]:
    """Tempo (95 to 155 beats a minute) and strength (0 to 1) of the steadiest beat of (2, samples).

    The strength is the mean autocorrelation of the onset strength at one to four beats.
    """
    mono = samples.mean(0)
    energy = np.log(np.mean(mono[: len(mono) // frame * frame].reshape(-1, frame) ** 2, axis=1) + 1e-6)
    onset = np.maximum(np.diff(energy), 0)
    onset -= onset.mean()
    correlation = np.correlate(onset, onset, "full")[len(onset) - 1 :]
    tempi = np.arange(95, 155, 0.5)
    lags = np.round(np.outer(60 / tempi, [1, 2, 3, 4]) * RATE / frame).astype(int)
    strengths = correlation[lags].mean(1) / correlation[0]
    return float(tempi[np.argmax(strengths)]), float(strengths.max())


def longest_flat_top(samples: np.ndarray) -> int:
    """Longest run of equal samples at the peak of a signal (samples,): what clipping leaves."""
    flat = (np.abs(samples) == np.abs(samples).max()).astype(int)
    return max(len(run) for run in "".join(map(str, flat)).split("0"))


def centroid(samples: np.ndarray) -> float:
    """Mean frequency in Hz of a signal (samples,)."""
    power = np.abs(np.fft.rfft(samples)) ** 2
    return float(np.sum(power * np.fft.rfftfreq(len(samples), 1 / RATE)) / power.sum())


def test_rate_is_that_of_the_spectrograms():
    assert SpectrogramSetting().rate == RATE


@pytest.mark.parametrize("genre", GENRES)
@pytest.mark.parametrize(("seed", "seconds"), [(0, 5), (1, 9), (2, 0.1)])
def test_every_track_is_clean_stereo(genre, seed, seconds):
    samples = compose(genre, seed, seconds)
    assert samples.shape == (2, round(seconds * RATE))
    assert samples.dtype == np.float32
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 0.95
    assert np.abs(samples.mean(axis=1)).max() < 1e-5
    assert max(longest_flat_top(side) for side in samples) < 3
    assert samples.std() > 0.003


@pytest.mark.parametrize("genre", GENRES)
def test_the_seed_decides(genre):
    np.random.seed(1)
    state = np.random.get_state()[1].copy()
    first = compose(genre, 3, 4)
    np.testing.assert_array_equal(np.random.get_state()[1], state)
    np.random.seed(2)
    np.testing.assert_array_equal(compose(genre, 3, 4), first)
    assert abs(np.corrcoef(compose(genre, 4, 4)[0], first[0])[0, 1]) < 0.5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [(("jazz", 0), "house"), (("trap", -1), "seed"), (("trap", 0, 0.0), "seconds"), (("trap", 0, float("nan")), "seconds")],
)
def test_mistakes_are_one_line(arguments, message):
    with pytest.raises(InputError, match=message) as error:
        compose(*arguments)
    assert "\n" not in str(error.value)


def test_house_beats_about_two_times_a_second():
    def within(genre: str) -> int:
        return sum(116 <= pulse(compose(genre, seed, 8))[0] <= 131 for seed in range(5))

    assert within("house") == 5
    assert within("hardstyle") == 0


def test_noise_has_no_beat():
    def strength(genre: str) -> float:
        return float(np.median([pulse(compose(genre, seed, 8))[1] for seed in range(5)]))

    assert strength("noise") < 0.5 * strength("house")


def test_future_bass_is_brighter_than_lo_fi():
    def middle(genre: str) -> float:
        return float(np.median([centroid(compose(genre, seed, 5).mean(0)) for seed in range(5)]))

    assert middle("future_bass") > middle("lo_fi")


def test_long_tracks_have_parts_without_drums_and_short_ones_do_not():
    plans = [Song(np.random.default_rng(seed), 40 * RATE, 120, "minor") for seed in range(20)]
    assert any("drums" not in layers for plan in plans for layers in plan.layers)
    assert all(any("drums" in layers for layers in plan.layers) for plan in plans)
    short = Song(np.random.default_rng(0), 5 * RATE, 120, "minor")
    assert len(short.layers) <= SHORT
    assert all({"drums", "chords"} <= layers for layers in short.layers)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32), mode=st.sampled_from(sorted(MODES)), low=st.integers(30, 70), size=st.integers(3, 5))
def test_chords_stay_in_key_and_in_their_octave(seed, mode, low, size):
    song = Song(np.random.default_rng(seed), 20 * RATE, 120, mode)
    for bar in range(len(song.layers)):
        chord = song.chord(bar, size, low)
        assert len(chord) == size
        assert all(low <= note < low + 12 for note in chord)
        assert {(note - song.key) % 12 for note in chord} <= set(MODES[mode])
        assert (song.root(bar) - chord[0]) % 12 in {(note - chord[0]) % 12 for note in chord}


def test_swing_moves_the_offbeat_only():
    straight, swung = (Song(np.random.default_rng(0), RATE, 120, "major", swing) for swing in (0.5, 0.66))
    assert [straight.at(0, step) for step in range(4)] == [round(step * RATE / 8) for step in range(4)]
    assert swung.at(0, 2) == straight.at(0, 2)
    assert swung.at(0, 1) == round(1.32 * RATE / 8)


@pytest.mark.parametrize("shape", sorted(oscillators.SPECTRA))
def test_a_wave_has_its_harmonics_and_nothing_else(shape):
    wave = oscillators.oscillate(shape, 1_000.0, RATE)
    spectrum = np.abs(np.fft.rfft(wave))
    harmonics = np.zeros(len(spectrum), bool)
    harmonics[1_000::1_000] = True
    assert np.abs(wave).max() <= 1
    assert spectrum[~harmonics].max() < 2e-3 * spectrum[harmonics].max()


def test_a_glide_with_one_pitch_is_the_plain_wave():
    plain = oscillators.oscillate("sine", 440.0, 2_000)
    np.testing.assert_allclose(oscillators.oscillate("sine", np.full(2_000, 440.0), 2_000)[:-1], plain[1:], atol=2e-3)


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32), gain=st.floats(0.0, 1e4))
def test_the_limiter_keeps_every_peak_and_leaves_quiet_sound(seed, gain):
    signal = (gain * np.random.default_rng(seed).standard_normal((2, 3_000)) ** 3).astype(np.float32)
    limited = effects.limit(signal)
    assert np.abs(limited).max() <= 0.94001
    if np.abs(signal).max() < 0.9:
        np.testing.assert_allclose(limited, signal, rtol=1e-6)


def test_the_pump_ducks_at_each_start_and_recovers():
    gain = effects.pump(RATE, [-5, 1_000, 12_000, 2 * RATE], depth=0.8, seconds=0.2)
    assert gain[0] == 1
    np.testing.assert_allclose(gain[[1_000, 12_000]], 0.2, atol=1e-6)
    assert gain[11_000] == 1


def test_sound_outside_the_stem_is_cut():
    stem, sound = np.zeros((2, 10), np.float32), np.ones(4, np.float32)
    for start in (-2, 8, -9, 30):
        effects.add(stem, sound, start)
    np.testing.assert_allclose(stem, np.tile([1, 1, 0, 0, 0, 0, 0, 0, 1, 1], (2, 1)), atol=1e-6)


@pytest.mark.parametrize("slope", [-2, -1, 0])
def test_noise_has_its_colour(slope):
    power = np.abs(np.fft.rfft(textures.coloured(np.random.default_rng(0), 1 << 16, slope))) ** 2
    octaves = [power[1 << n : 2 << n].mean() for n in range(8, 15)]
    assert np.polyfit(np.arange(7), np.log2(octaves), 1)[0] == pytest.approx(slope, abs=0.1)


@pytest.mark.parametrize("vowel", ["a", "i", "u"])
def test_a_vowel_has_its_first_formant(vowel):
    line = [Syllable(0, RATE, 40.0, vowel, None, 0.0)]
    voice = Singer(tract=1.0, vibrato=0.0, breath=0.0).sing(np.random.default_rng(0), line, RATE)
    spectrum = np.abs(np.fft.rfft(voice))[:1_500]
    assert abs(int(np.argmax(spectrum)) - FORMANTS[vowel][0]) < 90


def test_a_corpus_resumes_and_grows(tmp_path):
    paths = write_corpus(tmp_path, 1, 0.5, seed=5)
    assert [path.parent.name for path in paths] == list(GENRES)
    samples, rate = soundfile.read(paths[0], always_2d=True)
    assert (samples.shape, rate) == ((RATE // 2, 2), RATE)
    np.testing.assert_allclose(samples.T, compose("trap", 5, 0.5), atol=1 / 32_000)
    kept, gone = paths[0].stat().st_mtime_ns, paths[1].read_bytes()
    paths[1].unlink()
    again = write_corpus(tmp_path, 2, 0.5, seed=5)
    assert set(paths) < set(again)
    assert len(again) == 2 * len(GENRES)
    assert paths[0].stat().st_mtime_ns == kept
    assert paths[1].read_bytes() == gone
    assert sorted(tmp_path.rglob("*.flac")) == sorted(again)


def test_a_failed_write_leaves_nothing(tmp_path, monkeypatch):
    def fail(path, *_, **__):
        path.write_bytes(b"half")
        raise OSError("disk")

    monkeypatch.setattr(soundfile, "write", fail)
    with pytest.raises(OSError, match="disk"):
        write_corpus(tmp_path, 1, 0.2)
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["demo.json"]


@pytest.mark.parametrize("change", [{"seed": 1}, {"seconds": 0.3}, {"suffix": "wav"}])
def test_another_corpus_in_the_folder_is_refused(tmp_path, change):
    (tmp_path / "demo.json").write_text('{"seed": 0, "seconds": 0.2, "format": "flac"}')
    with pytest.raises(InputError, match="another folder"):
        write_corpus(tmp_path, **{"tracks_per_genre": 1, "seconds": 0.2} | change)


@pytest.mark.parametrize("wrong", [{"tracks_per_genre": 0}, {"seed": -1}, {"suffix": "mp3"}, {"seconds": 0}])
def test_a_wrong_corpus_is_refused(tmp_path, wrong):
    with pytest.raises(InputError, match="received"):
        write_corpus(tmp_path, **wrong)
    assert not list(tmp_path.iterdir())  # a refused call leaves no note that would bind the next one


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file is a file; expected a folder"):
        write_corpus(tmp_path / "file", 1, 0.2)


def test_the_command_prints_the_paths(tmp_path):
    command = [sys.executable, "-m", "spectro.demo", "--output", str(tmp_path), "--tracks", "1", "--seconds", "0.2"]
    done = subprocess.run([*command, "--format", "wav"], capture_output=True, text=True, check=True)
    assert len(done.stdout.split()) == len(GENRES)
    assert (tmp_path / "noise" / "noise-000.wav").exists()
    assert (tmp_path / "demo.json").exists()


def test_the_demo_music_is_composed_into_the_cache_once(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("spectro.demo.write_corpus", lambda folder: write_corpus(folder, 1, 0.2))
    assert demo_folder(tmp_path) == tmp_path / "demo"
    assert "composing the demo music" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "demo").iterdir()) == sorted([*GENRES, "demo.json"])
    demo_folder(tmp_path)
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tracks": 0}, "--tracks must be 1 or more"),
        ({"seconds": 0.0}, "--seconds must be from 0.1 to 600"),
        ({"seed": -1}, "--seed must be from 0"),
    ],
)
def test_numbers_out_of_range(change, message):
    with pytest.raises(InputError, match=message):
        check(Options(Path("out"), **change))
