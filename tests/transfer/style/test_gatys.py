import keras
import numpy as np
import pytest

from transfer.style.features.extractor import Extractor
from transfer.style.gatys import Painting
from transfer.style.lbfgs import paint_lbfgs


def random_picture(extractor: Extractor, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((extractor.setting.rows, extractor.setting.columns), np.float32)


def painting_of(extractor: Extractor, content_weight: float = 1.0, style_weight: float = 100.0, **given) -> Painting:
    painting = Painting(
        extractor.network, extractor.style_layers, extractor.content_layer, content_weight, style_weight, **given
    )
    painting.compile(keras.optimizers.Adam(0.01))
    return painting


def test_losses_are_the_papers_formulas(extractor: Extractor):
    content, style, picture = (random_picture(extractor, seed) for seed in range(3))
    painting = painting_of(extractor, content_weight=2.0, style_weight=3.0)
    painting.set_style(extractor.style_of([(style, 1.0)]))
    painting.begin(content)
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
    found = painting.losses_of(picture[None, ..., None])
    assert float(found[0]) == pytest.approx(expected, rel=1e-4)
    assert float(found[1]) == pytest.approx(3.0 * total, rel=1e-3)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_painting_lowers_the_loss_and_stays_in_range(extractor: Extractor, optimizer: str):
    painting = painting_of(extractor, content_weight=0.01)
    painting.set_style(extractor.style_of([(random_picture(extractor, 1) ** 3, 1.0)]))
    painting.begin(random_picture(extractor))
    history = painting.paint(12) if optimizer == "adam" else paint_lbfgs(painting, 6)
    assert history[-1]["loss"] < 0.7 * history[0]["loss"]
    assert history[-1]["loss"] == pytest.approx(history[-1]["content"] + history[-1]["style"], rel=1e-4)
    assert 0 <= painting.painted().min() <= painting.painted().max() <= 1


def test_adam_and_lbfgs_see_the_same_loss(extractor: Extractor):
    painting = painting_of(extractor)
    painting.set_style(extractor.style_of([(random_picture(extractor, 1), 1.0)]))
    painting.begin(random_picture(extractor))
    first = painting.paint(1)[0]["loss"]
    painting.begin(random_picture(extractor))
    assert paint_lbfgs(painting, 1)[0]["loss"] < first


def test_each_tile_begins_anew_and_nothing_is_traced_again(extractor: Extractor):
    painting = painting_of(extractor)
    painting.set_style(extractor.style_of([(random_picture(extractor, 1), 1.0)]))
    results, functions = [], []
    for seed in (0, 5, 0):
        painting.begin(random_picture(extractor, seed))
        painting.paint(3)
        results.append(painting.painted())
        functions.append(painting.train_function)
    np.testing.assert_array_equal(results[0], results[2])
    assert functions[0] is functions[1] is functions[2]


def test_without_style_nothing_is_painted(extractor: Extractor):
    painting = painting_of(extractor, style_weight=0.0)
    picture = random_picture(extractor)
    painting.begin(picture)
    painting.paint(3)
    np.testing.assert_allclose(painting.painted(), picture, atol=1e-6)


def test_only_what_the_content_layer_sees_is_painted(extractor: Extractor):
    painting = painting_of(extractor, seen=(40, 50))
    painting.set_style(extractor.style_of([(random_picture(extractor, 1) ** 3, 1.0)]))
    picture = random_picture(extractor)
    painting.begin(picture)
    painting.paint(2)
    changed = painting.painted() != picture
    assert changed[:40, :50].mean() > 0.9
    assert not changed[40:].any()
    assert not changed[:, 50:].any()


def test_the_network_is_frozen_and_only_the_picture_is_trained(extractor: Extractor):
    painting = painting_of(extractor)
    assert [variable.name for variable in painting.trainable_variables] == ["picture"]


def test_painting_stops_when_told(extractor: Extractor):
    painting = painting_of(extractor)
    painting.set_style(extractor.style_of([(random_picture(extractor, 1), 1.0)]))
    for paint in (painting.paint, lambda *given: paint_lbfgs(painting, *given)):
        painting.begin(random_picture(extractor))
        told = []
        assert len(paint(9, lambda losses, told=told: told.append(losses) or len(told) == 2)) == 2


def test_saved_and_loaded_it_paints_the_same(extractor: Extractor, tmp_path):
    painting = painting_of(extractor, content_weight=3.0, seen=(40, 50))
    painting.set_style(extractor.style_of([(random_picture(extractor, 1), 1.0)]))
    painting.begin(random_picture(extractor), share=0.5)
    painting.save(tmp_path / "painting.keras")
    loaded = keras.saving.load_model(tmp_path / "painting.keras")
    assert (loaded.content_weight, loaded.seen, loaded.style_layers) == (3.0, (40, 50), painting.style_layers)
    picture = random_picture(extractor, 3)[None, ..., None]
    np.testing.assert_allclose(loaded.losses_of(picture), painting.losses_of(picture), rtol=1e-5)
