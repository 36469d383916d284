import keras
import numpy as np
import pytest

from transfer.style.lbfgs import paint_lbfgs
from transfer.style.texture.painting import TexturePainting

BANDS, COLUMNS, RATE = 8, 216, 86.13


def levels_of(seed: int, scale: float = 1.0) -> np.ndarray:
    return (scale * np.random.default_rng(seed).standard_normal((BANDS, COLUMNS))).astype(np.float32)


@pytest.fixture
def painting() -> TexturePainting:
    painting = TexturePainting(BANDS, COLUMNS, RATE, content_weight=0.15, style_weight=1.0)
    painting.compile(keras.optimizers.Adam(0.05))
    return painting


def test_every_style_loss_is_1_at_the_start(painting: TexturePainting):
    painting.begin(levels_of(0), levels_of(0), painting.statistics_of(levels_of(1, 3.0)))
    content, style = painting.losses_of(keras.ops.convert_to_tensor(levels_of(0)))
    assert float(style) == pytest.approx(1 + 1 + 1 + 0.5, rel=1e-4)
    assert float(content) == pytest.approx(0, abs=1e-5)


def test_the_style_itself_has_no_style_loss(painting: TexturePainting):
    style = levels_of(1, 3.0)
    painting.begin(levels_of(0), levels_of(0), painting.statistics_of(style))
    content, loss = painting.losses_of(keras.ops.convert_to_tensor(style))
    assert float(loss) == pytest.approx(0, abs=1e-6)
    assert float(content) > 0.1


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_painting_comes_to_the_style(painting: TexturePainting, optimizer: str):
    painting.begin(levels_of(0), levels_of(0), painting.statistics_of(levels_of(1, 3.0)))
    history = painting.paint(60) if optimizer == "adam" else paint_lbfgs(painting, 40)
    assert history[-1]["loss"] < 0.3 * history[0]["loss"]
    assert np.std(painting.painted()) == pytest.approx(3.0, rel=0.25), "levels are not held in [0, 1]"


def test_config_makes_it_again(painting: TexturePainting):
    again = TexturePainting.from_config(painting.get_config())
    assert [tuple(weight.shape) for weight in again.weights] == [tuple(weight.shape) for weight in painting.weights]
