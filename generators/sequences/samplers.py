"""Sequences that a model goes on with side by side: it reads a prompt for each, then draws their next steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import keras
import numpy as np
from keras import ops

from generators.compiled import compiled
from generators.samples import seed_of
from generators.sequences.loops import drawing, stepwise, together
from generators.sequences.representation import Representation, Stretch, ended

BATCH = 16
"""Sequences generated together, always: one may depend on the size of its batch, never on what else is in it."""
STEPS_PER_CALL = 32
"""Steps that are read or drawn in one call: a call costs as much as several steps of a small network."""
MAX_PROMPT_STEPS = 4_096
"""Steps of a prompt that are read, its last."""
MAX_STEPS = 65_536
"""Steps that are drawn where their number is not known beforehand, at most."""


class Sampler(Protocol):
    """What a module's `sampler` gives (see `Sequences`); by the model's weights as they are at each call."""

    steps_per_call: int
    """Steps that one `draw` gives."""
    real: bool
    """It predicts values and draws nothing."""

    def prompt(self, prompts: Sequence[np.ndarray]) -> None:
        """Begin again: read a prompt (time, width) for each sequence, of any lengths, also none."""

    def draw(self, uniform: np.ndarray, temperature: np.ndarray, top_p: np.ndarray) -> np.ndarray:
        """The next steps (count, steps_per_call, width), as the model gives them: classes, or values in [0, 1].

        uniform: float32 (count, steps_per_call, predicted fields), in [0, 1); temperature, top_p: float32 (count, 1).
        """


@dataclass(frozen=True)
class Decoding:
    """How the next steps are drawn from what a model predicts."""

    temperature: float = 1.0
    """Above 1 bolder, below 1 safer; 0 always takes what is most probable."""
    top_p: float = 1.0
    """What together has this probability is drawn from (arXiv 1904.09751); 1: all."""


def continuations(
    sampler: Sampler,
    representation: Representation,
    prompts: Sequence[np.ndarray],
    stretch: Stretch,
    items: Sequence[int],
    *,
    seed: int = 0,
    decoding: Decoding | None = None,
) -> list[np.ndarray]:
    """What is generated after each prompt, steps (time, width) that last `stretch`, or to the end of a piece.

    sampler: of BATCH sequences; it may be used again. prompts: without ends of pieces; the last MAX_PROMPT_STEPS of each are
    read. items: their numbers; what is generated for one is a function of `seed`, its number and its prompt.
    """
    decoding, found = decoding or Decoding(), []
    for first in range(0, len(prompts), BATCH):
        part = slice(first, first + BATCH)
        empty = [np.zeros((0, representation.width), representation.dtype)] * (BATCH - len(prompts[part]))
        sampler.prompt([*(prompt[-MAX_PROMPT_STEPS:] for prompt in prompts[part]), *empty])
        generators = [np.random.default_rng(seed_of(seed, item)) for item in [*items[part], *[0] * len(empty)]]
        found += _drawn(sampler, representation, stretch, generators, decoding, prompts[part])
    return found


def _drawn(
    sampler: Sampler, representation: Representation, stretch: Stretch, generators: list[np.random.Generator],
    decoding: Decoding, prompts: Sequence[np.ndarray],
) -> list[np.ndarray]:  # fmt: skip
    """What goes on from `prompts`, (time, width) each, within `stretch`: so many calls that all of them last so long."""
    shape = (sampler.steps_per_call, representation.predicted)
    temperature, top_p = (np.full((BATCH, 1), value, np.float32) for value in (decoding.temperature, decoding.top_p))
    fixed, calls = stretch.fixed(representation), []
    while True:
        uniform = np.stack([generator.random(shape, np.float32) for generator in generators])
        calls.append(sampler.draw(uniform, temperature, top_p)[: len(prompts)])
        most = len(calls) * sampler.steps_per_call >= (MAX_STEPS if fixed is None else fixed)
        if fixed is not None and not most:
            continue
        found = [representation.from_model(steps) for steps in np.concatenate(calls, axis=1)]
        lengths = [stretch.after(representation, *pair) for pair in zip(prompts, found, strict=True)]
        whole = [n < len(steps) or ended(representation, steps) for n, steps in zip(lengths, found, strict=True)]
        if most or all(whole):
            return [steps[:length] for steps, length in zip(found, lengths, strict=True)]


class RecurrentSampler:
    """A model that draws one step after the other and carries its states on: no step is read twice.

    exported: one step, (step, [uniform, temperature, top_p,] states) -> (next step, states). States are tensors of any shape
    and type, zeros before the first step: an LSTM's, or a cache of keys and values and a place in it; the layers that give
    them take no draws. max_note_bars: bars after which a note is ended, where the representation can; 0: none. seen: steps
    that a prediction depends on at most, so that no more of a prompt are read; None: on all. reading: (steps (count, time,
    width), states) -> the states after them, all read together; without it prompts are read one step after the other.
    """

    steps_per_call = STEPS_PER_CALL

    def __init__(
        self, exported: keras.Model, representation: Representation, count: int, max_note_bars: float = 0.0,
        seen: int | None = None, reading: Callable[..., Any] | None = None,
    ) -> None:  # fmt: skip
        self.representation, self.seen = representation, seen
        self.real = len(exported.inputs) == len(exported.outputs)
        self.limit = None if self.real else representation.note_limit(max_note_bars)
        before = exported.inputs[len(exported.inputs) - len(exported.outputs) + 1 :]
        one = keras.Model([exported.inputs[0], *before], exported.outputs[1:])
        self._draw = compiled(drawing(exported, self.real, self.limit), exported)
        self._stepwise = compiled(stepwise(one), exported)
        self._together: Any = compiled(together(reading), exported) if reading else None
        self._zeros = [np.zeros((count, *state.shape[1:]), state.dtype) for state in before]
        self._rest = self._read(np.repeat(representation.rest[None], count, axis=0))
        self.prompt([np.zeros((0, representation.width), representation.dtype)] * count)

    def prompt(self, prompts: Sequence[np.ndarray]) -> None:
        """Begin again: read a prompt for each sequence, after a step of rest."""
        self.memory = [self.limit.start(prompts)] if self.limit else []
        prompts = [prompt if self.seen is None else prompt[-self.seen :] for prompt in prompts]
        if not self._together:
            self.step, *self.states = self._read_stepwise([self._rest, *self._zeros], prompts)
            return
        alone = {key: self._read_alone(prompt) for key, prompt in {each.tobytes(): each for each in prompts}.items()}
        found = [alone[prompt.tobytes()] for prompt in prompts]
        self.step, *self.states = map(np.concatenate, zip(*found, strict=True))

    def _read_alone(self, prompt: np.ndarray) -> list[np.ndarray]:
        """The state after one prompt."""
        state = [self._rest[:1], *(zeros[:1] for zeros in self._zeros)]
        whole = len(prompt) - len(prompt) % STEPS_PER_CALL
        for first in range(0, whole, STEPS_PER_CALL):
            state = self._together(state, self._read(prompt[None, first : first + STEPS_PER_CALL]))
        return self._read_stepwise(state, [prompt[whole:]])

    def _read_stepwise(self, state: list[Any], prompts: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The state after a prompt for each sequence; where others are longer, a sequence's states wait."""
        length = -(-max(map(len, prompts)) // STEPS_PER_CALL) * STEPS_PER_CALL
        steps = np.tile(self.representation.rest, (length, len(prompts), 1))
        begun = np.zeros((length, len(prompts)), bool)
        for number, prompt in enumerate(prompts):
            steps[length - len(prompt) :, number] = prompt
            begun[length - len(prompt) :, number] = True
        for first in range(0, length, STEPS_PER_CALL):
            part = slice(first, first + STEPS_PER_CALL)
            state = self._stepwise(state, self._read(steps[part]), begun[part])
        return [ops.convert_to_numpy(each) for each in state]

    def draw(self, uniform: np.ndarray, temperature: np.ndarray, top_p: np.ndarray) -> np.ndarray:
        """As `Sampler.draw`."""
        before = [self.step, *self.memory, *self.states]
        after, drawn = self._draw(before, uniform.swapaxes(0, 1), temperature, top_p)
        self.step, *rest = map(ops.convert_to_numpy, after)
        self.memory, self.states = rest[: len(self.memory)], rest[len(self.memory) :]
        return ops.convert_to_numpy(drawn).swapaxes(0, 1)

    def _read(self, steps: np.ndarray) -> np.ndarray:
        steps = self.representation.to_model(steps, self.real)
        return steps if self.real else steps.astype(np.int32)


class WindowSampler:
    """A model that draws several steps at a time, after a window that slides by as many: no state is carried.

    exported: (window, [uniform, temperature, top_p]) -> the next steps. max_note_bars: as `RecurrentSampler` takes it.
    """

    def __init__(
        self, exported: keras.Model, representation: Representation, count: int, max_note_bars: float = 0.0
    ) -> None:
        self.representation = representation
        self.steps_per_call = exported.outputs[0].shape[1]
        self.real = len(exported.inputs) == 1
        self.limit = None if self.real else representation.note_limit(max_note_bars)
        self._draw = compiled(lambda inputs: exported(inputs, training=False), exported)
        self.size = exported.inputs[0].shape[1]
        self.prompt([np.zeros((0, representation.width), representation.dtype)] * count)

    def prompt(self, prompts: Sequence[np.ndarray]) -> None:
        """Begin again: of each prompt the end that fills the window is read, with rest before it."""
        window = np.tile(self.representation.rest, (len(prompts), self.size, 1))
        for target, prompt in zip(window, prompts, strict=True):
            target[self.size - len(prompt[-self.size :]) :] = prompt[-self.size :]
        window = self.representation.to_model(window, self.real)
        self.window = window if self.real else window.astype(np.int32)
        self.memory = self.limit.start(prompts) if self.limit else None

    def draw(self, uniform: np.ndarray, temperature: np.ndarray, top_p: np.ndarray) -> np.ndarray:
        """As `Sampler.draw`."""
        drawn = np.array(self._draw([self.window, *([] if self.real else [uniform, temperature, top_p])]))
        if self.limit:
            for place in range(self.steps_per_call):
                limited = self.limit(drawn[:, place], self.memory)
                drawn[:, place], self.memory = map(ops.convert_to_numpy, limited)
        self.window = np.concatenate([self.window, drawn], axis=1)[:, -self.size :]
        return drawn
