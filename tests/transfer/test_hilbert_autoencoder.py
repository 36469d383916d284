"""The autoencoder: published sizes, three layouts of one budget, a curve inside, a way back."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from spectro.hilbert import HilbertSetting
from transfer.curve import Curve
from transfer.hilbert_autoencoder import PRESETS, Config, build, exported

LAYOUTS = ("hilbert", "raster", "waveform")
QUICK = PRESETS["quick"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_has_the_published_number_of_parameters(layout):
    model = build(Config(layout=layout), 1)
    assert model.count_params() == 148_081
    assert model.input_shape == model.output_shape == (None, 65_536)


def test_the_layers_are_the_published_ones():
    counts = [layer.count_params() for layer in build(Config(), 1).layers if layer.count_params()]
    assert counts == [272, 8_224, 32_832, 65_600, 32_800, 8_208, 145]


@pytest.mark.parametrize("order", ["hilbert", "raster"])
def test_the_curve_is_the_codecs_and_its_own_inverse(order):
    samples = np.random.default_rng(0).integers(-32768, 32768, (3, 64)).astype(np.int16)
    pictures = Curve(8, order)(samples.astype(np.float32))
    setting = HilbertSetting(8, order)
    expected = np.stack([setting.encode(row)[0] for row in samples])
    np.testing.assert_array_equal(np.array(pictures)[..., 0], expected)
    np.testing.assert_array_equal(np.array(Curve(8, order, back=True)(pictures)), samples)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_learns_to_copy_and_reloads(layout, tmp_path):
    keras.utils.set_random_seed(0)
    model = build(replace(QUICK, layout=layout, code=0, filters=(8, 8), cosine=False), 100)
    time = np.arange(1024) / 8000
    pitch = np.random.default_rng(0).uniform(100, 400, (32, 1))
    windows = (0.5 + 0.25 * np.sin(2 * np.pi * pitch * time)).astype(np.float32)
    losses = model.fit(windows, windows, epochs=20, batch_size=8, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    np.testing.assert_array_equal(exported(copy)(windows), model(windows))


def test_options_reach_the_optimizer():
    model = build(replace(QUICK, optimizer="momentum", clip_norm=0.5, cosine=False), 10)
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert (model.optimizer.momentum, model.optimizer.clipnorm) == (0.9, 0.5)
    falling = build(replace(QUICK, cosine=True), 10).optimizer._learning_rate
    assert float(falling(10)) == pytest.approx(QUICK.learning_rate / 100)


def test_a_code_is_a_bottleneck():
    model = build(Config(code=4), 1)
    assert model.get_layer("code").output.shape[1:] == (32, 32, 4)
