import keras
import numpy as np
import pytest

from spectro.stft import SpectrogramSetting
from transfer.style.features.random import LAYER, LENGTH, PRESETS, REFERENCE_MAGNITUDE, SETTING, WEIGHTS, random_features
from transfer.style.features.registry import open_method, settings_of
from transfer.style.gatys import OptimisedPicture
from transfer.style.methods import transfer_style
from transfer.style.sounds import Sound

SMALL = SpectrogramSetting(rate=8_000, n_fft=128, hop=64, seconds=0.5)
FILTERS = 24


@pytest.fixture(scope="module")
def extractor():
    return random_features(0, SMALL, FILTERS)


def kernel_of(extractor) -> np.ndarray:
    return keras.ops.convert_to_numpy(extractor.network.get_layer(LAYER).kernel)


def picture(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random((SMALL.rows, SMALL.columns), np.float32)


def maps_of(extractor, image: np.ndarray) -> np.ndarray:
    """(positions, filters), worked out by hand: log(1 + magnitude), a valid correlation in time, ReLU."""
    spectrum = np.log1p(REFERENCE_MAGNITUDE * (10 ** ((1 - image) * SMALL.floor_db / 20) - 10 ** (SMALL.floor_db / 20)))
    windows = np.lib.stride_tricks.sliding_window_view(spectrum, LENGTH, axis=1)  # rows, positions, LENGTH
    return np.maximum(np.einsum("rpl,lrf->pf", windows, kernel_of(extractor)[0]), 0)


def test_the_maps_are_the_published_layers(extractor):
    image = picture(0)
    image[:, 5] = 0
    found = keras.ops.convert_to_numpy(extractor.network(image[None, ..., None])[LAYER])
    assert found.shape == (1, 1, SMALL.columns - LENGTH + 1, FILTERS)
    np.testing.assert_allclose(found[0, 0], maps_of(extractor, image), rtol=1e-4, atol=1e-4)


def test_the_statistic_is_the_gram_matrix_over_time(extractor):
    maps = maps_of(extractor, picture(1))
    found = extractor.style_statistics([(picture(1), 1.0)])[LAYER]
    np.testing.assert_allclose(found, maps.T @ maps / len(maps), rtol=1e-3)


def test_the_statistic_forgets_when(extractor):
    """Bars that begin later are the same style, but for the cut bars at the ends; other pitches are another."""
    bars = np.tile(picture(2)[:, :9], 7)
    style, later, higher = (
        extractor.style_statistics([(image, 1.0)])[LAYER]
        for image in (bars, np.roll(bars, 4, axis=1), np.roll(bars, 4, axis=0))
    )
    assert np.linalg.norm(later - style) < 0.3 * np.linalg.norm(higher - style)


def test_a_seed_is_a_set_of_weights():
    first, again, other = (kernel_of(random_features(seed, SMALL, FILTERS)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0


def test_the_weights_have_the_published_deviation(extractor):
    kernel = kernel_of(extractor)
    assert kernel.shape == (1, LENGTH, SMALL.rows, FILTERS)
    expected = np.sqrt(2) * np.sqrt(2 / ((SMALL.rows + FILTERS) * LENGTH))
    assert kernel.std() == pytest.approx(expected, rel=0.03)
    assert kernel.mean() == pytest.approx(0, abs=0.03 * expected)


def test_our_weights_are_the_published_losses():
    """0.01 sum (a_C - a_G)^2 + sum (Gram_S - Gram_G)^2, which our losses divide by 2 and by (2 filters)^2."""
    extractor = random_features(0, SMALL, FILTERS)
    style_weight = WEIGHTS["style_weight"] * (FILTERS / 4096) ** 2
    content, style, image = (picture(seed) for seed in range(3))
    model = OptimisedPicture(
        extractor.network, extractor.style_layers, LAYER, WEIGHTS["content_weight"], style_weight, extractor.seen()
    )
    model.compile(keras.optimizers.Adam())
    model.set_style(extractor.style_statistics([(style, 1.0)]))
    model.begin(content)
    a, s, g = (maps_of(extractor, one) for one in (content, style, image))
    found = model.losses_of(image[None, ..., None])
    assert float(found[0]) == pytest.approx(0.01 * np.sum((a - g) ** 2), rel=1e-3)
    assert float(found[1]) == pytest.approx(np.sum((s.T @ s - g.T @ g) ** 2) / len(g) ** 2, rel=1e-3)


def test_saved_and_loaded_it_sees_the_same(extractor, tmp_path):
    extractor.network.save(tmp_path / "random.keras")
    loaded = keras.saving.load_model(tmp_path / "random.keras")
    image = picture(0)[None, ..., None]
    np.testing.assert_array_equal(loaded(image)[LAYER], extractor.network(image)[LAYER])


@pytest.mark.parametrize("preset", ["paper", "ours"])
def test_every_preset_comes_nearer_to_the_style(extractor, noise, preset):
    from dataclasses import replace

    style_weight = WEIGHTS["style_weight"] * (FILTERS / 4096) ** 2
    settings = replace(PRESETS[preset], style_weight=style_weight, iterations=15, inversion_iterations=2)
    content = noise(0.8, 2)
    result = transfer_style(content, noise(0.01, seed=1), extractor, settings, seed=1)  # shorter than a filter
    assert result.sound.shape == content.shape
    assert np.isfinite(result.sound).all()
    assert result.histories[0][-1]["style"] < 0.5 * result.histories[0][0]["style"]


def test_a_start_from_noise_is_a_matter_of_the_seed(extractor, noise):
    from dataclasses import replace

    settings = replace(PRESETS["quick"], start="noise")
    first, again, other = (transfer_style(noise(0.5), noise(0.5), extractor, settings, seed=s).sound for s in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.01


def test_silence_and_level_mean_nothing(extractor, noise):
    """Pictures are relative to the loudest bin, so a style 60 dB down is the same style."""
    loud, soft = (Sound(scale * noise(0.5), SMALL) for scale in (1.0, 1e-3))
    pictures = [SMALL.to_picture(np.abs(SMALL.analyse(next(one.blocks()))), one.loudest)[0] for one in (loud, soft)]
    statistics = [extractor.style_statistics([(image, 1.0)])[LAYER] for image in pictures]
    np.testing.assert_allclose(statistics[0], statistics[1], rtol=1e-3)


def test_they_are_opened_by_their_name(extractor, monkeypatch):
    seeds = []
    monkeypatch.setattr("transfer.style.features.random.random_features", lambda seed: seeds.append(seed) or extractor)
    monkeypatch.setattr("classifiers.prediction.Classifier", lambda path: "shipped")
    method, classifier = open_method("random", settings_of("random", "quick"), seed=5)
    assert (method.extractor, classifier, seeds) == (extractor, "shipped", [5])
    assert (SETTING.rows, SETTING.rate) == (1025, 22_050)
