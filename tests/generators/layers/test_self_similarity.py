"""What each lag has in common with now, against loops and sums."""

import keras
import numpy as np
import pytest

from generators.layers.self_similarity import SelfSimilarity, at_lags, log_bands
from spectro.stft import SETTINGS

SETTING = SETTINGS["quick"]


def noise(*shape):
    return np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32)


def test_moments_are_compared_with_those_a_lag_before():
    matrix = noise(2, 7, 7)
    expected = [[[one[now, now - lag] if lag <= now else 0 for lag in range(1, 8)] for now in range(7)] for one in matrix]
    np.testing.assert_array_equal(at_lags(keras.ops.convert_to_tensor(matrix)), np.array(expected, np.float32))


def test_self_similarity_against_a_loop():
    """Each measure of each span, of which the first four columns were not heard."""
    columns = noise(1, 20, SETTING.rows)
    columns[:, :4] = 0
    layer = SelfSimilarity(SETTING, 6, (20, 5))
    found = np.array(layer(columns))[0].reshape(20, 2, 5)
    levels = columns[0] @ log_bands(SETTING, 6)
    steps = max(1, round(0.045 * SETTING.rate / SETTING.hop))
    rises = np.maximum(levels - np.roll(levels, steps, axis=0), 0)
    rises[:steps] = 0
    envelope, deviations = rises.mean(axis=1), levels - levels[4:].mean(axis=0)
    envelope[: 4 + steps] = 0  # that the sound begins is no onset
    rises /= np.sqrt(np.square(rises).sum(axis=1, keepdims=True) + 1e-4)
    for lag in (1, 3, 15, 16):
        for span, measures in zip((20, 5), found[lag - 1], strict=True):
            pairs = [(now, now - lag) for now in range(20 - span, 20) if now - lag >= 4]
            apart = sum(np.sqrt(np.square(levels[one] - levels[other]).mean()) for one, other in pairs) / span
            alike = sum(rises[one] @ rises[other] for one, other in pairs) / span
            np.testing.assert_allclose(measures[:3], [apart, alike, len(pairs) / span], atol=2e-4)
            now, before = (list(each) for each in zip(*pairs, strict=True)) if pairs else ([], [])
            if len(pairs) > 1:
                assert measures[3] == pytest.approx(np.corrcoef(envelope[now], envelope[before])[0, 1], abs=0.02)
                one, other = deviations[now].ravel(), deviations[before].ravel()
                assert measures[4] == pytest.approx(one @ other / np.sqrt((one @ one) * (other @ other)), abs=0.02)
            elif not pairs:
                assert measures[3] == measures[4] == 0


def test_bands_are_means_and_cover_the_rows():
    weights = log_bands(SETTING, 12)
    np.testing.assert_allclose(weights.sum(axis=0), 1, rtol=1e-5)
    centres = np.arange(len(weights)) @ weights
    assert (np.diff(centres) > 0).all()
