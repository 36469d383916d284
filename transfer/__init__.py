"""Style transfer: a sound painted in the style of another, models that learn one kind of sound or music and play another."""

from importlib import import_module
from types import ModuleType

from training.family import Family


class Transfers(Family):
    """Models of the package: a folder each, with the model, its training, and how it is applied to whole files."""

    package = "transfer"

    def module(self, model: str) -> ModuleType:
        """`transfer.MODEL.model`."""
        return import_module(f"transfer.{model}.model")


MODELS = dict.fromkeys(("hilbert_autoencoder", "dtn"), Transfers())
"""The models of this package that are trained into runs; style transfer paints each picture anew and has none."""
