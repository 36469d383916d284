"""The model: sizes, the picture turned, states carried on, what is exported."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from generators import spectrogram_lstm as module
from generators.sounds.column_sampler import COLUMNS_PER_CALL, noise_of
from training.errors import InputError
from training.exporting.exports import FORMATS, example_inputs, export
from training.family import Context
from training.runs import load

QUICK = module.PRESETS["quick"]
HEADS = {"bands": QUICK, "linear": replace(QUICK, head="linear")}


def columns_of(model, count=2, time=150, seed=0):
    return np.random.default_rng(seed).uniform(0, 1, (count, time, model.setting.rows)).astype(np.float32)


@pytest.mark.parametrize(("depth", "parameters"), [(2, 188_781), (3, 208_981), (4, 229_181)])
def test_the_papers_sizes(depth, parameters):
    model = module.build(replace(module.Config(), depth=depth), Context())
    assert model.count_params() == parameters
    assert (model.setting.rows, model.setting.columns) == (631, 631)


def test_a_step_takes_a_column_of_the_picture():
    """A low tone, then a high one: what the LSTM gets is low first, for each moment one column; not the picture reshaped."""
    model = module.build(HEADS["linear"], Context())
    seen = []
    read = model.read
    model.read = lambda columns, *rest: seen.append(np.array(columns)) or read(columns, *rest)
    setting = model.setting
    time = np.arange(setting.clip_samples) / setting.rate
    pitch = np.where(time < setting.seconds / 2, 500, 3000)
    clip = (0.5 * np.sin(2 * np.pi * np.cumsum(pitch) / setting.rate)).astype(np.float32)
    model(clip[None])
    picture = setting.to_picture(np.abs(setting.analyse(clip)))
    np.testing.assert_allclose(seen[0][0], picture[:, :-1].T, atol=1e-4)
    assert seen[0].shape[1:] == (setting.columns - 1, setting.rows)
    loudest = seen[0][0].argmax(axis=1) * setting.rate / setting.n_fft
    np.testing.assert_allclose(loudest[3:25], 500, atol=40)
    np.testing.assert_allclose(loudest[36:-3], 3000, atol=40)


@pytest.mark.parametrize("head", HEADS)
def test_states_carried_on_are_the_whole_run_again(head):
    """Column by column with carried states, the sampler draws what a full run over all columns so far predicts."""
    model = module.build(HEADS[head], Context())
    sampler = module.sampler(model, 2)
    known = columns_of(model, time=COLUMNS_PER_CALL + 20)
    sampler.prompt(known)
    noise = noise_of(model.output_head, [np.random.default_rng(i) for i in range(2)], 1.0)
    drawn = sampler.draw(noise)
    for steps in (0, 1, 5):
        before = keras.ops.convert_to_tensor(np.concatenate([known, drawn[:, :steps]], axis=1))
        hidden, statistics, _ = model.read(before, model.initial_states(before[:, 0]))
        last = None if statistics is None else statistics[:, -1]
        again = model.output_head.draw(hidden[:, -1], before[:, -1], last, noise[:, steps] if head == "bands" else None)
        np.testing.assert_allclose(drawn[:, steps], again, atol=1e-5)


@pytest.mark.parametrize("head", HEADS)
def test_the_exported_step_is_the_samplers(head):
    model = module.build(HEADS[head], Context())
    sampler = module.sampler(model, 2)
    known = columns_of(model, time=1)
    sampler.prompt(known)
    noise = noise_of(model.output_head, [np.random.default_rng(i) for i in range(2)], 0.7)
    drawn = sampler.draw(noise)
    step = module.exported(model)
    assert [given.name for given in step.inputs][:1] == ["column"]
    column, states = known[:, 0], [np.array(state) for state in model.initial_states(known[:, 0])]
    for time in range(3):
        column, *states = (np.array(one) for one in step([column, *([noise[:, time]] if head == "bands" else []), *states]))
        np.testing.assert_allclose(column, drawn[:, time], atol=1e-5)


@pytest.mark.parametrize(("head", "name"), [("bands", "onnx"), ("linear", "litert")])
def test_a_run_is_exported(runs, head, name, tmp_path):
    for package in FORMATS[name].packages:
        pytest.importorskip(package)
    network = module.exported(load(runs[head]))
    assert export(network, tmp_path / f"model{FORMATS[name].suffix}", name, example_inputs(network)) < 1e-5


def test_a_model_is_the_same_after_it_was_saved(tmp_path):
    model = module.build(QUICK, Context())
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    clip = np.random.default_rng(0).uniform(-0.1, 0.1, (2, 2_000)).astype(np.float32)
    np.testing.assert_array_equal(model(clip), again(clip))
    assert again.get_config()["dropout"] == QUICK.dropout


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"setting": "other"}, "--setting must be one of lil_data"),
        ({"crop": 0.6}, "at most the 0.5 s"),
        ({"crop": 0.001}, "must hold three columns"),
        ({"bands": 66}, "at most the 65 rows"),
        ({"hop": 65}, "hop must be at most"),
    ],
)
def test_numbers_that_cannot_be_meant(change, words):
    with pytest.raises(InputError, match=words):
        module.check(replace(QUICK, **change))


@pytest.mark.parametrize("name", module.PRESETS)
def test_presets_can_be_meant(name):
    module.check(module.PRESETS[name])
