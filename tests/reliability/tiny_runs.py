"""Every model of the project trained by its `quick` preset on tiny data, for programs that go over all of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from generators.contract import model_names as models_of
from generators.pictures import Pictures
from generators.sequences import Sequences
from tests.reliability.models import PACKAGES
from training.family import families_of, module_of

RATE = 8_000
"""Hz, of the `quick` settings."""
PIECES = [*models_of(Pictures), *models_of(Sequences), "transcription"]
"""Models of MIDI pieces."""


def model_names() -> list[str]:
    """All models, as package.model."""
    return [f"{package}.{model}" for package in PACKAGES for model in families_of(package)]


def write_data(folder: Path, names: Sequence[str]) -> None:
    """What the models `names` (package.model) train on: `folder/pieces` for those of MIDI pieces, else `folder/sounds`."""
    models = {name.split(".")[1] for name in names}
    of_pieces = models & {*PIECES, "dtn"}
    if of_pieces:
        from midi.demo import write_corpus

        write_corpus(folder / "pieces", pieces_per_style=3, bars=8)
    if models - of_pieces:
        _write_sounds(folder / "sounds")


def _write_sounds(folder: Path) -> None:
    """Three kinds, five files of one second each."""
    import numpy as np
    from scipy.io import wavfile

    time = np.arange(RATE) / RATE
    for kind in ("tones", "noise", "beeps"):
        (folder / kind).mkdir(parents=True)
        for number in range(5):
            sound = 0.01 * np.random.default_rng(number).standard_normal(RATE)
            if kind != "noise":
                sound += 0.3 * np.sin(2 * np.pi * (300 + 90 * number) * time) * (kind == "tones" or time % 0.25 < 0.12)
            wavfile.write(folder / kind / f"{number}.wav", RATE, (32_767 * sound).astype(np.int16))


def trainer(name: str, folder: Path, epochs: int) -> Callable[[Path], Path]:
    """What trains the model `name` (package.model) on the data of `write_data` for so many epochs into a run directory.

    It looks at samples after every epoch, and keeps its corpora in `folder/cache`.
    """
    from training.recipe import train

    package, model = name.split(".")
    config = replace(module_of(package, model).PRESETS["quick"], epochs=epochs)
    data = {"data": folder / ("sounds" if model not in PIECES else "pieces")}
    if model == "dtn":
        data = {"source": folder / "pieces" / "chorale", "target": folder / "pieces" / "rock"}
    where = {"cache": folder / "cache", "samples_every": 1, **data}
    return lambda run: train(package, model, config, output=run, **where)
