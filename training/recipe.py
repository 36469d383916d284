"""The one way from the user's data to a run directory: what every train command does, for every model."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import keras

from training.corpora.batches import Batches
from training.devices.workers import enlist, is_chief, own_directory
from training.errors import InputError
from training.family import Context, family_named, preset_of
from training.fitting.fit import fit
from training.fitting.samples import Sample
from training.options import TrainOptions, check, patience_of
from training.report import write_report
from training.runs import open_run, start_from

DATA = {"data": "FOLDER", "source": "FOLDER", "target": "FOLDER", "pairs": "CSV", "soundfont": "SF2"}
"""Options that name what is learned from, and what they name."""


class Recipe:
    """How models of one kind are trained; a family's subclass states what differs, `train` does the rest.

    A subclass opens the data in its `__init__`, after this one's, and sets what is listed here. Its methods are called in
    the order in which they stand here, while the run's directory is held.
    """

    takes: ClassVar[tuple[str, ...]] = ("data",)
    """The options that name its data."""
    training: Batches
    validation: Batches | None = None
    facts: dict[str, Any]
    """What config.json keeps beside package, model, config and seed: codec or setting, labels."""
    source: dict[str, Any]
    """What it keeps of the data: path, fingerprint, and whatever else decides what is trained on."""
    class_weight: dict[int, float] | None = None

    def __init__(self, module: ModuleType, config: Any, options: TrainOptions) -> None:
        self.module, self.config, self.options = module, config, options

    def prepare(self, run: Path) -> None:
        """Write what the run keeps of the data; train what has to come first."""

    def monitor(self) -> str | None:
        """What decides which epoch's weights are kept; None: the last epoch's."""
        return self.module.MONITOR

    def watch(self, run: Path) -> keras.callbacks.Callback | None:
        """Sees each epoch first, and may add figures to its logs."""
        return None

    def context(self) -> Context:
        """What the model is built with."""
        return Context(steps=self.config.epochs * len(self.training), first=lambda: self.training[0][0])

    def initialise(self, model: keras.Model) -> None:
        """Called once with a fresh model, not with a resumed one: the weights of --init, if given."""
        if self.options.init:
            start_from(model, self.options.init)

    def samples(self, model: keras.Model) -> list[Sample]:
        """What is shown of the model every --samples-every epochs."""
        return []

    def finish(self, run: Path) -> None:
        """What is done with the run's best model when training is done: prior, threshold, evaluation."""


def train(package: str, model: str, config: Any = None, options: TrainOptions | None = None, **changes: Any) -> Path:
    """Train a model of `package` into a run directory, or resume it there; the directory.

    config: of the model's `Config`, by default that of the preset that the options name (`ours`, or `paper` where there is
    none). options: as the package's train command takes them, by default its defaults; changes: some of them by name.

        train("generators", "vae", data="my_midi", output="runs/vae")

    InputError: no such model or preset, a number that an option does not take, data or a directory that cannot be used, a
    loss that is no number.
    """
    family = family_named(package, model)
    module = family.module(model)
    options = replace(options or family.options(), **changes)
    check(options)
    config = config or preset_of(module, options.preset, options.quick)
    check(config)
    enlist(options.workers, options.worker_index)
    kind: type[Recipe] = family.recipe(model)
    _check_takes(model, kind, options)
    with _precision(options.precision):
        return _train(package, model, kind(module, config, options))


def _train(package: str, model: str, recipe: Recipe) -> Path:
    module, config, options = recipe.module, recipe.config, recipe.options
    places = {
        "init": os.path.abspath(options.init) if options.init else None,
        "cache": os.path.abspath(options.cache) if options.cache else None,
    }
    record = {
        "package": package,
        "model": model,
        "config": asdict(config),
        **recipe.facts,
        "seed": options.seed,
        "early_stop": options.early_stop,
        "data": recipe.source | places,
    }
    output = Path(options.output or Path("runs", model))
    with open_run(own_directory(output), record) as run:
        recipe.prepare(run)
        fit(
            lambda: module.build(config, recipe.context()),
            run,
            recipe.training,
            recipe.validation,
            epochs=config.epochs,
            seed=options.seed,
            devices=options.devices,
            monitor=recipe.monitor(),
            patience=patience_of(options.early_stop, config.epochs),
            class_weight=recipe.class_weight,
            init=recipe.initialise,
            sampler=recipe.samples,
            sample_every=options.samples_every,
            watch=recipe.watch(run),
        )
        if is_chief():
            recipe.finish(run)
            write_report(run)
    return output


@contextlib.contextmanager
def _precision(name: str) -> Iterator[None]:
    """What is made within it computes in this dtype policy; float32 leaves Keras' own, which is that by default."""
    before = keras.config.dtype_policy()
    if name != "float32":
        keras.config.set_dtype_policy(name)
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


def _check_takes(model: str, kind: type[Recipe], options: TrainOptions) -> None:
    """InputError: options that name data which the model does not take."""
    given = [name for name in DATA if getattr(options, name, None) not in (None, ())]
    if wrong := [name for name in given if name not in kind.takes]:
        expected = " and ".join(f"--{name} {DATA[name]}" for name in kind.takes)
        raise InputError(f"{model} takes {expected}; received {' and '.join(f'--{name}' for name in wrong)}")
