"""Recordings that go on by copies: loops, tones, beats, noise and silence, whose continuations are known."""

import numpy as np
import pytest

from generators.sounds.splicing import FADE_SECONDS, Splicer, normalised_correlation

RATE = 8_000
SLACK = 60


def gone_on(sound, lag, samples, slack=SLACK):
    """The sound and what follows it, joined: (channels, all samples)."""
    splicer = Splicer(np.atleast_2d(sound).astype(np.float32), RATE)
    settled = splicer.copy(lag, samples, slack)
    return np.concatenate([np.atleast_2d(sound)[:, : -splicer.fade], settled, splicer.last], axis=1)


@pytest.mark.parametrize("off", [-50, 0, 37])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_loop_of_exact_period_goes_on_exactly(off, channels):
    """Though the lag is named only roughly, and is shorter than what is copied."""
    loop = np.random.default_rng(0).normal(0, 0.1, (channels, 3_001))
    found = gone_on(np.tile(loop, 3), 3_001 + off, 10_000)
    np.testing.assert_allclose(found, np.tile(loop, 7)[:, : found.shape[1]], atol=1e-6)


def test_a_pure_tone_goes_on_without_a_jump_of_phase():
    tone = 0.5 * np.sin(2 * np.pi * 440.3 * np.arange(3 * RATE) / RATE)
    bend = np.abs(np.diff(gone_on(tone, RATE + 11, 2 * RATE)[0], 2))
    assert bend[3 * RATE - 1_000 :].max() < 1.05 * bend[: 2 * RATE].max()


def test_a_beat_is_kept():
    """Chirps every 0.25 s, the recording ends between two of them: onsets of what follows are in time."""
    time = np.arange(RATE // 10) / RATE
    chirp = np.sin(2 * np.pi * (500 + 4_000 * time) * time) * np.exp(-30 * time)
    sound = np.zeros(3 * RATE + 777)
    for start in range(0, len(sound) - len(chirp), RATE // 4):
        sound[start : start + len(chirp)] += chirp
    found = gone_on(sound, RATE + 45, 2 * RATE)[0]
    grid = np.arange(RATE // 4 * 13, len(found) - RATE // 4, RATE // 4)
    for place in grid:
        around = normalised_correlation(found[None, place - 400 : place + 400 + len(chirp)], chirp[None])
        assert abs(int(np.argmax(around)) - 400) < 0.01 * RATE


def test_levels_are_kept_where_nothing_is_alike():
    noise = np.random.default_rng(1).normal(0, 0.1, 4 * RATE)
    fade = round(FADE_SECONDS * RATE)
    powers = []
    for seed in range(20):
        part = np.roll(noise, 997 * seed)
        powers.append(np.square(gone_on(part, 2 * RATE, RATE, slack=0)[0][4 * RATE - fade : 4 * RATE]).mean())
    assert np.mean(powers) == pytest.approx(0.01, rel=0.1)


def test_silence_stays_silence():
    assert not gone_on(np.zeros((2, 2 * RATE)), RATE, RATE).any()


def test_channels_that_cancel_each_other_are_matched():
    loop = np.random.default_rng(2).normal(0, 0.1, 3_001)
    found = gone_on(np.stack([np.tile(loop, 3), -np.tile(loop, 3)]), 3_040, 5_000)
    np.testing.assert_allclose(found[0], np.tile(loop, 5)[: found.shape[1]], atol=1e-6)


@pytest.mark.parametrize("lags", [(3_000,), (900, 4_001), (2_500, 700, 3_300)])
def test_copies_are_of_the_sound_alone(lags):
    """Samples tell where they were: t samples after the end comes what lay the smallest multiple of the lag before that was
    there, as in training."""
    end, segment = 6_000, 2_000
    splicer = Splicer(np.arange(end, dtype=np.float32)[None], RATE)
    found = np.concatenate([*(splicer.copy(lag, segment) for lag in lags), splicer.last], axis=1)[0, splicer.fade :]
    steps = np.arange(len(lags) * segment)
    lag = np.repeat(lags, segment)
    expected = end + steps - lag * (steps // lag + 1)
    joints = np.flatnonzero(np.diff(expected, append=end) != 1) + 1  # each with its fade before it
    apart = np.array([np.any((step < joints) & (step >= joints - splicer.fade)) for step in steps])
    np.testing.assert_array_equal(found[~apart], expected[~apart])


def test_at_the_end_it_goes_on_as_at_first():
    """Without a jump from one round to the next."""
    sound = np.random.default_rng(3).normal(0, 0.1, (1, RATE)).astype(np.float32)
    splicer = Splicer(sound, RATE)
    first = [splicer.copy(RATE // 2, RATE, SLACK), splicer.copy(RATE // 3, RATE // 4), splicer.to_end(RATE)]
    assert splicer.place == RATE
    np.testing.assert_array_equal(splicer.last, sound[:, -splicer.fade :])
    np.testing.assert_array_equal(splicer.copy(RATE // 2, RATE, SLACK), first[0])


def test_lags_longer_than_the_sound_are_as_long_as_can_be():
    sound = np.random.default_rng(5).normal(0, 0.1, (2, 1_000)).astype(np.float32)
    splicer = Splicer(sound, RATE)
    found = np.concatenate([splicer.copy(lag, 1_500, SLACK) for lag in (5_000, 1_200)], axis=1)
    assert found.shape == (2, 3_000)
    np.testing.assert_array_equal(
        found[:, splicer.fade : 1_000 - splicer.fade], sound[:, splicer.fade : 1_000 - splicer.fade]
    )


def test_normalised_correlation_is_the_cosine():
    rng = np.random.default_rng(4)
    long, short = rng.normal(size=(2, 50)), rng.normal(size=(2, 20))
    found = normalised_correlation(long, short)
    for place in range(31):
        part = long[:, place : place + 20]
        cosine = (part * short).sum() / np.sqrt(np.square(part).sum() * np.square(short).sum())
        assert found[place] == pytest.approx(cosine)
