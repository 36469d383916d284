"""Every model of the project trained by its `quick` preset on tiny data, for programs that go over all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from tests.reliability.models import PACKAGES
from training.family import module_of

RATE = 8_000
"""Hz, of the `quick` settings."""


def model_names() -> list[str]:
    """All models, as package.model."""
    return [f"{package}.{model}" for package in PACKAGES for model in import_module(package).MODELS]


def write_data(folder: Path) -> None:
    """Three kinds of sounds, five files of one second each, in `folder/sounds`; seven styles, three pieces each, in
    `folder/pieces`."""
    import numpy as np
    from scipy.io import wavfile

    from midi.demo import write_corpus

    time = np.arange(RATE) / RATE
    for kind in ("tones", "noise", "beeps"):
        (folder / "sounds" / kind).mkdir(parents=True)
        for number in range(5):
            sound = 0.01 * np.random.default_rng(number).standard_normal(RATE)
            if kind != "noise":
                sound += 0.3 * np.sin(2 * np.pi * (300 + 90 * number) * time) * (kind == "tones" or time % 0.25 < 0.12)
            wavfile.write(folder / "sounds" / kind / f"{number}.wav", RATE, (32_767 * sound).astype(np.int16))
    write_corpus(folder / "pieces", pieces_per_style=3, bars=8)


def trainer(name: str, folder: Path, epochs: int) -> Callable[[Path], Path]:
    """What trains the model `name` (package.model) on the data of `write_data` for so many epochs into a run directory.

    It looks at samples after every epoch, and keeps its corpora in `folder/cache`.
    """
    package, model = name.split(".")
    config = replace(module_of(*name.split(".")).PRESETS["quick"], epochs=epochs)
    data = {"data": folder / ("sounds" if package == "classifiers" else "pieces")}
    if package == "generators":
        family = module_of(*name.split(".")).FAMILY
        data = {"data": folder / ("sounds" if family == "generators.sounds" else "pieces")}
        train = import_module(f"{family}.training").train
    else:
        train = import_module(f"{package}.training").train
    if package == "transfer":
        pieces = {"source": folder / "pieces" / "chorale", "target": folder / "pieces" / "rock"}
        data = pieces if model == "dtn" else {"data": folder / "sounds"}
        import_module(f"transfer.{model}.training")
    return lambda run: train(model, config, output=run, cache=folder / "cache", samples_every=1, **data)
