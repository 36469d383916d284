"""What all paintings share: a Keras model whose only trainable weight is what is painted, and that `fit` paints.

An epoch is one step of the optimizer. One model paints tile after tile without compiling anything again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import ops

Watch = Callable[[dict[str, float]], bool]
"""Called after each iteration with its losses (loss, content, style); True stops the painting there."""


class Canvas(keras.Model):
    """A picture to paint; `losses_of` says what is wanted of it.

    Input of `call`: anything (the picture is the weight); output: the picture.
    """

    bounds: tuple[float, float] | None = None
    """Lowest and highest value of the picture, None for any."""

    def stretch(self, shape: tuple[int, ...], constraint: keras.constraints.Constraint | None = None) -> None:
        """Make the picture; a subclass calls it once, after its networks are there."""
        self.picture = self.add_weight(shape=shape, initializer="zeros", constraint=constraint, name="picture")
        self.parts = [keras.metrics.Mean(name="content"), keras.metrics.Mean(name="style")]
        self.built = True

    def fixed(self, name: str, shape: tuple[int, ...]) -> Any:
        """A weight that is given, not painted."""
        return self.add_weight(shape=shape, initializer="zeros", trainable=False, name=name)

    def losses_of(self, picture: Any) -> tuple[Any, Any]:
        """The weighted content and style losses of a picture, as scalars."""
        raise NotImplementedError

    def call(self, inputs: Any) -> Any:
        picture = ops.convert_to_tensor(self.picture)
        losses = self.losses_of(picture)
        for part, loss in zip(self.parts, losses, strict=True):
            part.update_state(loss)
        self.add_loss(sum(losses))
        return picture

    def begin_anew(self) -> None:
        """Forget the optimizer's moments: those of the last tile mean nothing to this one."""
        if not self.optimizer.built:
            self.optimizer.build(self.trainable_variables)
        for variable in self.optimizer.variables:
            if variable.name != "learning_rate":
                variable.assign(ops.zeros_like(variable))

    def paint(self, iterations: int, watch: Watch = lambda losses: False) -> list[dict[str, float]]:
        """Paint by `fit`; returns the losses before each iteration."""
        import tensorflow as tf

        nothing = tf.data.Dataset.from_tensors(np.zeros((1, 1), np.float32)).repeat()
        history = self.fit(
            nothing, epochs=iterations, steps_per_epoch=1, shuffle=False, verbose=0, callbacks=[_Attend(watch)]
        ).history
        return [dict(zip(history, values, strict=True)) for values in zip(*history.values(), strict=True)]


class _Attend(keras.callbacks.Callback):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.watch = watch

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if self.watch(dict(logs or {})):
            self.model.stop_training = True
