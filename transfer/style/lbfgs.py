"""Painting by L-BFGS, the optimizer of the first style transfer paper (arXiv 1508.06576), through SciPy's L-BFGS-B.

Keras has no such optimizer. The loss is the model's own; TensorFlow backend only.
"""

from __future__ import annotations

import numpy as np

from transfer.style.optimise import Canvas, Watch


def paint_lbfgs(painting: Canvas, iterations: int, watch: Watch = lambda losses: False) -> list[dict[str, float]]:
    """As `Canvas.paint`, within the bounds of the picture; ends early where no step lowers the loss.

    Returns the losses after each iteration.
    """
    import scipy.optimize

    shape = painting.picture.shape
    history: list[dict[str, float]] = []
    seen: dict[float, dict[str, float]] = {}

    def objective(pixels: np.ndarray) -> tuple[float, np.ndarray]:
        content, style, gradient = _compiled(painting)(pixels.reshape(shape).astype(np.float32))
        loss = float(content) + float(style)
        seen[loss] = {"loss": loss, "content": float(content), "style": float(style)}
        return loss, gradient.numpy().ravel().astype(np.float64)

    def callback(intermediate_result: scipy.optimize.OptimizeResult) -> None:
        history.append(seen[float(intermediate_result.fun)])
        seen.clear()
        if watch(history[-1]):
            raise StopIteration

    start = np.asarray(painting.picture).ravel().astype(np.float64)
    found = scipy.optimize.minimize(
        objective,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=callback,
        bounds=None if painting.bounds is None else scipy.optimize.Bounds(*painting.bounds),
        options={"maxiter": iterations, "maxfun": 20 * iterations, "ftol": 0, "gtol": 0},
    )
    painting.picture.assign(found.x.reshape(shape))
    return history or list(seen.values())[:1]


def _compiled(painting: Canvas):
    """picture -> (content loss, style loss, gradient of their sum), compiled once for each model."""
    import tensorflow as tf

    if not hasattr(painting, "_lbfgs_step"):

        @tf.function
        def step(picture: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
            with tf.GradientTape() as tape:
                tape.watch(picture)
                content, style = painting.losses_of(picture)
                loss = content + style
            return content, style, tape.gradient(loss, picture)

        painting._lbfgs_step = step
    return painting._lbfgs_step
