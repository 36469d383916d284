import keras
import numpy as np
import pytest

from transfer.style.features.extractor import Extractor
from transfer.style.gatys import OptimisedPicture, gram_matrix, style_distance


def random_picture(extractor: Extractor, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((extractor.setting.rows, extractor.setting.columns), np.float32)


def model_of(extractor: Extractor, content_weight: float = 1.0, style_weight: float = 100.0, **given) -> OptimisedPicture:
    model = OptimisedPicture(
        extractor.network, extractor.style_layers, extractor.content_layer, content_weight, style_weight, **given
    )
    model.compile(keras.optimizers.Adam(0.01))
    return model


def test_losses_are_the_papers_formulas(extractor: Extractor):
    content, style, picture = (random_picture(extractor, seed) for seed in range(3))
    model = model_of(extractor, content_weight=2.0, style_weight=3.0)
    model.set_style(extractor.style_statistics([(style, 1.0)]))
    model.begin(content)
    maps = [
        {layer: np.asarray(value) for layer, value in extractor.network(image[None, ..., None]).items()}
        for image in (content, style, picture)
    ]
    expected = 2.0 / 2 * np.sum((maps[0]["conv_4"] - maps[2]["conv_4"]) ** 2)
    total = 0.0
    for layer, weight in extractor.style_layers.items():
        _, n_h, n_w, n_c = maps[0][layer].shape
        gram_s, gram_g = (np.einsum("bhwi,bhwj->ij", which[layer], which[layer]) for which in maps[1:])
        total += weight / (2 * n_h * n_w * n_c) ** 2 * np.sum((gram_s - gram_g) ** 2)
    found = model.losses_of(picture[None, ..., None])
    assert float(found[0]) == pytest.approx(expected, rel=1e-4)
    assert float(found[1]) == pytest.approx(3.0 * total, rel=1e-3)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_it_lowers_the_loss_and_stays_in_range(extractor: Extractor, optimizer: str):
    model = model_of(extractor, content_weight=0.01)
    model.set_style(extractor.style_statistics([(random_picture(extractor, 1) ** 3, 1.0)]))
    model.begin(random_picture(extractor))
    history = model.optimise(12) if optimizer == "adam" else model.optimise(6, optimizer="lbfgs")
    assert history[-1]["loss"] < 0.7 * history[0]["loss"]
    assert history[-1]["loss"] == pytest.approx(history[-1]["content"] + history[-1]["style"], rel=1e-4)
    assert 0 <= model.picture().min() <= model.picture().max() <= 1


def test_adam_and_lbfgs_see_the_same_loss(extractor: Extractor):
    model = model_of(extractor)
    model.set_style(extractor.style_statistics([(random_picture(extractor, 1), 1.0)]))
    model.begin(random_picture(extractor))
    first = model.optimise(1)[0]["loss"]
    model.begin(random_picture(extractor))
    assert model.optimise(1, optimizer="lbfgs")[0]["loss"] < first


def test_each_tile_begins_anew_and_nothing_is_traced_again(extractor: Extractor):
    model = model_of(extractor)
    model.set_style(extractor.style_statistics([(random_picture(extractor, 1), 1.0)]))
    results, functions = [], []
    for seed in (0, 5, 0):
        model.begin(random_picture(extractor, seed))
        model.optimise(3)
        results.append(model.picture())
        functions.append(model.train_function)
    np.testing.assert_array_equal(results[0], results[2])
    assert functions[0] is functions[1] is functions[2]


def test_without_style_nothing_changes(extractor: Extractor):
    model = model_of(extractor, style_weight=0.0)
    picture = random_picture(extractor)
    model.begin(picture)
    model.optimise(3)
    np.testing.assert_allclose(model.picture(), picture, atol=1e-6)


def test_only_what_the_content_layer_sees_changes(extractor: Extractor):
    model = model_of(extractor, seen=(40, 50))
    model.set_style(extractor.style_statistics([(random_picture(extractor, 1) ** 3, 1.0)]))
    picture = random_picture(extractor)
    model.begin(picture)
    model.optimise(2)
    changed = model.picture() != picture
    assert changed[:40, :50].mean() > 0.9
    assert not changed[40:].any()
    assert not changed[:, 50:].any()


def test_the_network_is_frozen_and_only_the_picture_is_trained(extractor: Extractor):
    model = model_of(extractor)
    assert [variable.name for variable in model.trainable_variables] == ["array"]


def test_it_stops_when_asked(extractor: Extractor):
    model = model_of(extractor)
    model.set_style(extractor.style_statistics([(random_picture(extractor, 1), 1.0)]))
    for optimizer in ("adam", "lbfgs"):
        model.begin(random_picture(extractor))
        seen = []
        assert len(model.optimise(9, lambda losses, seen=seen: seen.append(losses) or len(seen) == 2, optimizer)) == 2


def test_saved_and_loaded_it_has_the_same_losses(extractor: Extractor, tmp_path):
    model = model_of(extractor, content_weight=3.0, seen=(40, 50))
    model.set_style(extractor.style_statistics([(random_picture(extractor, 1), 1.0)]))
    model.begin(random_picture(extractor), fraction=0.5)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert (loaded.content_weight, loaded.seen, loaded.style_layers) == (3.0, (40, 50), model.style_layers)
    picture = random_picture(extractor, 3)[None, ..., None]
    np.testing.assert_allclose(loaded.losses_of(picture), model.losses_of(picture), rtol=1e-5)


def random_maps(width: int, seed: int, channels: int = 5) -> np.ndarray:
    return np.random.default_rng(seed).random((1, 7, width, channels), np.float32)


def test_style_distance_is_the_papers_formula():
    ours, theirs = random_maps(9, 1), random_maps(9, 2)
    n_h, n_w, n_c = ours.shape[1:]
    grams = [np.einsum("hwi,hwj->ij", maps[0], maps[0]) for maps in (ours, theirs)]
    expected = np.sum((grams[0] - grams[1]) ** 2) / (2 * n_h * n_w * n_c) ** 2
    found = style_distance(gram_matrix(ours), gram_matrix(theirs))
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_the_statistic_does_not_know_how_long_the_sound_is():
    maps = random_maps(8, 3)
    twice = np.concatenate([maps, maps], axis=2)
    np.testing.assert_allclose(gram_matrix(twice), gram_matrix(maps), rtol=1e-5)


def test_padding_is_left_out():
    maps = random_maps(8, 4)
    padded = np.concatenate([maps[:, :, :6], np.full((1, 7, 2, 5), 9.0, np.float32)], axis=2)
    np.testing.assert_allclose(gram_matrix(padded, 0.75), gram_matrix(maps[:, :, :6]), rtol=1e-5)


def test_one_column_always_counts():
    maps = random_maps(8, 5)
    np.testing.assert_allclose(gram_matrix(maps, 0.001), gram_matrix(maps[:, :, :1]), rtol=1e-5)
