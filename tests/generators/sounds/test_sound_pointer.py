"""The model: what it compares, what its loss costs, which lags it may choose, what is exported."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from generators import sound_pointer as module
from generators.layers.self_similarity import log_bands
from generators.sounds.ways import correlation, sources
from training.errors import InputError
from training.exporting.exports import FORMATS, example_inputs, export
from training.family import Context
from training.files import write_json
from training.runs import FORMAT, load

QUICK = module.PRESETS["quick"]


@pytest.fixture(scope="module")
def model():
    return module.build(QUICK, Context())


def noise(*shape):
    return np.random.default_rng(0).uniform(0, 1, shape).astype(np.float32)


def test_costs_are_those_of_the_copies(model):
    """Of every lag and segment: distance and rhythm of the columns that a copy takes, against NumPy."""
    columns = noise(2, model.heard + model.ahead, model.setting.rows)
    costs = {name: np.array(values) for name, values in model.costs(columns).items()}
    levels = columns[1] @ log_bands(model.setting, model.bands)
    steps = max(1, round(0.045 * model.setting.rate / model.setting.hop))
    envelope = np.r_[np.zeros(steps), np.maximum(levels[steps:] - levels[:-steps], 0).mean(axis=1)]
    for lag in (1, 5, 13, model.heard):
        for segment in range(model.segments):
            future = np.arange(model.segment) + segment * model.segment
            source = sources(model.heard, lag, future)
            apart = np.sqrt(np.square(columns[1, model.heard + future] - columns[1, source]).mean(axis=1)).mean()
            assert costs["distance"][1, segment, lag - 1] == pytest.approx(-model.setting.floor_db * apart, rel=1e-3)
            expected = correlation(envelope[source], envelope[model.heard + future])
            assert costs["rhythm"][1, segment, lag - 1] == pytest.approx(expected, abs=1e-3)


def test_lags_that_reach_what_was_not_heard_are_never_chosen(model):
    columns = noise(2, model.heard, model.setting.rows)
    columns[1, :20] = 0
    possible = np.array(model.logits(columns)) > module.NEVER / 2
    lags = np.arange(1, model.heard + 1)
    for one, longest in zip(possible, (model.heard, model.heard - 20), strict=True):
        expected = (lags >= model.shortest) & (lags <= longest)
        np.testing.assert_array_equal(one, np.tile(expected, (model.segments, 1)))


@pytest.mark.parametrize("setting", ["quick", "lil_data"])
def test_silence_was_not_heard_in_a_compiled_graph_either(setting):
    """In which its picture is not exactly 0."""
    config = QUICK if setting == "quick" else replace(module.PRESETS["paper"], heard=2.5, segments=1, segment=1.0)
    model = module.build(config, Context())
    sound = noise(2, (model.heard + model.ahead) * model.setting.hop) - 0.5
    sound[:, : model.heard // 2 * model.setting.hop] = 0
    expected, found = np.array(model(sound)), model.predict(sound, verbose=0)
    possible = expected > module.NEVER / 2
    assert possible.any()
    assert (~possible[..., model.shortest :]).any()
    np.testing.assert_array_equal(found > module.NEVER / 2, possible)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-3)


def test_the_future_is_not_heard(model):
    sound = noise(1, model.setting.clip_samples) - 0.5
    other = sound.copy()
    other[:, -model.ahead * model.setting.hop :] *= -0.1
    np.testing.assert_array_equal(model(sound), model(other))


def test_it_learns_a_period():
    """Loops of one length whatever they sound like: after a short training their lag, or a multiple, is chosen."""
    keras.utils.set_random_seed(0)
    model = module.build(replace(QUICK, learning_rate=3e-3, cosine=False), Context())
    hop, period = model.setting.hop, 8
    rng = np.random.default_rng(0)
    bars = rng.uniform(-0.5, 0.5, (64, period * hop)) * np.repeat(rng.uniform(0.01, 1, (64, period)), hop, axis=1)
    loops = np.tile(bars, 8)[:, : model.setting.clip_samples].astype(np.float32)
    model.fit(loops, batch_size=8, epochs=30, verbose=0)
    lags = np.array(model(loops[:8])).argmax(axis=-1) + 1
    assert (lags % period == 0).mean() > 0.9


@pytest.mark.parametrize("name", ["onnx", "litert"])
def test_a_run_is_exported(runs, name, tmp_path):
    for package in FORMATS[name].packages:
        pytest.importorskip(package)
    network = module.exported(load(runs["pointer"]))
    assert export(network, tmp_path / f"model{FORMATS[name].suffix}", name, example_inputs(network)) < 5e-4


def test_what_is_exported_are_probabilities(model):
    columns = noise(2, model.heard, model.setting.rows)
    columns[1, :20] = 0
    chosen, logits = np.array(module.exported(model)(columns)), np.array(model.logits(columns), float)
    unlikely = np.exp(logits - logits.max(axis=-1, keepdims=True))
    np.testing.assert_allclose(chosen, unlikely / unlikely.sum(axis=-1, keepdims=True), atol=1e-6)
    np.testing.assert_array_equal(chosen > 0, logits > module.NEVER / 2)


def test_a_model_is_the_same_after_it_was_saved(model, tmp_path):
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    sound = noise(2, model.setting.clip_samples) - 0.5
    np.testing.assert_array_equal(model(sound), again(sound))
    assert again.get_config()["shortest"] == model.shortest


def test_a_run_whose_weights_have_other_shapes_is_one_line(tmp_path, monkeypatch):
    """As of versions that compared moments by fewer measures, with the same options."""
    write_json(tmp_path / "config.json", {"format": FORMAT, "package": "generators", "model": "sound_pointer", "config": {}})
    with monkeypatch.context() as before:
        before.setattr(module, "MEASURES", module.MEASURES - 1)
        module.build(QUICK, Context()).save(tmp_path / "model.keras")
    with pytest.raises(InputError, match=r"cannot be loaded .* of this version\? If not, train it again") as told:
        load(tmp_path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"setting": "other"}, "--setting must be one of lil_data"),
        ({"crop": 0.6}, "at most the 0.5 s"),
        ({"crop": 0.3}, r"--crop and --seconds must hold the 0\.44 s"),
        ({"shortest": 0.25}, "--shortest must be less than the 0.25 s of --heard"),
    ],
)
def test_numbers_that_cannot_be_meant(change, words):
    with pytest.raises(InputError, match=words):
        module.check(replace(QUICK, **change))


@pytest.mark.parametrize("name", module.PRESETS)
def test_presets_can_be_meant(name):
    module.check(module.PRESETS[name])
