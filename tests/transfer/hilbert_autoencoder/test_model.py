"""The autoencoder: published sizes, three layouts of one budget, a curve inside, a way back."""

from dataclasses import replace

import keras
import numpy as np
import pytest
import soundfile

from spectro.hilbert import HilbertSetting
from training.errors import InputError
from training.family import Context
from transfer.hilbert_autoencoder.data import batches, open_windows
from transfer.hilbert_autoencoder.model import PRESETS, Config, build, exported
from transfer.hilbert_autoencoder.networks import Curve, cosines

LAYOUTS = ("hilbert", "raster", "waveform")
QUICK = PRESETS["quick"]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_has_the_published_number_of_parameters(layout):
    model = build(Config(layout=layout), Context(steps=1))
    assert model.count_params() == 148_081
    assert model.input_shape == model.output_shape == (None, 65_536)


def test_the_layers_are_the_published_ones():
    counts = [layer.count_params() for layer in build(Config(), Context(steps=1)).layers if layer.count_params()]
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
    model = build(replace(QUICK, layout=layout, code=0, filters=(8, 8), cosine=False), Context(steps=100))
    time = np.arange(1024) / 8000
    pitch = np.random.default_rng(0).uniform(100, 400, (32, 1))
    windows = (0.5 + 0.25 * np.sin(2 * np.pi * pitch * time)).astype(np.float32)
    losses = model.fit(windows, windows, epochs=20, batch_size=8, verbose=0).history["loss"]
    assert losses[-1] < 0.5 * losses[0]
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    np.testing.assert_array_equal(exported(copy)(windows), model(windows))


def test_options_reach_the_optimizer():
    model = build(replace(QUICK, optimizer="momentum", clip_norm=0.5, cosine=False), Context(steps=10))
    assert isinstance(model.optimizer, keras.optimizers.SGD)
    assert (model.optimizer.momentum, model.optimizer.clipnorm) == (0.9, 0.5)
    falling = build(replace(QUICK, cosine=True), Context(steps=10)).optimizer._learning_rate
    assert float(falling(10)) == pytest.approx(QUICK.learning_rate / 100)


def test_a_code_is_a_bottleneck():
    model = build(Config(code=4), Context(steps=1))
    assert model.get_layer("code").output.shape[1:] == (32, 32, 4)


BANDED = replace(QUICK, layout="waveform", bands=16, filters=(6,), code=16)


def noise(samples=1024):
    return (0.5 + 0.1 * np.random.default_rng(0).standard_normal((3, samples))).astype(np.float32)


def test_the_filter_bank_begins_as_a_copy():
    """With as many numbers as bands; half of them let only the lower half of the spectrum by."""
    np.testing.assert_allclose(build(BANDED, Context(steps=1))(noise()), noise(), atol=1e-5)
    half = np.array(build(replace(BANDED, code=8), Context(steps=1))(noise()))
    kept, whole = (np.abs(np.fft.rfft(sound - 0.5)) ** 2 for sound in (half, noise()))
    assert kept[:, :200].sum() == pytest.approx(whole[:, :200].sum(), rel=0.05)
    assert kept[:, 312:].sum() < 0.02 * whole[:, 312:].sum()


def test_the_cosines_are_their_own_inverse():
    """Frames of 32 numbers that overlap by half: the sum of all inner products with themselves is the identity."""
    bank = cosines(16)[:, 0]
    np.testing.assert_allclose(bank.T @ bank, np.eye(16), atol=1e-6)
    np.testing.assert_allclose(bank[16:].T @ bank[:16], np.zeros((16, 16)), atol=1e-6)


def test_the_banded_network_learns_and_reloads(tmp_path):
    """To give back a sound twice as loud as it gets: a gain in every band."""
    keras.utils.set_random_seed(0)
    model = build(replace(BANDED, cosine=False, spectral=1e-3), Context(steps=100))
    quiet = 0.5 + (noise() - 0.5) / 2
    losses = model.fit(quiet, noise(), epochs=30, verbose=0).history["loss"]
    assert losses[-1] < 0.3 * losses[0]
    model.save(tmp_path / "model.keras")
    copy = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    np.testing.assert_array_equal(copy(quiet), model(quiet))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layout": "hilbert"}, "needs --layout waveform.*received --layout hilbert"),
        ({"centred": False}, "received --layout waveform, --no-centred"),
        ({"code": 0}, "and --code 0"),
        ({"bands": 48}, "must divide the 1,024 samples"),
    ],
)
def test_options_that_do_not_go_together(change, message):
    with pytest.raises(InputError, match=message):
        build(replace(BANDED, **change), Context(steps=1))


def test_windows_of_another_timbre_are_shown_in_place_of_those_to_give_back(tmp_path):
    """As a function of seed, epoch and batch alone."""
    for number in range(3):
        (tmp_path / "sounds").mkdir(exist_ok=True)
        soundfile.write(tmp_path / "sounds" / f"{number}.wav", noise(8_000)[0] - 0.5, 8_000)
    corpus = open_windows(tmp_path / "sounds", 8_000, 1024, tmp_path / "cache")
    plain, foreign, again = (
        batches(corpus, np.arange(len(corpus)), 4, seed=1, augmentation=strength) for strength in (0.0, 1.0, 1.0)
    )
    np.testing.assert_array_equal(*plain[0])
    np.testing.assert_array_equal(foreign[0][1], plain[0][1])
    assert np.abs(foreign[0][0] - foreign[0][1]).max() > 0.01
    np.testing.assert_array_equal(again[0][0], foreign[0][0])
    again.epoch = 1
    assert np.abs(again[0][0] - again[0][1]).max() > 0.01
    again.epoch = 0
    np.testing.assert_array_equal(again[0][0], foreign[0][0])


@pytest.mark.parametrize(("layout", "side"), [("hilbert", 2), ("raster", 2), ("waveform", 1), ("waveform", 5)])
def test_a_side_that_pools_cannot_quarter_is_one_line(layout, side):
    with pytest.raises(InputError, match=f"--side must be a multiple of 4, .* received {side}"):
        build(replace(QUICK, layout=layout, side=side), Context(steps=1))
