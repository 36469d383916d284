"""Families of models: what a package's `MODELS` gives for a model's name. Imports nothing heavy, so that help is quick."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from training.errors import InputError
from training.options import TrainOptions

PACKAGES = ("classifiers", "generators", "transfer")
"""Packages whose `MODELS` a run may name: nothing else is ever imported because a file says so."""


@dataclass(frozen=True)
class Context:
    """What a model's `build(config, context)` knows of the training that it is built for."""

    classes: int = 0
    """Labels of the data; 0 where none are learned."""
    steps: int = 1
    """Optimizer steps of the whole training, for schedules."""
    statistics: Any = None
    """What the family has measured of the training part, for starts that depend on it; None: start without."""
    first: Callable[[], Any] | None = None
    """Gives the inputs of the first training batch, as the feed has them: an array, or a tuple with labels."""


class Link(NamedTuple):
    """A cell that leads to a file, as seen from the page's directory."""

    text: str
    href: str


class Section(NamedTuple):
    """A part of a page, shown in this order.

    table: rows of cells, the first of them the heads. meanings: what figures tell, a sentence for each. files: paths below
    the page's directory; pictures are shown, sounds get a player, others a link; captions: file -> words, else its path;
    loops: files that are played round and round. commands: lines to be typed. drawing: SVG as `training.page.inlined` gives
    it.
    """

    title: str
    text: str = ""
    table: Sequence[Sequence[str | Link]] = ()
    files: Sequence[str] = ()
    captions: Mapping[str, str] = {}
    meanings: Mapping[str, str] = {}
    commands: Sequence[str] = ()
    drawing: str = ""
    loops: Sequence[str] = ()


class Report(NamedTuple):
    """What a family tells of a run.

    levels: figure of the history -> the value that the data have, a dashed line. meanings: figure -> what it tells, a
    sentence.
    """

    sections: Sequence[Section] = ()
    levels: Mapping[str, float] = {}
    meanings: Mapping[str, str] = {}


class Family:
    """Models of one kind, trained, used and reported alike; their modules lie in `package`."""

    package: str
    options: type[TrainOptions] = TrainOptions
    """What their training takes."""

    def module(self, model: str) -> ModuleType:
        """The model's module: docstring, Config, PRESETS, build, exported. Importing it registers its classes."""
        return import_module(f"{self.package}.{model}")

    def recipe(self, model: str) -> type:
        """How the model is trained: a `training.recipe.Recipe`."""
        raise NotImplementedError

    def exported(self, model: str, run: Path, network: Any) -> Any:
        """What is exported of the run: what the model's module makes of its `network`, and what the run has besides."""
        return self.module(model).exported(network)

    def report(self, run: Path, evaluation: Path) -> Report:
        """What the run's `report.html` tells besides its history, samples and record, from what lies in the run.

        evaluation: the folder of its newest evaluation, if there has been one.
        """
        return Report()


def families_of(package: str) -> dict[str, Family]:
    """The models of one of PACKAGES: name -> family. InputError: another package."""
    if package not in PACKAGES:
        raise InputError(f"no package of models {package!r}; expected one of {', '.join(PACKAGES)}")
    return import_module(package).MODELS


def module_of(package: str, model: str) -> ModuleType:
    """The module of the model of that name in one of PACKAGES. InputError: there is none."""
    return family_named(package, model).module(model)


def family_named(package: str, model: str) -> Family:
    """The family of the model of that name in one of PACKAGES. InputError: there is none."""
    families = families_of(package)
    if model not in families:
        raise InputError(f"{package} has no model {model!r}; expected one of {', '.join(families)}")
    return families[model]


def family_of(record: Mapping[str, Any]) -> Family:
    """The family of the model that a run's record names. InputError: it is none of ours."""
    package, model = record.get("package"), record.get("model")
    if package not in PACKAGES or not isinstance(model, str) or model not in families_of(package):
        raise InputError(f"the run names the model {package}.{model}, which this version does not have")
    return families_of(package)[model]


def preset_of(module: ModuleType, name: str, quick: bool = False) -> Any:
    """The config of one of a model's presets; `ours`, the default, is `paper` where a model has no such one.

    InputError: the model has no preset of that name.
    """
    name = "quick" if quick else name
    if name not in module.PRESETS and name != TrainOptions.preset:
        raise InputError(f"--preset must be one of {', '.join(module.PRESETS)}; received {name!r}")
    return module.PRESETS.get(name, module.PRESETS["paper"])
