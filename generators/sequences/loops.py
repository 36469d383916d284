"""Loops over a model of one step, for graphs: a sampler reads its prompts and draws in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import ops


def drawing(model: keras.Model, real: bool, limit: Any) -> Callable[..., Any]:
    """([step, the limit's memory, *states], uniform (time, count, fields), temperature, top_p) -> (these after, steps)."""

    def draw(state: list[Any], uniform: Any, temperature: Any, top_p: Any) -> tuple[list[Any], Any]:
        length = uniform.shape[0]

        def one(place: Any, carried: tuple[Any, ...]) -> tuple[Any, ...]:
            steps, step, *states = carried
            memory, states = (states[:1], states[1:]) if limit else ([], states)
            draws = [] if real else [ops.take(uniform, place, axis=0), temperature, top_p]
            step, *states = model([step, *draws, *states], training=False)
            if limit:
                step, *memory = limit(step, *memory)
            here = ops.reshape(ops.equal(ops.arange(length), place), (-1, 1, 1))
            return (ops.where(here, step, steps), step, *memory, *states)

        steps = ops.repeat(ops.zeros_like(state[0])[None], length, axis=0)
        steps, *after = ops.fori_loop(0, length, one, (steps, *map(ops.convert_to_tensor, state)))
        return after, steps

    return draw


def stepwise(model: keras.Model) -> Callable[..., Any]:
    """([step, *states], steps (time, count, width), begun (time, count)) -> the state after reading them.

    begun: False before a sequence's prompt, where its state stays as it is.
    """

    def read(state: list[Any], steps: Any, begun: Any) -> list[Any]:
        steps, begun = ops.convert_to_tensor(steps), ops.convert_to_tensor(begun)

        def one(place: Any, carried: tuple[Any, ...]) -> tuple[Any, ...]:
            given, here = ops.take(steps, place, axis=0), ops.take(begun, place, axis=0)
            after = model(list(carried), training=False)
            after = after if isinstance(after, list) else [after]
            return tuple(_where(here, new, old) for new, old in zip([given, *after], carried, strict=True))

        return list(ops.fori_loop(0, steps.shape[0], one, tuple(map(ops.convert_to_tensor, state))))

    return read


def together(reading: Callable[..., Any]) -> Callable[..., Any]:
    """([step, *states], steps (count, time, width)) -> the state after reading them.

    reading: (steps (count, time, width), states) -> the states after them.
    """

    def read(state: list[Any], steps: Any) -> list[Any]:
        step, *states = map(ops.convert_to_tensor, state)
        steps = ops.convert_to_tensor(steps)
        return [steps[:, -1], *reading(ops.concatenate([step[:, None], steps[:, :-1]], axis=1), states)]

    return read


def _where(here: Any, new: Any, old: Any) -> Any:
    """`new` (count, ...) of the sequences that are `here` (count,), else `old`."""
    return ops.where(ops.reshape(here, (-1, *[1] * (len(new.shape) - 1))), new, old)
