"""Going on with pieces: draws that belong to a piece and its seed, whatever else is made beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from generators.samples import seed_of
from generators.sequences.representation import states_of, with_onsets
from midi.codecs.codec import Codec

BATCH = 16
"""Pieces made at once, always: a piece's draws may depend on the size of its batch, never on what else is in it."""
LONGEST_PRIMER = 4_096
"""Columns of a primer that are heard, its last."""


def continued(
    speaker: Any,
    codec: Codec,
    primers: Sequence[np.ndarray],
    columns: int,
    items: Sequence[int],
    *,
    seed: int = 0,
    temperature: float = 1.0,
    top_p: float = 1.0,
) -> np.ndarray:
    """What is said after each primer, (len(primers), columns, rows) uint8 classes.

    speaker: of BATCH pieces, as a model's module makes it; it may be used again. primers: (time, rows) of classes, of any
    length, none too; the last LONGEST_PRIMER columns are heard. items: their numbers; what is drawn for one is a function of
    `seed` and its number.
    """
    made = []
    for first in range(0, len(primers), BATCH):
        part = slice(first, first + BATCH)
        made += _batch(speaker, codec, primers[part], columns, items[part], seed, temperature, top_p)
    return np.stack(made)


def _batch(
    speaker: Any, codec: Codec, primers: Sequence[np.ndarray], columns: int, items: Sequence[int],
    seed: int, temperature: float, top_p: float,
) -> list[np.ndarray]:  # fmt: skip
    rows, missing = codec.shape[0], BATCH - len(primers)
    empty = np.zeros((0, rows), np.uint8)
    speaker.hear([*(primer[-LONGEST_PRIMER:] for primer in primers), *[empty] * missing])
    draws = [np.random.default_rng(seed_of(seed, item)) for item in [*items, *[0] * missing]]
    heat, share = (np.full((BATCH, 1), value, np.float32) for value in (temperature, top_p))
    said = []
    for _ in range(-(-columns // speaker.at_once)):
        chance = np.stack([draw.random((speaker.at_once, rows), np.float32) for draw in draws])
        said.append(speaker.say(chance, heat, share))
    made = np.concatenate(said, axis=1)[: len(primers), :columns]
    return [with_onsets(columns_, states_of(codec)) for columns_ in made]
