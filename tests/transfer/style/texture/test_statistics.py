import keras
import numpy as np
import pytest

from transfer.style.texture.statistics import (
    LAGS,
    MAX_LAG,
    MODULATION_FLOOR,
    MODULATION_STEP,
    onset_envelopes,
    style_statistics,
    unevenness,
)

RATE = 86.1328125
BANDS, COLUMNS = 8, 431


def random_levels(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((BANDS, COLUMNS)).astype(np.float32)


def statistics_of(levels: np.ndarray) -> dict[str, np.ndarray]:
    return {name: keras.ops.convert_to_numpy(value) for name, value in style_statistics(levels, RATE).items()}


def test_distribution_and_covariances_are_what_numpy_says():
    levels = random_levels()
    found = statistics_of(levels)
    np.testing.assert_array_equal(found["distribution"], np.sort(levels, axis=1))
    moving = (levels - levels.mean(axis=1, keepdims=True)).reshape(BANDS // 2, 2, COLUMNS).mean(axis=1)
    for matrix, lag in zip(found["cross_covariance"], LAGS, strict=True):
        np.testing.assert_allclose(matrix, moving[:, : COLUMNS - lag] @ moving[:, lag:].T / COLUMNS, atol=1e-5)


def test_pulse_is_the_autocovariance():
    levels = random_levels()
    moving = levels - levels.mean(axis=1, keepdims=True)
    expected = [[band[:-lag] @ band[lag:] / COLUMNS for lag in range(1, MAX_LAG)] for band in moving]
    np.testing.assert_allclose(statistics_of(levels)["autocovariance"], expected, atol=1e-4)


@pytest.mark.parametrize("hertz", [2.0, 8.0, 30.0])
def test_modulation_has_its_peak_at_the_rate_of_the_movement(hertz: float):
    time = np.arange(COLUMNS) / RATE
    levels = np.tile(np.sin(2 * np.pi * hertz * time), (BANDS, 1)).astype(np.float32)
    modulation = statistics_of(levels)["modulation"][0]
    assert modulation.argmax() == int(hertz / MODULATION_STEP)


def test_modulation_is_the_power_of_the_steps():
    levels = random_levels()
    moving = levels - levels.mean(axis=1, keepdims=True)
    power = (np.abs(np.fft.rfft(moving, axis=1)) ** 2 / COLUMNS)[:, :216].reshape(BANDS, 54, 4).mean(axis=2)
    np.testing.assert_allclose(statistics_of(levels)["modulation"], np.log(power + MODULATION_FLOOR), atol=1e-4)


def test_statistics_do_not_say_when():
    levels = random_levels()
    found, later = statistics_of(levels), statistics_of(np.roll(levels, 100, axis=1))
    for name in ("distribution", "modulation"):
        np.testing.assert_allclose(found[name], later[name], atol=1e-3)


def test_still_bands_have_finite_statistics_and_slopes():
    import tensorflow as tf

    levels = tf.constant(np.zeros((BANDS, COLUMNS), np.float32))
    with tf.GradientTape() as tape:
        tape.watch(levels)
        loss = sum(keras.ops.sum(value) for value in style_statistics(levels, RATE).values()) + tf.reduce_sum(
            onset_envelopes(levels)
        )
    assert np.isfinite(loss)
    assert np.isfinite(tape.gradient(loss, levels)).all()


def test_attacks_see_shape_and_not_size():
    levels = random_levels()
    shape = keras.ops.convert_to_numpy(onset_envelopes(levels))
    np.testing.assert_allclose(shape, onset_envelopes(3 * levels + 5), atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(shape, axis=1), 1, rtol=1e-4)


def test_unevenness_is_nothing_for_gains_that_rise_evenly():
    even = np.linspace(0, 3, BANDS)[:, None] + np.zeros((1, 5))
    assert float(unevenness(even)) == pytest.approx(0, abs=1e-12)
    even[3] += 1
    assert float(unevenness(even)) == pytest.approx((1 + 4 + 1) / (BANDS - 2))
