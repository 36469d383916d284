"""How surprised a model is by pieces it never saw: nats a frame, as the published tables of next-frame likelihood have it.

Frame t + 1 is judged after the frames up to t of its piece, from t = 1 on; the mean is over all frames of all pieces
(arXiv 1206.6392, 1803.01271).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from generators.sequences.data import Pieces, open_pieces
from generators.sequences.opening import SequenceRun
from generators.sequences.representation import folded, states_of
from midi.columns import PAD
from training.cli import InputError

CHUNK = 512
"""Columns that are read at once; the states are carried on."""
BATCH = 16
"""Pieces that are read side by side."""


def likelihood(
    run: str | os.PathLike, data: str | os.PathLike | None = None, part: str = "test", cache: Path | None = None
) -> dict[str, Any]:
    """Nats a frame of a part of `data` (default: the run's own data), beside those of two simple predictions.

    part: one of `pieces.PARTS`, or "all". The result has "pieces", "frames", "nats"; "marginal": each pitch by its share in
    the data's training part; "copy": each pitch stays as it is with that part's chance for it.
    InputError: a run without likelihood, data that cannot be used, data of a run that have changed.
    """
    opened = SequenceRun(run)
    if not hasattr(opened.model, "context") or opened.model.config.head == "values":
        raise InputError(f"{run} tells no likelihood of the next column: that takes an lstm with --head classes or joint")
    record = opened.record["data"]
    pieces = open_pieces(data or record["path"], opened.codec, opened.record["seed"], cache)
    if data is None and pieces.fingerprint != record["fingerprint"]:
        raise InputError(f"{record['path']} has changed since {run} was trained; give --data to judge other files")
    numbers = np.concatenate(list(pieces.parts.values())) if part == "all" else pieces.parts[part]
    numbers = numbers[pieces.lengths[numbers] > 1]
    if not len(numbers):
        raise InputError(f"no piece of the {part} part has two frames")
    states = states_of(opened.codec)
    marginal, stays = _simple(pieces, states)
    total = np.zeros(3)
    for columns in _side_by_side(pieces, numbers, states):
        there = columns[:, 2:, 0] != PAD
        costs = (_costs(opened.model, columns)[:, 1:], *_simple_costs(columns, marginal, stays))
        total += [cost[there].sum() for cost in costs]
    frames = int((pieces.lengths[numbers] - 1).sum())
    named = dict(zip(("nats", "marginal", "copy"), (total / frames).tolist(), strict=True))
    return {"part": part, "pieces": len(numbers), "frames": frames, **named}


def _side_by_side(pieces: Pieces, numbers: np.ndarray, states: int) -> Iterator[np.ndarray]:
    """Batches (BATCH, 1 + columns, rows) of pieces of like length: a silent column, the piece, PAD."""
    order = numbers[np.argsort(pieces.lengths[numbers], kind="stable")]
    for first in range(0, len(order), BATCH):
        found = [pieces.columns(number) for number in order[first : first + BATCH]]
        out = np.full((len(found), 1 + max(map(len, found)), found[0].shape[1]), PAD, np.uint8)
        out[:, 0] = 0
        for target, columns in zip(out, found, strict=True):
            target[1 : 1 + len(columns)] = columns
        yield folded(out, states)


def _costs(model: Any, columns: np.ndarray) -> np.ndarray:
    """Nats of every column but the first, (batch, time - 1); of PAD they mean nothing."""
    found, states = [], None
    for first in range(0, columns.shape[1] - 1, CHUNK):
        heard = model.head.inputs(columns[:, first : min(first + CHUNK, columns.shape[1] - 1)].astype(np.int32))
        context, states = model.context(heard, states)
        said = columns[:, first + 1 : first + CHUNK + 1].astype(np.int32)
        found.append(keras.ops.convert_to_numpy(model.head.cost(context, said)))
    return np.concatenate(found, axis=1)


def _simple(pieces: Pieces, states: int) -> tuple[np.ndarray, float]:
    """(share of each state in every row (rows, states), chance that a cell stays as it is) of the training part."""
    counts, same, cells = 0, 0, 0
    for number in pieces.parts["train"]:
        columns = folded(pieces.columns(number), states)
        counts = counts + np.stack([(columns == state).sum(axis=0) for state in range(states)], axis=1)
        same, cells = same + int((columns[1:] == columns[:-1]).sum()), cells + columns[1:].size
    stays = float(np.clip(same, 0.5, cells - 0.5)) / cells
    return (counts + 0.5) / (counts.sum(axis=1, keepdims=True) + 0.5 * states), stays


def _simple_costs(columns: np.ndarray, marginal: np.ndarray, stays: float) -> tuple[np.ndarray, np.ndarray]:
    states = marginal.shape[1]
    now, before = np.minimum(columns[:, 2:], states - 1), columns[:, 1:-1]
    shares = np.take_along_axis(marginal[None, None], now[..., None].astype(int), axis=-1)[..., 0]
    moved = np.where(columns[:, 2:] == before, stays, (1 - stays) / (states - 1))
    return -np.log(shares).sum(axis=-1), -np.log(moved).sum(axis=-1)
