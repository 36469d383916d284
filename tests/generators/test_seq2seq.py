"""The sequence to sequence model: its published size, that it learns, is saved whole, predicts as in training."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from generators import seq2seq
from generators.sequences.columns import Columns
from midi.codecs import codec_named
from midi.columns import PAD
from training.family import Context

SMALL = replace(seq2seq.PRESETS["quick"], head="independent")
KINDS = pytest.mark.parametrize(
    "fields",
    [
        {},
        {"feed": "zeros"},
        {"attention": False, "bidirectional": False},
        {"head": "regression"},
        {"head": "regression", "feed": "zeros"},
    ],
)


def made(**fields):
    keras.utils.set_random_seed(0)
    model = seq2seq.build(replace(SMALL, **fields), Context())
    draws = np.random.default_rng(0)
    model.set_weights([weight + 0.1 * draws.normal(size=weight.shape) for weight in model.get_weights()])  # no ties
    return model


def windows(count, config=SMALL):
    return np.random.default_rng(0).integers(0, 3, (count, seq2seq.length(config), 88)).astype(np.uint8)


@pytest.mark.parametrize("horizon", [10, 20, 100])
def test_it_has_as_many_parameters_as_published(horizon):
    assert seq2seq.build(replace(seq2seq.PRESETS["paper"], horizon=horizon), Context()).count_params() == 250_072


@KINDS
def test_it_is_saved_whole(fields, tmp_path):
    model = made(**fields)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    np.testing.assert_allclose(again(windows(2)), model(windows(2)), atol=1e-6)


@KINDS
def test_what_is_generated_is_what_training_would_predict_after_it(fields):
    """The most probable columns, fed back one by one, are also the most probable where the decoder is told them at once."""
    model = made(**fields)
    config, prompts = model.config, windows(3)[:, : SMALL.window]
    sampler = seq2seq.sampler(model, seq2seq.representation_of(config), 3)
    sampler.prompt(list(prompts))
    uniform = np.full((3, config.horizon, 88), 0.5, np.float32)
    generated = sampler.draw(uniform, np.zeros((3, 1), np.float32), np.ones((3, 1), np.float32))
    assert generated.shape == (3, config.horizon, 88)
    if config.head == "regression":
        return
    contexts = model(np.concatenate([prompts, generated], axis=1))
    logits = np.asarray(model.head.output_layer(contexts)).reshape(3, config.horizon, 88, 3)
    np.testing.assert_array_equal(generated, logits.argmax(axis=-1))


@pytest.mark.parametrize("fields", [{}, {"feed": "zeros"}, {"head": "autoregressive"}])
def test_the_likelihood_is_that_of_training_window_after_window(fields):
    """Of whole horizons behind the rest before a piece, in parts that end where one does; none of a model of values."""
    model = made(**fields)
    config, piece = model.config, np.random.default_rng(0).integers(0, 3, (2, 3 * SMALL.horizon, 88)).astype(np.int32)
    rest = np.zeros((2, config.window, 88), np.int32)
    judge, whole = seq2seq.nll(model), np.concatenate([rest, piece], axis=1)
    nats, _ = judge(whole[:, config.window - 1 :])
    for first in range(0, piece.shape[1], config.horizon):
        window = whole[:, first : first + seq2seq.length(config)]
        trained = model.head.loss(model(window), window[:, config.window :])
        np.testing.assert_allclose(nats[:, first : first + config.horizon], trained, rtol=1e-5)
    split = config.window + config.horizon
    first, states = judge(whole[:, config.window - 1 : split])
    then, _ = judge(whole[:, split - 1 : -2], states)
    np.testing.assert_allclose(np.concatenate([first, then], axis=1), nats[:, :-2], rtol=1e-5)
    assert seq2seq.nll(made(head="regression")) is None


def test_of_a_long_prompt_the_end_is_read_and_a_short_one_after_rest():
    sampler = seq2seq.sampler(made(), Columns(codec_named("beats88")), 2)
    long, short = windows(1)[0], windows(1)[0, :3]
    sampler.prompt([long, short])
    np.testing.assert_array_equal(sampler.window[0], long[-SMALL.window :])
    np.testing.assert_array_equal(sampler.window[1, -3:], short)
    assert not sampler.window[1, :-3].any()


def test_columns_beyond_the_end_have_no_weight():
    model, there = made(), windows(2)
    there[:, SMALL.window + 2 :] = PAD
    model(there)
    loss = model.head.loss(model(there), there[:, SMALL.window :].astype(np.int32))
    np.testing.assert_allclose(model.losses[-1], np.asarray(loss)[:, :2].sum() / loss.shape[0] / SMALL.horizon, rtol=1e-5)


def test_it_learns():
    keras.utils.set_random_seed(0)
    model = seq2seq.build(replace(SMALL, dropout=0.0, cosine=False), Context(steps=40))
    data = np.repeat(windows(1), 8, axis=0)
    history = model.fit(data, batch_size=8, epochs=15, verbose=0).history["nll"]
    assert history[-1] < 0.9 * history[0]
