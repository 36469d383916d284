"""Known answers of what was added: a hiss is flat and steady, a buzz is lines and steady, music is neither."""

import numpy as np
import pytest

from spectro.demo import compose
from training.errors import InputError
from transfer.scores.artifacts import Artifacts, artifacts
from transfer.scores.baselines import baselines
from transfer.scores.prepare import RATE, levelled

SECONDS = 4


@pytest.fixture(scope="module")
def pair():
    return [levelled(compose(genre, 0, SECONDS), genre) for genre in ("lo_fi", "future_bass")]


def at(sound: np.ndarray, level_db: float) -> np.ndarray:
    return levelled(sound, "it") * 10 ** (level_db / 20)


def hiss(length: int) -> np.ndarray:
    return np.random.default_rng(0).standard_normal(length)


def buzz(length: int) -> np.ndarray:
    time = np.arange(length) / RATE
    return sum(np.sin(2 * np.pi * 430 * harmonic * time + harmonic**2) for harmonic in range(6, 22))


def test_nothing_was_added_to_what_was_there(pair):
    content, style = pair
    for name, sound in baselines(content, levelled(style, "it")[: len(content)]).items():
        found = artifacts(content, style, sound)
        if not name.startswith("mix"):
            assert found == Artifacts(None, None, None, None), name
        assert found.level_db is None or found.level_db < -25, name


@pytest.mark.parametrize(("sound", "flat"), [(hiss, True), (buzz, False)])
def test_what_never_stops_is_found_and_told_apart(pair, sound, flat):
    content, style = pair
    found = artifacts(content, style, content + at(sound(len(content)), -10))
    assert found.steady_db > -25
    if flat:
        assert found.steady_flatness > 0.3
    else:
        assert found.steady_flatness < 0.03
        assert found.level_db == pytest.approx(-10.4, abs=1.5)  # of the result, which is 0.4 dB louder


@pytest.mark.parametrize("sound", [hiss, buzz])
def test_more_of_it_is_more(pair, sound):
    content, style = pair
    levels = [artifacts(content, style, content + at(sound(len(content)), level)).steady_db for level in (-30, -20, -10, 0)]
    assert levels == sorted(levels)
    assert levels[-1] - levels[0] > 20


def test_what_stops_is_not_steady(pair):
    content, style = pair
    burst = buzz(len(content)) * (np.arange(len(content)) < len(content) // 2)
    found = artifacts(content, style, content + at(burst, -10))
    assert found.level_db > -15
    assert found.steady_db is None or found.steady_db < found.level_db - 15


def test_level_and_channels_do_not_matter(pair):
    content, style = pair
    result = content + at(buzz(len(content)), -10)
    expected = artifacts(content, style, result)
    found = artifacts(np.stack([content] * 2), 3 * style, np.stack([0.1 * result] * 2))
    assert vars(found) == pytest.approx(vars(expected), rel=1e-6)


def test_short_sounds_and_silence():
    sound = hiss(RATE)
    assert isinstance(artifacts(sound, sound[:500], sound[:100]), Artifacts)  # repeated; filled with silence
    with pytest.raises(InputError, match="1 s or more"):
        artifacts(sound[:500], sound, sound)
    with pytest.raises(InputError, match="the result is silent"):
        artifacts(sound, sound, 0 * sound)
