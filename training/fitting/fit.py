"""The one way a model is trained: seed, devices, build, resume, `keras.Model.fit` with this project's callbacks.

Several workers, which Keras' `fit` cannot serve, go through `training.devices.workers_fit`; all of them call this.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import keras

from training.cli import log
from training.corpora.batches import Batches, Epochs
from training.devices.replicas import Whole, check_even, keep_apart
from training.devices.strategy import strategy_for
from training.devices.workers import cluster
from training.fitting.averages import Averages, tell_short_training
from training.fitting.backup import Backup, restore
from training.fitting.callbacks import Best, History, NotANumber, Progress
from training.fitting.early_stop import EarlyStop
from training.fitting.samples import Sample, Samples


def fit(
    build: Callable[[], keras.Model],
    run: Path,
    batches: Batches,
    validation: Batches | None = None,
    *,
    epochs: int,
    seed: int = 0,
    devices: str = "1",
    monitor: str | None = None,
    patience: int | None = None,
    class_weight: dict[int, float] | None = None,
    init: Callable[[keras.Model], None] | None = None,
    sampler: Callable[[keras.Model], list[Sample]] | None = None,
    sample_every: int = 10,
    watch: keras.callbacks.Callback | None = None,
) -> keras.Model:
    """Train the model that `build` gives in the run directory `run` until `epochs`, resuming from its backup if there.

        batches = Batches(clips, split.train, 16, targets=one_hot)
        model = fit(build, Path("runs/mine"), batches, epochs=20, monitor="loss")

    monitor: what decides which epoch's weights are kept as `model.keras` ("val_loss", smallest; None: the last).
    patience: epochs in a row without a better one after which training ends before `epochs`; None: never.
    init: called once on a fresh model, not on a resumed one. watch: sees each epoch first, and may add to its logs, which
    history and TensorBoard then hold. Returns the model with its last weights, or their moving averages where its optimizer
    keeps any: these are validated and kept, too. A batch is that of all devices together.
    InputError: the backup does not fit the model, a loss that is not a number, too many devices, batches that they cannot
    share, a worker that is lost.
    """
    keras.utils.set_random_seed(seed)
    strategy = strategy_for(devices)
    if strategy:
        check_even(batches, strategy.num_replicas_in_sync)
        validation = validation and Whole(validation, strategy.num_replicas_in_sync)
    if cluster():
        from training.devices import workers_fit

        with workers_fit.report_lost_workers():
            workers_fit.check_same_training(strategy, run, batches, epochs, patience, seed)
            workers_fit.broadcast_state(strategy, run)
    with strategy.scope() if strategy else contextlib.nullcontext():
        model = build()
        if not model.optimizer.built:  # lazily built, its slots would miss the restored state
            model.optimizer.build(model.trainable_variables)
        if strategy is None:
            _make_metrics(model, batches)
        elif strategy.num_replicas_in_sync > 1:
            keep_apart(model)
        start = restore(model, run / "backup")
        if start == 0 and init is not None:
            init(model)
    early = [EarlyStop(run / "history.csv", monitor, patience)] if monitor and patience is not None else []
    done = start >= epochs or any(stop.is_due(start) for stop in early)
    if start:
        log(f"{run} has its {start} epochs" if done else f"resuming {run} after epoch {start} of {epochs}")
    if not done:
        tell_short_training(model, epochs, len(batches))
    callbacks = [
        Epochs(batches),
        NotANumber(),
        Averages(),
        *([watch] if watch else []),
        *early,
        *_board(run),
        *([Samples(run, sampler, sample_every, epochs)] if sampler else []),
        Best(run / "model.keras", monitor),
        History(run / "history.csv"),
        Backup(run / "backup"),
        Progress(epochs),
    ]
    if not done and cluster():
        with workers_fit.report_lost_workers():
            workers_fit.fit_on_workers(
                model, batches, validation, callbacks, epochs=epochs, start=start, class_weight=class_weight
            )
    elif not done:
        model.fit(
            batches,
            validation_data=validation,
            epochs=epochs,
            initial_epoch=start,
            callbacks=callbacks,
            verbose=0,
            shuffle=False,
            class_weight=class_weight,
        )
    else:
        model.optimizer.finalize_variable_values(model.trainable_variables)  # as `fit` leaves it
    return model


def _make_metrics(model: keras.Model, batches: Batches) -> None:
    """Have compiled metrics make their variables: made in the first step, they would have its graph built twice."""
    if "compile_metrics" not in model.metrics_names:
        return
    x, y, _ = keras.utils.unpack_x_y_sample_weight(batches[0])
    x, y = keras.tree.map_structure(lambda values: values[:1], (x, y))
    model.compute_metrics(x, y, model(x, training=False))
    model.reset_metrics()


def _board(run: Path) -> list[keras.callbacks.Callback]:
    """TensorBoard's scalars, where its writer (TensorFlow) is."""
    if keras.backend.backend() != "tensorflow":
        return []
    return [keras.callbacks.TensorBoard(run / "logs", write_graph=False)]
