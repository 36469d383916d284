"""What two players minimise: losses of a critic's logits, and the penalty on its input gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from training.fitting.gradients import input_gradient

LOSSES: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "cross_entropy": (
        lambda real, fake: (ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))) / 2,
        lambda real, fake: ops.mean(ops.softplus(-fake)),
    ),
    "relativistic": (
        lambda real, fake: ops.mean(ops.softplus(fake - real)),
        lambda real, fake: ops.mean(ops.softplus(real - fake)),
    ),
}
"""Name -> the critic's and the generator's loss, both of the logits of real and of as many generated pictures.

cross_entropy: of both halves together, and non-saturating (arXiv 1406.2661); relativistic: of pairs
(arXiv 1807.00734, 2501.05441).
"""


def gradient_penalty(critic: Callable[[Any], Any], pictures: Any) -> Any:
    """Half the mean squared length of the critic's gradient at `pictures` (batch, h, w, c): R1 at real ones, R2 at others.

    arXiv 1801.04406. The critic must judge each picture by itself and update no state.
    """
    return ops.mean(ops.sum(input_gradient(critic, pictures) ** 2, axis=(1, 2, 3))) / 2


def critic_accuracies(on_real: Any, on_fake: Any, paired: bool) -> tuple[Any, Any]:
    """Fractions of real and of generated pictures that the logits classify rightly.

    paired: the loss looks at differences only, so that half-way between the two means stands for zero.
    """
    middle = (ops.mean(on_real) + ops.mean(on_fake)) / 2 if paired else 0.0
    return ops.mean(ops.cast(on_real > middle, "float32")), ops.mean(ops.cast(on_fake < middle, "float32"))
