"""Families of models: what a package's `MODELS` gives for a model's name. Imports nothing heavy, so that help is quick."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

PACKAGES = ("classifiers", "generators", "transfer")
"""Packages whose `MODELS` a run may name: nothing else is ever imported because a file says so."""


class Family:
    """Models of one kind, trained and used alike; their modules lie in `package`."""

    package: str

    def module(self, model: str) -> ModuleType:
        """The model's module: docstring, Config, PRESETS, build, exported. Importing it registers its classes."""
        return import_module(f"{self.package}.{model}")


def families_of(package: str) -> dict[str, Family]:
    """The models of one of PACKAGES: name -> family."""
    return import_module(package).MODELS


def module_of(package: str, model: str) -> ModuleType:
    """The module of the model of that name in one of PACKAGES."""
    return families_of(package)[model].module(model)
