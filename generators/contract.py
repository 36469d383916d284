"""What a generator is: the families of models, what each is asked for, and what gives it. Imports nothing heavy."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Protocol, cast, runtime_checkable

import tyro

from training.cli import import_keras
from training.errors import InputError
from training.family import Family, families_of, family_of
from training.options import Index, Range, Seed, TrainOptions
from training.runs import read_run

if TYPE_CHECKING:
    import numpy as np

Temperature = Annotated[float, Range(0, 100)]
"""How bold a draw is."""
Tempo = Annotated[float, Range(4, 1_000_000)]
"""Beats a minute."""


@dataclass(frozen=True)
class GeneratorTrainOptions(TrainOptions):
    """What `generators.train` takes besides the model's own options."""

    patience: Index = 20
    """Epochs of nothing but black, grey or equal pictures, or silence or one note, after which training ends; 0: never."""


@dataclass(frozen=True)
class SampleOptions:
    """What to make, of which run."""

    run: tyro.conf.Positional[Path]
    """Run directory of a generator; RUN --help tells the options of its model."""
    output: Path
    """Folder for the samples."""
    count: Annotated[int, Range(1, 10**12)] = 16
    """Items to make."""
    seed: Seed = 0
    """Seed of all draws."""
    items: tuple[Index, ...] = ()
    """Make only the items of these numbers."""


@dataclass(frozen=True)
class MidiSampleOptions(SampleOptions):
    """What music is written as."""

    format: str = "midi"
    """midi, png, npy, wav, or several of them with commas."""
    tempo: Tempo | None = None
    """Beats a minute; without it the codec's."""

    @property
    def microseconds(self) -> int | None:
        """Of a quarter, or None."""
        return None if self.tempo is None else round(60e6 / self.tempo)


@dataclass(frozen=True)
class EvaluateOptions:
    """Which runs."""

    runs: tyro.conf.Positional[tuple[Path, ...]]
    """Run directories of generators, of one family; RUN --help tells the options of its model."""
    seed: Seed = 0
    """Seed of the samples, and of all that is drawn of the data."""
    output: Path | None = None
    """Folder for the results, of several runs for a folder each; by default RUN/evaluation."""
    data: Path | None = None
    """Where the data are now, if they have moved."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""
    force: bool = False
    """Overwrite results that exist."""


class GeneratorFamily(Family):
    """Generators of one kind: what `generators.sample` and `generators.evaluate` ask them for, and what does it."""

    package = "generators"
    options = GeneratorTrainOptions
    sampling: type[SampleOptions] = SampleOptions
    """What its samples are asked for with."""
    evaluating: type[EvaluateOptions] = EvaluateOptions
    """What its evaluations are asked for with."""

    def sample(self, options: Any) -> Path:
        """Make the items that `options`, a `sampling`, asks for; the path of their manifest."""
        raise NotImplementedError

    def evaluate(self, options: Any) -> list[Path]:
        """Evaluate the runs of `options`, an `evaluating`, and print a table of each; the folders of the results."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Known:
    """Cells of pictures that must stay: for continuation (the left part is known) and filling in (a hole is not).

    `generators.pictures.filling` makes them of a user's piece.
    """

    pictures: np.ndarray
    """uint8 (count, h, w, c) of the codec; of samplers with `any_width` w may be another."""
    mask: np.ndarray
    """bool (count, h, w, c): True where a cell stays; what `pictures` hold elsewhere is of no account."""


class PictureSampler(Protocol):
    """What a model module of pictures gives by `sampler(model, codec)`: new pictures of the codec, by seed.

    `generators.pictures.latent_sampler` is the one of models that decode latents. One that draws cell after cell over a
    cached step implements the same.
    """

    batch: int
    """Pictures generated together, however many are asked for: a picture never depends on what else is among them."""
    any_width: bool
    """Known pictures may be wider or narrower than the codec's, and what is drawn is as wide as they are."""

    def draw(
        self, seeds: np.ndarray, labels: np.ndarray | None = None, temperature: float = 1.0, known: Known | None = None
    ) -> np.ndarray:
        """uint8 (count, h, w, c), picture i by seeds[i] uint64, labels[i] (a number) and known's i-th alone.

        temperature: below 1 safer, above 1 bolder; 0 takes what is most probable. known: its cells come back as they are.
        InputError, of one line: something that the model cannot do, as cells to keep that come later in its order than
        others which are to be drawn, and what to train for it.
        """

    def preview(self, seeds: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """What the model, perhaps in training, shows before levels are chosen: float32 (count, h, w, c) in [LOW, 1]."""


@runtime_checkable
class Guided(Protocol):
    """A sampler, a dataclass, of models that learned labels and a label for none: predictions can be moved apart by them."""

    guidance: float
    """How far predictions go from those without a label (0) to those of the label (1), and beyond (arXiv 2207.12598)."""


def formats_of(text: str) -> tuple[str, ...]:
    """What --format names, with commas."""
    return tuple(text.replace(" ", "").split(","))


def run_family(run: str | os.PathLike) -> GeneratorFamily:
    """The family of a run's model. InputError: not a run, one of another package, of a model that there is not."""
    record = read_run(run)
    if record.get("package") != "generators":
        raise InputError(f"{run} is a run of {record.get('package')}; expected one that generators.train made")
    return cast(GeneratorFamily, family_of(record))


def family_named(arguments: list[str]) -> GeneratorFamily | None:
    """The family of the run that a command line names; None, where it names none.

    InputError: what stands first is no run of a generator.
    """
    named = [argument for argument in arguments if Path(argument, "config.json").is_file()] or arguments[:1]
    if not named or named[0].startswith("-"):
        return None
    import_keras()
    return run_family(named[0])


def model_names(family: type[GeneratorFamily]) -> list[str]:
    """The models of a family."""
    return [name for name, one in families_of("generators").items() if isinstance(one, family)]
