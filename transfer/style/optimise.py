"""Arrays that are optimised: a Keras model whose only trainable weight is the array, by Adam or by L-BFGS.

Adam runs through `fit`, an epoch a step. L-BFGS, the optimizer of the first style transfer paper (arXiv 1508.06576), is
SciPy's L-BFGS-B: Keras has none; TensorFlow backend only. One model serves tile after tile without compiling anything again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

Watch = Callable[[dict[str, float]], bool]
"""Called after each iteration with its losses (loss, content, style); True stops the optimisation there."""
History = list[dict[str, float]]
"""Losses by iteration."""


class OptimisedArray(keras.Model):
    """An array to optimise; `losses_of` says what is wanted of it.

    Input of `call`: anything (the array is the weight); output: the array.
    """

    bounds: tuple[float, float] | None = None
    """Lowest and highest value of the array, None for any."""

    def add_array(self, shape: tuple[int, ...], constraint: keras.constraints.Constraint | None = None) -> None:
        """Make the array; a subclass calls it once, after its networks are there."""
        self.array = self.add_weight(shape=shape, initializer="zeros", constraint=constraint, name="array")
        self.parts = [keras.metrics.Mean(name="content"), keras.metrics.Mean(name="style")]
        self.built = True

    def add_constant(self, name: str, shape: tuple[int, ...]) -> Any:
        """A weight that is given, not optimised."""
        return self.add_weight(shape=shape, initializer="zeros", trainable=False, name=name)

    def losses_of(self, array: Any) -> tuple[Any, Any]:
        """The weighted content and style losses of an array, as scalars."""
        raise NotImplementedError

    def call(self, inputs: Any) -> Any:
        array = ops.convert_to_tensor(self.array)
        losses = self.losses_of(array)
        for part, loss in zip(self.parts, losses, strict=True):
            part.update_state(loss)
        self.add_loss(sum(losses))
        return array

    def reset_optimizer(self) -> None:
        """Forget the optimizer's moments: those of the last tile mean nothing to this one."""
        if not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)
        for variable in self.optimizer.variables:
            if variable.name != "learning_rate":
                variable.assign(ops.zeros_like(variable))

    def optimise(self, iterations: int, watch: Watch = lambda losses: False, optimizer: str = "adam") -> History:
        """Optimise by "adam" or "lbfgs", within the bounds; the losses before each iteration, of L-BFGS after it.

        L-BFGS ends early where no step lowers the loss.
        """
        return self._by_lbfgs(iterations, watch) if optimizer == "lbfgs" else self._by_adam(iterations, watch)

    def _by_adam(self, iterations: int, watch: Watch) -> History:
        import tensorflow as tf

        nothing = tf.data.Dataset.from_tensors(np.zeros((1, 1), np.float32)).repeat()
        history = self.fit(
            nothing, epochs=iterations, steps_per_epoch=1, shuffle=False, verbose=0, callbacks=[_Watching(watch)]
        ).history
        return [dict(zip(history, values, strict=True)) for values in zip(*history.values(), strict=True)]

    def _by_lbfgs(self, iterations: int, watch: Watch) -> History:
        import scipy.optimize

        shape = self.array.shape
        history: History = []
        seen: dict[float, dict[str, float]] = {}

        def objective(values: np.ndarray) -> tuple[float, np.ndarray]:
            content, style, gradient = self._losses_and_gradient()(values.reshape(shape).astype(np.float32))
            loss = float(content) + float(style)
            seen[loss] = {"loss": loss, "content": float(content), "style": float(style)}
            return loss, gradient.numpy().ravel().astype(np.float64)

        def callback(intermediate_result: scipy.optimize.OptimizeResult) -> None:
            history.append(seen[float(intermediate_result.fun)])
            seen.clear()
            if watch(history[-1]):
                raise StopIteration

        found = scipy.optimize.minimize(
            objective,
            np.asarray(self.array).ravel().astype(np.float64),
            jac=True,
            method="L-BFGS-B",
            callback=callback,
            bounds=None if self.bounds is None else scipy.optimize.Bounds(*self.bounds),
            options={"maxiter": iterations, "maxfun": 20 * iterations, "ftol": 0, "gtol": 0},
        )
        self.array.assign(found.x.reshape(shape))
        return history or list(seen.values())[:1]

    def _losses_and_gradient(self) -> Callable[[np.ndarray], tuple[Any, Any, Any]]:
        """Array -> (content loss, style loss, gradient of their sum), compiled once for each model."""
        import tensorflow as tf

        if not hasattr(self, "_step"):

            @tf.function
            def step(array: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
                with tf.GradientTape() as tape:
                    tape.watch(array)
                    content, style = self.losses_of(array)
                    loss = content + style
                return content, style, tape.gradient(loss, array)

            self._step = step
        return self._step


class _Watching(keras.callbacks.Callback):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watch = watch

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if self.watch(dict(logs or {})):
            self.model.stop_training = True
