"""A state that is carried on is the state of reading all again; prompts stay their own; notes end; one graph does it all."""

from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops

from generators import lstm
from generators.sequences.samplers import STEPS_PER_CALL, RecurrentSampler
from midi.codecs.codec import ONSET, SUSTAIN
from training.family import Context

HEADS = pytest.mark.parametrize("head", ["regression", "independent", "autoregressive"])


def made(**fields):
    keras.utils.set_random_seed(0)
    model = lstm.build(replace(lstm.PRESETS["quick"], **fields), Context())
    draws = np.random.default_rng(0)
    model.set_weights([weight + 0.1 * draws.normal(size=weight.shape) for weight in model.get_weights()])  # no ties
    return model


def sampler_of(model, count, max_note_bars=0.0):
    return lstm.sampler(model, lstm.representation_of(model.config), count, max_note_bars)


def prompt(length, seed=0):
    return np.random.default_rng(seed).choice(3, (length, 88), p=[0.9, 0.05, 0.05]).astype(np.uint8)


def coldest(sampler, calls):
    count = len(sampler.step)
    uniform = np.full((count, STEPS_PER_CALL, 88), 0.5, np.float32)
    draws = uniform, np.zeros((count, 1), np.float32), np.ones((count, 1), np.float32)
    return np.concatenate([sampler.draw(*draws) for _ in range(calls)], axis=1)


def read_at_once(model, columns):
    """(contexts, states) after a column of rest and all of `columns` but the last, which a step reads as it goes on."""
    columns = lstm.representation_of(model.config).to_model(columns)
    columns = np.concatenate([np.zeros((1, 88), np.uint8), columns[:-1]])
    return model.context(model.head.inputs(columns[None].astype(np.int32)))


@pytest.mark.parametrize("codec", ["beats88", "frames88"])
@HEADS
def test_a_carried_state_is_that_of_the_whole_sequence(head, codec):
    model, columns = made(head=head, codec=codec), prompt(70)
    sampler = sampler_of(model, 1)
    sampler.prompt([columns])
    _, states = read_at_once(model, columns)
    assert len(states) == len(sampler.states) == 4
    for carried, whole in zip(sampler.states, states, strict=True):
        assert np.abs(whole).max() > 0.01
        np.testing.assert_allclose(carried, whole, atol=1e-5)


def test_what_is_generated_is_what_the_whole_sequence_predicts():
    """The most probable columns, fed back one by one, are the most probable of reading prompt and them at once."""
    model, columns = made(head="independent"), prompt(70)
    sampler = sampler_of(model, 1)
    sampler.prompt([columns])
    generated = coldest(sampler, 2)[0]
    assert len(np.unique(generated)) == 3
    contexts, _ = read_at_once(model, np.concatenate([columns, generated]))
    logits = np.asarray(model.head.output_layer(contexts)).reshape(-1, 88, 3)
    np.testing.assert_array_equal(generated, logits[len(columns) :].argmax(axis=-1))


@HEADS
def test_prompts_of_different_lengths_are_each_as_alone(head):
    """Also one that is empty, and two that fill whole calls."""
    model, prompts = made(head=head), [prompt(length, length) for length in (70, 0, 3, STEPS_PER_CALL, 2 * STEPS_PER_CALL)]
    together = sampler_of(model, len(prompts))
    together.prompt(prompts)
    steps, states = together.step, together.states
    generated = coldest(together, 1)
    for number, each in enumerate(prompts):
        alone = sampler_of(model, 1)
        alone.prompt([each])
        np.testing.assert_array_equal(steps[number], alone.step[0])
        for ours, theirs in zip(states, alone.states, strict=True):
            np.testing.assert_allclose(ours[number], theirs[0], atol=1e-5)
        np.testing.assert_allclose(generated[number], coldest(alone, 1)[0], atol=1e-5)


def sustaining(max_note_bars):
    model = made(head="independent")
    kernel, _ = model.head.output_layer.get_weights()
    model.head.output_layer.set_weights([np.zeros_like(kernel), np.tile([0.0, 0.0, 9.0], 88).astype(np.float32)])
    return sampler_of(model, 1, max_note_bars)


