"""Heads of steps: the probabilities of all steps that can be sum to one, and draws follow them."""

import numpy as np
import pytest

from generators.layers.step_heads import EventHead, NoteHead
from generators.sequences.events import END, PAD
from generators.sequences.notes import DURATION, GAP, PITCH, PLACE

ROWS, RESOLUTION, WIDTH = 3, 1, 4
END_OF_PIECE = ROWS + 1
"""The pitch of the step that ends a piece; the one before it is that of a rest."""


def head_and_context(head):
    head.build()
    generator = np.random.default_rng(0)
    for weight in head.weights:
        weight.assign(generator.normal(size=weight.shape))
    return head, generator.normal(size=WIDTH).astype(np.float32)


@pytest.fixture(scope="module")
def notes():
    return head_and_context(NoteHead(ROWS, RESOLUTION, WIDTH))


def all_steps(head, before):
    """(steps, 4): every gap, pitch and duration after a step."""
    gap, pitch, duration = np.indices([head.sizes[field] for field in (GAP, PITCH, DURATION)]).reshape(3, -1)
    return np.stack([gap, pitch, duration, (before[PLACE] + gap) % 12], axis=-1).astype(np.int32)


def probabilities(head, context, before, steps):
    """Of each step."""
    given = np.tile(context, (len(steps), 1))[:, None], np.tile(before, (len(steps), 1))[:, None], steps[:, None]
    return np.exp(-np.array(head.loss(*given), np.float64))[:, 0]


@pytest.mark.parametrize("before", [(0, 0, 1, 0), (2, 1, 3, 5), (1, ROWS - 1, 2, 11), (4, ROWS, 0, 3)])
def test_probabilities_of_all_notes_that_can_be_sum_to_one(notes, before):
    head, context = notes
    before = np.array(before, np.int32)
    steps = all_steps(head, before)
    found = probabilities(head, context, before, steps)
    assert found.sum() == pytest.approx(1, abs=1e-5)
    a_note, together = steps[:, PITCH] < ROWS, steps[:, GAP] == 0
    assert not found[a_note & (steps[:, DURATION] == 0)].any()
    assert not found[~a_note & (steps[:, DURATION] > 0)].any()
    if before[PITCH] < ROWS:
        assert not found[together & (steps[:, PITCH] <= before[PITCH])].any()
    can_be = (a_note == (steps[:, DURATION] > 0)) & ~(together & (steps[:, PITCH] <= before[PITCH]) & (before[PITCH] < ROWS))
    assert (found[can_be] > 0).all()


@pytest.mark.parametrize("ends", [True, False])
def test_notes_are_drawn_as_often_as_they_are_probable(notes, ends):
    head, context = notes
    before, count = np.array([2, 1, 3, 5], np.int32), 4_000
    steps = all_steps(head, before)
    expected = probabilities(head, context, before, steps)
    uniform = np.random.default_rng(1).random((count, 3)).astype(np.float32)
    one = np.ones((count, 1), np.float32)
    drawn = np.array(head(np.tile(context, (count, 1)), np.tile(before, (count, 1)), uniform, one, one, ends=ends))
    assert (drawn[:, PLACE] == (before[PLACE] + drawn[:, GAP]) % 12).all()
    assert (drawn[:, PITCH] == END_OF_PIECE).any() == ends
    assert probabilities(head, context, before, drawn).min() > 0
    if ends:
        for field in (GAP, PITCH, DURATION):
            often = np.bincount(drawn[:, field], minlength=head.sizes[field]) / count
            likely = np.bincount(steps[:, field], expected, minlength=head.sizes[field])
            assert np.abs(often - likely).max() < 0.03


@pytest.mark.parametrize("tied", [True, False])
def test_events_that_pad_are_never_drawn(tied):
    head, context = head_and_context(EventHead(WIDTH, tied))
    uniform = np.linspace(0, 1, 2_000, endpoint=False, dtype=np.float32)[:, None]
    given = (
        np.tile(context, (len(uniform), 1)),
        np.zeros((len(uniform), 1), np.int32),
        uniform,
        9 * np.ones_like(uniform),
        None,
    )
    drawn = np.array(head(*given))
    assert set(drawn[:, 0]) >= {END}
    assert not (set(drawn[:, 0]) & set(range(PAD, END)))
    assert END not in np.array(head(*given, ends=False))
