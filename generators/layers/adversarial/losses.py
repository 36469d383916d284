"""What two players minimise: losses of a critic's logits, and penalties on gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from keras import ops

from training.fitting.gradients import input_gradient

Loss = Literal["cross_entropy", "logistic", "wasserstein", "relativistic"]
"""The names of LOSSES."""
LOSSES: dict[str, tuple[Callable[[Any, Any], Any], Callable[[Any, Any], Any]]] = {
    "cross_entropy": (
        lambda real, fake: (ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))) / 2,
        lambda real, fake: ops.mean(ops.softplus(-fake)),
    ),
    "logistic": (
        lambda real, fake: ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake)),
        lambda real, fake: ops.mean(ops.softplus(-fake)),
    ),
    "wasserstein": (lambda real, fake: ops.mean(fake) - ops.mean(real), lambda real, fake: -ops.mean(fake)),
    "relativistic": (
        lambda real, fake: ops.mean(ops.softplus(fake - real)),
        lambda real, fake: ops.mean(ops.softplus(real - fake)),
    ),
}
"""Name -> the critic's and the generator's loss, both of the logits of real and of as many generated pictures.

cross_entropy: of both halves together, and non-saturating (arXiv 1406.2661); logistic: the same, of both halves added
(arXiv 1912.04958); wasserstein: how far the critic's means are apart (arXiv 1701.07875; there with the other sign, a critic
low for real); relativistic: of pairs (arXiv 1807.00734, 2501.05441).
"""
OF_DIFFERENCES = ("wasserstein", "relativistic")
"""Losses that look at differences of logits only: where zero lies says nothing."""


def gradient_penalty(critic: Callable[[Any], Any], pictures: Any) -> Any:
    """Half the mean squared length of the critic's gradient at `pictures` (batch, h, w, c): R1 at real ones, R2 at others.

    arXiv 1801.04406. The critic must judge each picture by itself and update no state.
    """
    return ops.mean(ops.sum(input_gradient(critic, pictures) ** 2, axis=(1, 2, 3))) / 2


def slope_penalty(critic: Callable[[Any], Any], real: Any, fake: Any, shares: Any) -> Any:
    """Mean of (length of the critic's gradient - 1)^2 at mixtures of real and generated pictures (batch, h, w, c).

    shares (batch, 1, 1, 1) of the real one, uniform in [0, 1] for each (arXiv 1704.00028, equation 3). The critic as above.
    """
    gradient = input_gradient(critic, shares * real + (1 - shares) * fake)
    lengths = ops.sqrt(ops.sum(gradient**2, axis=(1, 2, 3)) + 1e-12)  # the root has no gradient at 0
    return ops.mean((lengths - 1) ** 2)


def path_lengths(synthesis: Callable[[Any], Any], styles: Any, noise: Any) -> Any:
    """(batch,) how fast pictures change with the styles (batch, inputs, style), in a random direction of pictures.

    noise: unit normal, of the pictures' shape (batch, h, w, c). Root mean square over the inputs (arXiv 1912.04958, section
    3.2). The synthesis must make each picture by itself and update no state.
    """
    noise = noise / (noise.shape[1] * noise.shape[2]) ** 0.5
    gradient = input_gradient(lambda given: synthesis(given) * noise, styles)
    return ops.sqrt(ops.mean(ops.sum(gradient**2, axis=2), axis=1) + 1e-12)  # the root has no gradient at 0


def critic_accuracies(on_real: Any, on_fake: Any, paired: bool) -> tuple[Any, Any]:
    """Fractions of real and of generated pictures that the logits classify rightly.

    paired: the loss looks at differences only, so that half-way between the two means stands for zero.
    """
    middle = (ops.mean(on_real) + ops.mean(on_fake)) / 2 if paired else 0.0
    return ops.mean(ops.cast(on_real > middle, "float32")), ops.mean(ops.cast(on_fake < middle, "float32"))
