"""Every model of the project, built small, with a batch for it: what the tables of reliability go through."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from training.family import Context, families_of, module_of

if TYPE_CHECKING:
    import keras

PACKAGES = ("classifiers", "generators", "transfer")
CLASSES, STEPS = 3, 4
"""Labels and optimizer steps of every model."""
QUIET = {"dropout": 0.0, "input_dropout": 0.0, "masks": 0, "noise": 0.0, "picture_size": 96}
"""What makes a step of training the same every time, where a config has it; resnet50 needs pixels for its batch norms."""


@dataclass(frozen=True)
class Case:
    """A model of the project with a config."""

    package: str
    name: str
    config: Any

    @property
    def module(self) -> Any:
        """The model's module."""
        return module_of(self.package, self.name)

    def quiet(self) -> Case:
        """The same without random layers; latents that a model draws itself are left."""
        names = {field.name for field in dataclasses.fields(self.config)}
        return dataclasses.replace(
            self, config=dataclasses.replace(self.config, **{name: value for name, value in QUIET.items() if name in names})
        )

    def build(self, seed: int = 0) -> keras.Model:
        """The model, compiled and built, its weights by `seed`."""
        import keras

        keras.utils.set_random_seed(seed)
        return self.module.build(self.config, Context(CLASSES, STEPS))

    def exported(self, model: keras.Model) -> keras.Model:
        """The part of it that is exported."""
        return self.module.exported(model)

    def batch(self, count: int = 4, seed: int = 0) -> tuple[Any, Any]:
        """(inputs, targets or None) of `count` random samples, as the model's own feed gives them."""
        kind = type(families_of(self.package)[self.name]).__name__
        return _BATCHES[kind](self, count, np.random.default_rng(seed))


def every(preset: str = "quick", names: tuple[str, ...] = ()) -> Iterator[Case]:
    """Each model of `MODELS` of all packages (or those in `names`) in a preset, in paper's where it has no such one.

    Weights that would be downloaded are random here.
    """
    for package in PACKAGES:
        for name in families_of(package):
            if names and name not in names:
                continue
            presets = module_of(package, name).PRESETS
            config = presets.get(preset, presets["paper"])
            yield Case(package, name, dataclasses.replace(config, weights="none") if hasattr(config, "weights") else config)


def _clips(case: Case, count: int, generator: np.random.Generator) -> tuple[Any, Any]:
    from spectro.stft import SETTINGS

    samples = SETTINGS[case.config.setting].clip_samples
    return generator.uniform(-0.5, 0.5, (count, samples)).astype(np.float32), None


def _sounds(case: Case, count: int, generator: np.random.Generator) -> tuple[Any, Any]:
    from generators.sounds.data import setting_of

    return generator.uniform(-0.5, 0.5, (count, setting_of(case.config).clip_samples)).astype(np.float32), None


def _labelled_clips(case: Case, count: int, generator: np.random.Generator) -> tuple[Any, Any]:
    targets = np.eye(CLASSES, dtype=np.float32)[generator.integers(CLASSES, size=count)]
    return _clips(case, count, generator)[0], targets


def _pictures(case: Case, count: int, generator: np.random.Generator) -> tuple[Any, Any]:
    from midi.codecs import codec_named

    codec = codec_named(case.config.codec)
    images = np.where(generator.random((count, *codec.shape)) < 0.1, 255, 0).astype(np.uint8)
    return codec.to_model(images, getattr(case.module, "LOW", -1.0)), None


def _pairs(case: Case, count: int, generator: np.random.Generator) -> tuple[Any, Any]:
    return tuple(_pictures(case, count, generator)[0] for _ in range(2)), None


def _steps(case: Case, count: int, generator: np.random.Generator) -> tuple[Any, Any]:
    representation = case.module.representation_of(case.config)
    low = 0 if representation.steps_per_bar else 1  # notes that follow at once can only rise
    shape = (count, case.module.length(case.config), representation.width)
    return generator.integers(low, low + 2, size=shape).astype(representation.dtype), None


def _windows(case: Case, count: int, generator: np.random.Generator) -> tuple[Any, Any]:
    windows = generator.random((count, case.config.side**2), np.float32)
    return windows, windows


def _recordings(case: Case, count: int, generator: np.random.Generator) -> tuple[Any, Any]:
    config = case.config
    samples = config.hop * round(config.seconds * config.rate / config.hop)
    rolls = generator.random((count, 1 + samples // config.hop, 88, 4)) < 0.1
    return generator.uniform(-0.5, 0.5, (count, samples)).astype(np.float32), rolls.astype(np.float32)


_BATCHES = {
    "Classifiers": _labelled_clips,
    "Pictures": _pictures,
    "Sequences": _steps,
    "Sounds": _sounds,
    "DomainTransfer": _pairs,
    "HilbertAutoencoder": _windows,
    "Transcription": _recordings,
}
