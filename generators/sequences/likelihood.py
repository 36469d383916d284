"""How likely a model finds pieces that it never saw: nats a step, a quarter and a note.

Nats a step are those of the published tables of next-frame likelihood, where steps are frames: frame t + 1 is judged after
the frames up to t of its piece, from t = 1 on; the mean is over all frames of all pieces (arXiv 1206.6392, 1803.01271).
Nats a quarter and a note compare models of different representations, beside two predictions of the same pieces' columns:
each cell by the one before it (Markov), or by that and the one a bar before (repeat), as the training part has them a row.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from generators.sequences.data import Pieces, SequenceRun, open_pieces
from generators.sequences.representation import Representation
from midi.codecs.codec import REST, SUSTAIN
from training.errors import InputError

STEPS_PER_CALL = 512
"""Steps that are judged at once; the states are carried on."""
BATCH = 16
"""Pieces that are judged side by side."""

Nll = Callable[[Any, Any], tuple[Any, Any]]
"""What a model module's `nll(model)` gives, if it can: (steps (batch, time, width) int32, the states before them or None) ->
(nats of every step but the first, (batch, time - 1), given those before it; the states before the last step)."""


def likelihood(
    run: str | os.PathLike, data: str | os.PathLike | None = None, part: str = "test", cache: Path | None = None
) -> dict[str, Any]:
    """Negative log-likelihood (nll) of a part of `data` (default: the run's own), beside that of two simple predictions.

        likelihood("runs/lstm", "other_midi", "all")["nll_per_quarter"]

    part: one of `data.PARTS`, or "all". The result has "pieces", "steps", "quarters" and "notes", how many there are, and
    "nll_per_step", "nll_per_quarter" and "nll_per_note", None where it has no meaning; "marginal" and "copy", nats a step:
    each field by its distribution in the data's training part; each stays as it is with that part's probability for it.
    Where steps measure quarters also "markov_per_quarter", "markov_per_note" and the same of "repeat".
    InputError: a run without likelihood, data that cannot be used, data of a run that have changed.
    """
    opened = SequenceRun(run)
    judge, representation = judge_of(opened), opened.representation
    pieces = (
        open_pieces(data, representation, opened.record["seed"], opened.cache(cache)) if data else opened.pieces(cache=cache)
    )
    numbers = np.concatenate(list(pieces.parts.values())) if part == "all" else pieces.parts[part]
    numbers = numbers[pieces.lengths[numbers] > 1]
    if not len(numbers):
        raise InputError(f"no piece of the {part} part has two steps")
    simple = _simple(pieces, representation)
    total = np.zeros(3)
    for steps in _side_by_side(pieces, numbers, representation):
        there = steps[:, 2:, 0] != representation.pad
        nats = (judged(judge, steps)[:, 1:], *_simply_judged(steps, *simple))
        total += [each[there].sum() for each in nats]
    counts = _counts(pieces, numbers, representation)
    per = {f"nll_per_{name[:-1]}": total[0] / count if count else None for name, count in counts.items()}
    named = dict(zip(("marginal", "copy"), (total[1:] / counts["steps"]).tolist(), strict=True))
    for name, nats in (_of_columns(pieces, numbers, representation) if counts["quarters"] else {}).items():
        per |= {f"{name}_per_{each[:-1]}": nats / counts[each] if counts[each] else None for each in ("quarters", "notes")}
    return {"part": part, "pieces": len(numbers), **counts, **per, **named}


def judge_of(run: SequenceRun) -> Nll:
    """What judges steps by the run's model. InputError: a model without likelihood."""
    judge = run.module.nll(run.model) if hasattr(run.module, "nll") else None
    if judge is None:
        raise InputError(
            f"{run.run} tells no likelihood of the next step: that takes --head independent or autoregressive, or a "
            "music_transformer"
        )
    return judge


def judged(judge: Nll, steps: np.ndarray) -> np.ndarray:
    """Nats of every step but the first, (batch, time - 1), of steps (batch, time, width); of `pad` they mean nothing."""
    found, states = [], None
    for first in range(0, steps.shape[1] - 1, STEPS_PER_CALL):
        nats, states = judge(steps[:, first : first + STEPS_PER_CALL + 1].astype(np.int32), states)
        found.append(keras.ops.convert_to_numpy(nats))
    return np.concatenate(found, axis=1)


def _counts(pieces: Pieces, numbers: np.ndarray, representation: Representation) -> dict[str, float | None]:
    """How many steps, quarters and notes are judged: all of each piece but its first step's."""
    quarters, notes = 0.0, 0
    for number in numbers:
        steps = pieces.steps(number)
        notes += representation.notes(steps) - representation.notes(steps[:1])
        if quarters is not None:
            lasts = representation.duration(steps)
            quarters = None if lasts is None else quarters + lasts - representation.duration(steps[:1])
    return {"steps": int((pieces.lengths[numbers] - 1).sum()), "quarters": quarters, "notes": notes}


def _side_by_side(pieces: Pieces, numbers: np.ndarray, representation: Representation) -> Iterator[np.ndarray]:
    """Batches (BATCH, 1 + steps, width) of pieces of like length: a step of rest, the piece, `pad`."""
    order = numbers[np.argsort(pieces.lengths[numbers], kind="stable")]
    for first in range(0, len(order), BATCH):
        found = [pieces.steps(number) for number in order[first : first + BATCH]]
        shape = (len(found), 1 + max(map(len, found)), representation.width)
        out = np.full(shape, representation.pad, representation.dtype)
        out[:, 0] = representation.rest
        for target, steps in zip(out, found, strict=True):
            target[1 : 1 + len(steps)] = steps
        yield representation.to_model(out)


def _simple(pieces: Pieces, representation: Representation) -> tuple[np.ndarray, np.ndarray]:
    """Of the training part: (probability of each field's values (width, values), nats (2, width) that it stays, changes)."""
    vocabulary = np.array(representation.vocabulary)
    counts, same, cells = np.zeros((len(vocabulary), vocabulary.max())), 0, 0
    for number in pieces.parts["train"]:
        steps = representation.to_model(pieces.steps(number))
        counts += np.stack([(steps == value).sum(axis=0) for value in range(vocabulary.max())], axis=1)
        same, cells = same + int((steps[1:] == steps[:-1]).sum()), cells + steps[1:].size
    stays = float(np.clip(same, 0.5, cells - 0.5)) / cells
    changes = (1 - stays) / np.maximum(vocabulary - 1, 1)
    marginal = (counts + 0.5) / (counts.sum(axis=1, keepdims=True) + 0.5 * vocabulary[:, None])
    return marginal, -np.log(np.stack([np.full_like(changes, stays), changes]))


def _simply_judged(steps: np.ndarray, marginal: np.ndarray, stays: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    now = np.minimum(steps[:, 2:], marginal.shape[1] - 1)
    probability = np.take_along_axis(marginal[None, None], now[..., None].astype(int), axis=-1)[..., 0]
    nats = np.where(steps[:, 2:] == steps[:, 1:-1], *stays)
    return -np.log(probability).sum(axis=-1), nats.sum(axis=-1)


def _of_columns(pieces: Pieces, numbers: np.ndarray, representation: Representation) -> dict[str, float]:
    """Nats of all columns but each piece's first, by what the training part has a row."""
    learned, judged = (sum(_counted(pieces.steps(number), representation) for number in part)
                       for part in (pieces.parts["train"], numbers))  # fmt: skip
    found = {}
    for name, seen, now in (("markov", learned.sum(axis=1), judged.sum(axis=1)), ("repeat", learned, judged)):
        probability = (seen + 0.5) / (seen + 0.5).sum(axis=-1, keepdims=True)
        found[name] = -float((now * np.log(probability)).sum())
    return found


def _counted(steps: np.ndarray, representation: Representation) -> np.ndarray:
    """How often cells of a row are each class, after each class a bar before, and each before: (rows, 3, 3, 3)."""
    classes = representation.to_model(steps) if representation.steps_per_bar else representation.roll(steps)
    ago = np.pad(classes, ((representation.roll_bar, 0), (0, 0)), constant_values=REST)[1 : len(classes)]
    cells, size = np.arange(classes.shape[1]), SUSTAIN + 1
    for each in (ago, classes[:-1], classes[1:]):
        cells = cells * size + each
    return np.bincount(cells.ravel(), minlength=classes.shape[1] * size**3).reshape(-1, size, size, size)
