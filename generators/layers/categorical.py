"""One of several states: what it costs, and which a number in [0, 1) draws. Every head that has states draws by these."""

from __future__ import annotations

from typing import Any

from keras import ops

MIN_TEMPERATURE = 1e-6
"""Temperatures below this are as good as 0: the most probable state is taken."""
NEVER = -1e9
"""Logit of what cannot be."""


def nll_of(logits: Any, states: Any) -> Any:
    """logits (..., places, states) of states (..., places) int32 -> nats (...); states beyond the last count as the last."""
    count = logits.shape[-1]
    taken = ops.one_hot(ops.minimum(states, count - 1), count)
    return ops.sum(ops.logsumexp(logits, axis=-1) - ops.sum(logits * taken, axis=-1), axis=-1)


def drawn(logits: Any, uniform: Any, temperature: Any, top_p: Any = None) -> Any:
    """States (...) int32 drawn from logits (..., states) by uniform (...) in [0, 1); the others broadcast to uniform.

    top_p: the most probable states that together have this probability are drawn from, one at least (arXiv 1904.09751);
    None: all of them.
    """
    probabilities = ops.softmax(logits / ops.maximum(temperature, MIN_TEMPERATURE)[..., None])
    kept = probabilities if top_p is None else _nucleus(probabilities, top_p)
    reached = ops.cumsum(kept, axis=-1)
    return ops.sum(ops.cast(uniform[..., None] * reached[..., -1:] >= reached[..., :-1], "int32"), axis=-1)


def _nucleus(probabilities: Any, top_p: Any) -> Any:
    """The probabilities of the most probable states, 0 for the others."""
    above = probabilities[..., None, :] > probabilities[..., :, None]
    higher = ops.sum(ops.where(above, probabilities[..., None, :], 0.0), axis=-1)
    return ops.where(higher < top_p[..., None], probabilities, 0.0)
