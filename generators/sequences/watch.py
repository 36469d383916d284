"""What is watched while a sequence model trains: does it go on like the data, or is it silent, or holding one note?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from generators.samples import sheet, side_by_side
from generators.sequences.data import Pieces
from generators.sequences.representation import Representation, Stretch, next_bar, rolls_after
from generators.sequences.samplers import BATCH, Sampler, continuations
from generators.watch import CollapseMonitor
from midi.measures.continuation import FIGURES, table_of
from training.cli import log
from training.fitting.averages import averaged
from training.fitting.samples import Sample

COUNT = 8
"""Validation pieces that are gone on with at every look."""
BARS = 8
"""Bars of a prompt, and as many that are generated."""

MEANINGS = {
    "nll": "Negative log-likelihood of a step in nats: how much each next step surprises the model.",
    "error": "The published loss of a column: weighted squared differences from the true one.",
    **{
        name: f"Of generated continuations, median: {what}. The dashed line is that of real ones."
        for name, what in FIGURES.items()
    },
}
"""What the figures of such histories tell."""


class Watch(CollapseMonitor):
    """After every epoch goes on with the beginnings of COUNT validation pieces and adds medians of FIGURES to the logs, and

    collapsed       1 if nothing is generated, or a note is held to the end from the first bar on, in all of them

    Raises InputError with advice after `patience` collapsed epochs in a row (0: never), across resumes.
    """

    def __init__(self, run: Path, module: Any, representation: Representation, pieces: Pieces, patience: int) -> None:
        super().__init__(run, patience)
        self.module, self.representation = module, representation
        numbers = sorted(pieces.parts["validation"], key=lambda number: -pieces.lengths[number])[:COUNT]
        self.prompts = [pieces.beginning(number, Stretch(BARS), representation) for number in numbers]
        both = [pieces.beginning(number, Stretch(2 * BARS), representation) for number in numbers]
        longer = [(prompt, steps[len(prompt) :]) for prompt, steps in zip(self.prompts, both, strict=True)
                  if len(steps) > len(prompt)]  # fmt: skip
        rolls = [rolls_after(representation, [prompt], [steps], BARS)[0] for prompt, steps in longer]
        self.levels = _medians(rolls or prompt_rolls(representation, self.prompts), self._bar)
        """The data's own medians."""
        self.generated: list[np.ndarray] | None = None
        self._sampler: Sampler | None = None
        self._of: keras.Model | None = None

    @property
    def _bar(self) -> int:
        return self.representation.roll_bar

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        with averaged(self.model):
            self.generated = self._continued(self.model)
        found = table_of(rolls_after(self.representation, self.prompts, self.generated, BARS), self._bar)
        collapsed = bool(((found["density"] == 0) | (found["longest"] >= BARS - 1)).all())
        logs |= {name: float(np.median(values)) for name, values in found.items()} | {"collapsed": float(collapsed)}
        if collapsed and not self.collapsed_epochs:
            log(f"epoch {epoch + 1}: the model falls silent or holds a note to the end")
        advice = "try --head autoregressive, a smaller --learning-rate or --preset ours"
        self.count(collapsed, "nothing but silence or a held note", advice)

    def sampler_of(self, model: keras.Model) -> Sampler:
        """Made once for a model: what it generates is by the weights of the moment."""
        if self._sampler is None or self._of is not model:
            self._sampler, self._of = self.module.sampler(model, self.representation, BATCH), model
        return self._sampler

    def _continued(self, model: keras.Model) -> list[np.ndarray]:
        items = range(len(self.prompts))
        return continuations(self.sampler_of(model), self.representation, self.prompts, Stretch(BARS), items)

    def samples(self, model: keras.Model) -> list[Sample]:
        """Sampler of `training.fitting.samples`: prompts beside what is generated, white where notes begin."""
        generated = self._continued(model) if self.generated is None else self.generated
        shown = pictures_of(self.prompts, generated, self.representation)
        return [Sample("continuations", "image", sheet(shown, across=1))]


def prompt_rolls(representation: Representation, prompts: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Classes (columns, rows) of each, up to where what goes on from it begins."""
    if representation.steps_per_bar is not None:
        return [representation.roll(steps) for steps in prompts]
    until = [next_bar(representation, prompt) for prompt in prompts]
    return [
        rolls_after(representation, [prompt[:0]], [prompt], bars)[0] for prompt, bars in zip(prompts, until, strict=True)
    ]


def pictures_of(
    prompts: Sequence[np.ndarray], generated: Sequence[np.ndarray], representation: Representation
) -> np.ndarray:
    """`generators.samples.side_by_side` of the rolls of prompts, their ends, and of what is generated after each."""
    after = rolls_after(representation, prompts, generated)
    longest = max(map(len, after))
    before = [roll[-longest:] for roll in prompt_rolls(representation, prompts)]
    return side_by_side(before, after, representation.roll_top)


def _medians(rolls: list[np.ndarray], bar: int) -> dict[str, float]:
    return {name: float(np.median(values)) for name, values in table_of(rolls, bar).items() if name in FIGURES}