def test_a_note_that_would_never_end_is_ended():
    sampler, columns = sustaining(5 / 16), np.zeros((40, 88), np.uint8)
    columns[-3, 10], columns[-2:, 10] = ONSET, SUSTAIN  # has sounded for three columns
    columns[-1, 20] = ONSET
    sampler.prompt([columns])
    generated = coldest(sampler, 2)[0]
    cycle = np.tile([SUSTAIN] * 5 + [0], 20)
    np.testing.assert_array_equal(generated[:, 10], cycle[3:][:64])
    np.testing.assert_array_equal(generated[:, 20], cycle[1:][:64])
    np.testing.assert_array_equal(generated[:, 30], cycle[:64])


def test_without_a_limit_it_is_held():
    sampler = sustaining(0)
    sampler.prompt([np.zeros((1, 88), np.uint8)])
    assert (coldest(sampler, 2) == SUSTAIN).all()


def test_nothing_is_traced_twice_and_new_weights_are_used():
    """One graph for prompts of any length and one for draws, whatever the weights are."""
    model = made(head="independent")
    sampler = sampler_of(model, 2)
    before = coldest(sampler, 1)
    for length in (1, 40, 0):
        sampler.prompt([prompt(length)] * 2)
        coldest(sampler, 2)
    assert sampler._stepwise.experimental_get_tracing_count() == 1
    assert sampler._draw.experimental_get_tracing_count() == 1
    kernel, _ = model.head.output_layer.get_weights()
    model.head.output_layer.set_weights([np.zeros_like(kernel), np.tile([0.0, 9.0, 0.0], 88)])
    sampler.prompt([prompt(0)] * 2)
    assert (coldest(sampler, 1) == ONSET).all()
    assert (before != ONSET).any()
    assert sampler._draw.experimental_get_tracing_count() == 1


class Counting(keras.layers.Layer):
    """A step of one field, place (batch, 1), cache (batch, 4, 2, 3) -> the next step, which is the place, and both after."""

    def call(self, step, place, cache):
        here = ops.reshape(ops.equal(ops.arange(4), place), (-1, 4, 1, 1))
        cache = ops.where(here, ops.cast(ops.reshape(step, (-1, 1, 1, 1)), "float32"), cache)
        return ops.minimum(place + 1, 3), place + 1, cache


def test_states_of_any_rank_and_type_are_carried(representation):
    """A whole number and a cache of four places, as of a transformer: of padded prompts they begin where each begins."""
    inputs = [keras.Input((1,), dtype="int32", name="step"), keras.Input((1,), name="uniform"),
              keras.Input((1,), name="temperature"), keras.Input((1,), name="top_p"),
              keras.Input((1,), dtype="int32", name="place"), keras.Input((4, 2, 3), name="cache")]  # fmt: skip
    exported = keras.Model(inputs, list(Counting()(inputs[0], *inputs[4:])))
    sampler = RecurrentSampler(exported, representation, 2)
    sampler.prompt([np.array([[2], [1], [2]], np.uint8), np.array([[3]], np.uint8)])
    place, cache = sampler.states
    assert place.dtype == np.int32
    assert place.tolist() == [[3], [1]]
    np.testing.assert_array_equal(cache[:, :, 1, 2], [[0, 2, 1, 0], [0, 0, 0, 0]])
    generated = sampler.draw(np.zeros((2, STEPS_PER_CALL, 1), np.float32), *[np.ones((2, 1), np.float32)] * 2)
    assert generated[:, :3, 0].tolist() == [[3, 3, 3], [2, 3, 3]]


@pytest.fixture
def representation():
    """Of steps of one field, with a rest of 0."""
    names = {"width": 1, "rest": np.zeros(1, np.uint8), "dtype": "uint8", "to_model": lambda steps, real=False: steps}
    return SimpleNamespace(**names, note_limit=lambda bars: None)
