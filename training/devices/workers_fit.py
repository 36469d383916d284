"""`fit` for several machines, which Keras' own cannot serve: the one loop of this project.

Under `MultiWorkerMirroredStrategy` Keras 3.15 fails before the first step. This loop is made of Keras' public parts and does
what `fit` does: the model's `train_step` and `test_step`, its metrics, its callbacks, in the same order.
"""

from __future__ import annotations

import contextlib
import json
import re
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from training.devices.replicas import share, weighted
from training.devices.workers import is_chief
from training.errors import InputError
from training.fitting.state_file import NAME

STATE_FILES = (f"backup/{NAME}", "history.csv", "model.keras")
"""What a training goes on from, below its run directory."""
_GONE = re.compile(r"ollective ops is aborted|/(job|task):|[Ss]ocket closed|[Cc]onnection (reset|refused)|failed to connect")


def fit_on_workers(
    model: keras.Model,
    batches: keras.utils.PyDataset,
    validation: keras.utils.PyDataset | None,
    callbacks: list[keras.callbacks.Callback],
    *,
    epochs: int,
    start: int,
    class_weight: dict[int, float] | None = None,
) -> None:
    """Train `model`, built in a multi-worker strategy's scope, from epoch `start` until `epochs`; call it on all workers."""
    strategy, steps = model.distribute_strategy, len(batches)
    train, test = _distributed(strategy, model.train_step), _distributed(strategy, model.test_step)
    called = keras.callbacks.CallbackList(callbacks, add_history=True, model=model, epochs=epochs, steps=steps, verbose=0)
    model.stop_training = False
    called.on_train_begin()
    logs: dict[str, float] = {}
    for epoch in range(start, epochs):
        model.reset_metrics()
        called.on_epoch_begin(epoch)
        for number, batch in enumerate(_prefetched(batches)):
            called.on_train_batch_begin(number)
            called.on_train_batch_end(number, {"loss": float(train(weighted(batch, class_weight)))})
            if model.stop_training:
                break
        logs = _results(model)
        if validation is not None:
            logs |= _validate(model, validation, test, called)
        called.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    model.optimizer.finalize_variable_values(model.trainable_variables)
    called.on_train_end(logs)


@contextlib.contextmanager
def report_lost_workers() -> Iterator[None]:
    """Within it, the loss of a worker is one line (InputError); the others notice within seconds."""
    try:
        yield
    except tf.errors.OpError as error:
        if not _GONE.search(error.message):
            raise
        raise InputError(
            "another worker has ended or cannot be reached. What the run had after its last whole epoch is kept: start the "
            "same command on all workers again, and it resumes"
        ) from None


def broadcast_state(strategy: tf.distribute.Strategy, run: Path) -> None:
    """Give all workers what the chief's run directory holds to go on from; what they had themselves does not count."""
    for name in STATE_FILES:
        path = run / name
        data = path.read_bytes() if is_chief() and path.exists() else b""
        size = int(_broadcast(strategy, np.array([len(data)], np.int64))[0])
        words = np.zeros(-(-size // 4), np.int32)
        words.view(np.uint8)[: len(data)] = np.frombuffer(data, np.uint8)
        words = _broadcast(strategy, words) if size else words
        if not is_chief():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            if size:
                path.write_bytes(words.tobytes()[:size])


def check_same_training(strategy: tf.distribute.Strategy, run: Path, batches: keras.utils.PyDataset, *facts: Any) -> None:
    """InputError unless all workers train the same model with the same options on the same data (the same first batch)."""
    record = json.loads((run / "config.json").read_text()) if (run / "config.json").exists() else {}
    settings = repr(([record.get(key) for key in ("package", "model", "config", "labels", "seed")], len(batches), *facts))
    first = b"".join(np.ascontiguousarray(array).tobytes() for array in keras.tree.flatten(batches[0]))
    mine = tf.constant([[zlib.crc32(settings.encode()), zlib.crc32(first)]], tf.int64)
    all_of = strategy.gather(strategy.experimental_distribute_values_from_function(lambda context: mine), axis=0).numpy()
    for column, what in enumerate(("options", "data")):
        if len(set(all_of[:, column])) > 1:
            raise InputError(
                f"the workers were started with other {what}; start the same command, on the same data, on all of them"
            )


def _distributed(strategy: tf.distribute.Strategy, step: Any) -> Any:
    """A function of a whole batch: `step` on every replica's share; the mean of the losses so far."""

    @tf.function(reduce_retracing=True, autograph=False)
    def distributed(shares: Any) -> Any:
        losses = strategy.run(lambda data: step(data)["loss"], (shares,))
        return strategy.reduce("MEAN", losses, axis=None)

    def shared(batch: Any) -> Any:
        def mine(context: tf.distribute.experimental.ValueContext) -> Any:
            rows = share(batch, context.replica_id_in_sync_group, context.num_replicas_in_sync)
            return keras.tree.map_structure(tf.convert_to_tensor, rows)

        return distributed(strategy.experimental_distribute_values_from_function(mine))

    return shared


def _validate(model: keras.Model, batches: keras.utils.PyDataset, test: Any, called: Any) -> dict[str, float]:
    """What `fit` would log of the validation part."""
    called.on_test_begin()
    model.reset_metrics()
    for number, batch in enumerate(_prefetched(batches)):
        called.on_test_batch_begin(number)
        called.on_test_batch_end(number, {"loss": float(test(batch))})
    logs = _results(model)
    called.on_test_end(logs)
    return {f"val_{name}": value for name, value in logs.items()}


def _results(model: keras.Model) -> dict[str, float]:
    """The metrics over all replicas."""
    return {name: float(value) for name, value in model.get_metrics_result().items()}


def _prefetched(batches: keras.utils.PyDataset) -> Iterator[Any]:
    """The batches in order, each read while the one before is at work."""
    with ThreadPoolExecutor(1) as reader:
        coming = reader.submit(batches.__getitem__, 0)
        for number in range(1, len(batches) + 1):
            batch = coming.result()
            if number < len(batches):
                coming = reader.submit(batches.__getitem__, number)
            yield batch


def _broadcast(strategy: tf.distribute.Strategy, numbers: np.ndarray) -> np.ndarray:
    """The chief's `numbers` on every worker."""
    mine = tf.constant(numbers if is_chief() else np.zeros_like(numbers))

    def first(context: tf.distribute.experimental.ValueContext) -> Any:
        return mine if context.replica_id_in_sync_group == 0 else tf.zeros_like(mine)

    return strategy.reduce("SUM", strategy.experimental_distribute_values_from_function(first), axis=None).numpy()
