"""The terms of `transfer.dtn.model`'s losses, each a mean over the batch.

Pictures are (batch, h, w, c), logits (batch, 1) or (batch, 3). On the source s and the target t the discriminator D judges
G(s), G(t) and t, "on_source", "on_target" and "on_real" below.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

SOURCE, TARGET, REAL = 0, 1, 2
"""What a discriminator of three outputs may take a picture for: G(s), G(t) or t."""
FLAT = 1e-12
"""Squared slopes below it have no gradient in the total variation: a root has none at 0."""


def two_way_discriminator(on_source: Any, on_target: Any, on_real: Any) -> Any:
    """-log(1 - D(G(s))) - log(1 - D(G(t))) - log D(t); the paper prints it without the second, its code has all three."""
    return ops.mean(ops.softplus(on_source)) + ops.mean(ops.softplus(on_target)) + ops.mean(ops.softplus(-on_real))


def two_way_generator(on_source: Any, on_target: Any) -> Any:
    """-log D(G(s)) - log D(G(t))."""
    return ops.mean(ops.softplus(-on_source)) + ops.mean(ops.softplus(-on_target))


def three_way_discriminator(on_source: Any, on_target: Any, on_real: Any) -> Any:
    """-log D1(G(s)) - log D2(G(t)) - log D3(t), D1 to D3 the softmax of three logits (arXiv 1611.02200)."""
    return _surprise(on_source, SOURCE) + _surprise(on_target, TARGET) + _surprise(on_real, REAL)


def three_way_generator(on_source: Any, on_target: Any) -> Any:
    """-log D3(G(s)) - log D3(G(t))."""
    return _surprise(on_source, REAL) + _surprise(on_target, REAL)


ADVERSARIAL: dict[str, tuple[int, Callable[[Any, Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "two_way": (1, two_way_discriminator, two_way_generator),
    "three_way": (3, three_way_discriminator, three_way_generator),
}
"""Name -> logits, the discriminator's loss, the generator's loss."""


def constancy(content: Any, again: Any) -> Any:
    """L_CONST: mean squared difference of f(s) and f(G(s))."""
    return ops.mean(ops.square(content - again))


def identity(target: Any, made: Any) -> Any:
    """L_TID: mean squared difference of t and G(t)."""
    return ops.mean(ops.square(target - made))


def variation(pictures: Any, exponent: float) -> Any:
    """L_TV: sum over a picture z of ((z[i, j+1] - z[i, j])^2 + (z[i+1, j] - z[i, j])^2)^(exponent / 2), where both exist."""
    right = pictures[:, :-1, 1:] - pictures[:, :-1, :-1]
    down = pictures[:, 1:, :-1] - pictures[:, :-1, :-1]
    slopes = ops.maximum(ops.square(right) + ops.square(down), FLAT)
    return ops.mean(ops.sum(ops.power(slopes, exponent / 2), axis=(1, 2, 3)))


def taken_for_target(logits: Any) -> Any:
    """(batch,) 1 where a discriminator takes a picture for one of the target, else 0."""
    others = ops.max(logits[:, :REAL], axis=-1) if logits.shape[-1] > 1 else 0.0
    return ops.cast(logits[:, -1] > others, "float32")


def _surprise(logits: Any, label: int) -> Any:
    """-log softmax(logits)[label]."""
    return ops.mean(ops.logsumexp(logits, axis=-1) - logits[:, label])
