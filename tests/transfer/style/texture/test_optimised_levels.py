import keras
import numpy as np
import pytest

from transfer.style.texture.optimised_levels import OptimisedLevels
from transfer.style.texture.statistics import WEIGHTS

BANDS, COLUMNS, RATE = 8, 216, 86.13


def levels_of(seed: int, scale: float = 1.0) -> np.ndarray:
    return (scale * np.random.default_rng(seed).standard_normal((BANDS, COLUMNS))).astype(np.float32)


@pytest.fixture
def model() -> OptimisedLevels:
    model = OptimisedLevels(BANDS, COLUMNS, RATE, content_weight=0.15, style_weight=1.0)
    model.compile(keras.optimizers.Adam(0.05))
    return model


def test_every_style_loss_is_1_at_the_start(model: OptimisedLevels):
    model.begin(levels_of(0), levels_of(0), model.statistics_of(levels_of(1, 3.0)))
    content, style = model.losses_of(keras.ops.convert_to_tensor(levels_of(0)))
    assert float(style) == pytest.approx(sum(WEIGHTS.values()), rel=1e-4)
    assert float(content) == pytest.approx(0, abs=1e-5)


def test_the_style_itself_has_no_style_loss(model: OptimisedLevels):
    style = levels_of(1, 3.0)
    model.begin(levels_of(0), levels_of(0), model.statistics_of(style))
    content, loss = model.losses_of(keras.ops.convert_to_tensor(style))
    assert float(loss) == pytest.approx(0, abs=1e-6)
    assert float(content) > 0.1


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_it_comes_to_the_style(model: OptimisedLevels, optimizer: str):
    model.begin(levels_of(0), levels_of(0), model.statistics_of(levels_of(1, 3.0)))
    history = model.optimise(60) if optimizer == "adam" else model.optimise(40, optimizer="lbfgs")
    assert history[-1]["loss"] < 0.3 * history[0]["loss"]
    assert np.std(model.levels()) == pytest.approx(3.0, rel=0.25), "levels are not held in [0, 1]"


def test_config_makes_it_again(model: OptimisedLevels):
    again = OptimisedLevels.from_config(model.get_config())
    assert [tuple(weight.shape) for weight in again.weights] == [tuple(weight.shape) for weight in model.weights]
