"""What replicas of a model must not share and what they must: mended here for every model, since Keras has it otherwise."""

from __future__ import annotations

from typing import Any

import keras

from training.devices.strategy import draw_apart
from training.fitting.keras_internals import all_layers, losses_of_each_thread


def keep_apart(model: keras.Model) -> None:
    """Prepare the compiled and built `model` for several replicas, so that they train as one device does on the whole batch:

    losses      each replica reports what it has added itself
    noise       of dropout, masks and the like differs from replica to replica
    batch norm  takes its statistics from the whole batch
    clipnorm    holds for the gradient of the whole batch. Keras shortens each replica's, and adds up then
    """
    for layer in all_layers(model):
        losses_of_each_thread(layer)
        for value in vars(layer).values():
            if isinstance(value, keras.random.SeedGenerator):
                draw_apart(value)
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.synchronized = True
    for optimizer in getattr(model.optimizer, "optimizers", [model.optimizer]):
        if optimizer.clipnorm:
            optimizer.apply = _shortened_together(optimizer.apply, optimizer.clipnorm)


def _shortened_together(apply: Any, longest: float) -> Any:
    """An optimizer's `apply` that shortens each weight's gradient to `longest` when it is that of all replicas."""
    import tensorflow as tf

    def applied(grads: Any, trainable_variables: Any = None) -> None:
        context = tf.distribute.get_replica_context()
        own = [tf.convert_to_tensor(gradient) for gradient in grads if gradient is not None]
        sums = iter(context.all_reduce(tf.distribute.ReduceOp.SUM, own))
        # every replica hands in an equal share, too short to be shortened again; the optimizer adds them up
        shares = [
            None if gradient is None else tf.clip_by_norm(next(sums), longest) / context.num_replicas_in_sync
            for gradient in grads
        ]
        apply(shares, trainable_variables)

    return applied
