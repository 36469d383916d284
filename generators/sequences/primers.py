"""What sequences go on from: a user's file, held-out pieces, or nothing. Each gives (name, steps) of item i."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from generators.primers import encoded_file
from generators.sequences.data import SequenceRun
from generators.sequences.representation import Representation, Stretch, without_end
from generators.sequences.samplers import MAX_PROMPT_STEPS
from training.cli import log
from training.errors import InputError

Primer = Callable[[int], tuple[str, np.ndarray]]


def nothing(representation: Representation) -> Primer:
    """Every piece starts from rest."""
    empty = np.zeros((0, representation.width), representation.dtype)
    return lambda item: ("", empty)


def from_file(path: str | os.PathLike, representation: Representation, steps: int | None = None) -> Primer:
    """All pieces go on from a MIDI file, or from its first `steps` steps. What these do not keep of it is told.

    InputError: unreadable, no note that the steps can tell.
    """
    found = without_end(representation, encoded_file(path, representation.encode))
    if len(found[:steps]) > MAX_PROMPT_STEPS:
        log(f"{path} has {len(found[:steps]):,} steps; its last {MAX_PROMPT_STEPS:,} are read")
    return lambda item: (str(path), found[:steps])


def held_out(run: SequenceRun, stretch: Stretch, data: str | os.PathLike | None = None, cache: Path | None = None) -> Primer:
    """Item i goes on from the beginning, `stretch`, of the run's i-th test piece that is longer, then from the first again.

    data: where the run's data are now. InputError: as `SequenceRun.pieces`, no test piece is longer.
    """
    pieces, representation = run.pieces(data, cache), run.representation
    prompts = [(number, pieces.beginning(number, stretch, representation)) for number in pieces.parts["test"]]
    longer = [(pieces.names[number], prompt) for number, prompt in prompts if len(prompt) < pieces.lengths[number]]
    if not longer:
        asked = stretch.fixed(representation)
        length = f"{stretch.bars:g} bars" if asked is None else f"{asked} columns"
        raise InputError(f"no test piece is longer than {length}; give fewer --primer-columns")
    return lambda item: longer[item % len(longer)]
