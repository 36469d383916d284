"""A state that is carried on is the state of reading all again; primers stay their own; notes end."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from generators import lstm
from generators.sequences.representation import folded, states_of
from generators.sequences.samplers import AT_ONCE
from midi.codecs import codec_named
from midi.codecs.codec import ONSET, SUSTAIN
from training.family import Context

HEADS = pytest.mark.parametrize("head", ["values", "classes", "joint"])


def made(**fields):
    keras.utils.set_random_seed(0)
    model = lstm.build(replace(lstm.PRESETS["quick"], **fields), Context())
    draws = np.random.default_rng(0)
    model.set_weights([weight + 0.1 * draws.normal(size=weight.shape) for weight in model.get_weights()])  # no ties
    return model


def speaker_of(model, count, longest=0):
    return lstm.speaker(model, codec_named(model.config.codec), count, longest)


def primer(length, seed=0):
    return np.random.default_rng(seed).choice(3, (length, 88), p=[0.9, 0.05, 0.05]).astype(np.uint8)


def coldest(speaker, calls):
    count = len(speaker.column)
    chance = np.full((count, AT_ONCE, 88), 0.5, np.float32)
    draws = chance, np.zeros((count, 1), np.float32), np.ones((count, 1), np.float32)
    return np.concatenate([speaker.say(*draws) for _ in range(calls)], axis=1)


def read_at_once(model, columns):
    """(contexts, states) after a silent column and all of `columns` but the last, which a step reads as it goes on."""
    columns = folded(columns, states_of(codec_named(model.config.codec)))
    columns = np.concatenate([np.zeros((1, 88), np.uint8), columns[:-1]])
    return model.context(model.head.inputs(columns[None].astype(np.int32)))


@pytest.mark.parametrize("codec", ["beats88", "frames88"])
@HEADS
def test_a_carried_state_is_that_of_the_whole_sequence(head, codec):
    model, heard = made(head=head, codec=codec), primer(70)
    speaker = speaker_of(model, 1)
    speaker.hear([heard])
    _, states = read_at_once(model, heard)
    assert len(states) == len(speaker.states) == 4
    for carried, whole in zip(speaker.states, states, strict=True):
        assert np.abs(whole).max() > 0.01
        np.testing.assert_allclose(carried, whole, atol=1e-5)


def test_what_is_said_is_what_the_whole_sequence_says():
    """The most probable columns, fed back one by one, are the most probable of reading primer and them at once."""
    model, heard = made(head="classes"), primer(70)
    speaker = speaker_of(model, 1)
    speaker.hear([heard])
    said = coldest(speaker, 2)[0]
    assert len(np.unique(said)) == 3
    contexts, _ = read_at_once(model, np.concatenate([heard, said]))
    logits = np.asarray(model.head.said(contexts)).reshape(-1, 88, 3)
    np.testing.assert_array_equal(said, logits[len(heard) :].argmax(axis=-1))


@HEADS
def test_primers_of_different_lengths_are_each_as_alone(head):
    """Also one that is empty, and two that fill whole calls."""
    model, primers = made(head=head), [primer(length, length) for length in (70, 0, 3, AT_ONCE, 2 * AT_ONCE)]
    together = speaker_of(model, len(primers))
    together.hear(primers)
    heard, states = together.column, together.states
    said = coldest(together, 1)
    for number, each in enumerate(primers):
        alone = speaker_of(model, 1)
        alone.hear([each])
        np.testing.assert_array_equal(heard[number], alone.column[0])
        for ours, theirs in zip(states, alone.states, strict=True):
            np.testing.assert_allclose(ours[number], theirs[0], atol=1e-5)
        np.testing.assert_array_equal(said[number], coldest(alone, 1)[0])


def sustaining(longest):
    model = made(head="classes")
    kernel, _ = model.head.said.get_weights()
    model.head.said.set_weights([np.zeros_like(kernel), np.tile([0.0, 0.0, 9.0], 88).astype(np.float32)])
    return speaker_of(model, 1, longest)


def test_a_note_that_would_never_end_is_ended():
    speaker, heard = sustaining(5), np.zeros((40, 88), np.uint8)
    heard[-3, 10], heard[-2:, 10] = ONSET, SUSTAIN  # has sounded for three columns
    heard[-1, 20] = ONSET
    speaker.hear([heard])
    said = coldest(speaker, 2)[0]
    cycle = np.tile([SUSTAIN] * 5 + [0], 20)
    np.testing.assert_array_equal(said[:, 10], cycle[3:][:64])
    np.testing.assert_array_equal(said[:, 20], cycle[1:][:64])
    np.testing.assert_array_equal(said[:, 30], cycle[:64])


def test_without_a_longest_it_is_held():
    speaker = sustaining(0)
    speaker.hear([np.zeros((1, 88), np.uint8)])
    assert (coldest(speaker, 2) == SUSTAIN).all()
