"""What style may be, by the names that `--features` takes. Imports nothing heavy, so that help is quick.

To add a feature: a module with PRESETS (the settings of paper, ours and quick) and `open_method`, and a line in FEATURES.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from training.errors import InputError

if TYPE_CHECKING:
    from classifiers.prediction import Classifier
    from transfer.style.methods import Method
    from transfer.style.settings import Settings


OPTIMISED = ("content_weight", "style_weight", "optimizer")
"""Options of what an optimizer paints."""
PICTURE = (*OPTIMISED, "phase", "start")
"""Options of pictures that an optimizer paints."""


@dataclass(frozen=True)
class StyleFeature:
    """A kind of style.

    Its module's `open_method(settings, *, features, seed, ...)` gives the `Method`, and the classifier that the features are
    of, which then judges, or None; features: its name, further arguments: of those that it `takes`.
    """

    about: str
    """What style is then, in a few words."""
    module: str
    """Imported when the feature is used, not before: networks need Keras."""
    takes: tuple[str, ...] = PICTURE
    """Options that not all features take."""

    def load(self) -> ModuleType:
        """The module."""
        return import_module(self.module)


FEATURES = {
    "texture": StyleFeature("how the bands of a sound move", "transfer.style.texture.method", takes=OPTIMISED),
    "mosaic": StyleFeature("the grains that it is made of", "transfer.style.mosaic.method", takes=()),
    "hybrid": StyleFeature("texture and mosaic together", "transfer.style.mosaic.hybrid", takes=OPTIMISED),
    "lil_data": StyleFeature("the shipped classifier", "transfer.style.features.lil_data"),
    "vgg19": StyleFeature("VGG-19", "transfer.style.features.vgg19", takes=("vgg_weights", *PICTURE)),
    "music_vgg": StyleFeature("a VGG that has heard music", "transfer.style.features.music_vgg"),
    "random": StyleFeature("random filters in time", "transfer.style.features.random"),
}
"""Name -> feature. All but the first three are features of a network that sees pictures."""
RUN = StyleFeature("the directory of a classifier's run", "transfer.style.features.lil_data")
"""What any other name is taken for."""


def features_help() -> str:
    """A line for `--features`."""
    return "What style is: " + ", ".join(f"{name} ({one.about})" for name, one in FEATURES.items()) + f", or {RUN.about}."


def settings_of(features: str, preset: str, **given: Any) -> Settings:
    """The preset's settings for these features, with what is given (not None) in its place.

    InputError: no such features, an option that is not for these, a number out of its range.
    """
    feature = _named(features)
    chosen = {name: value for name, value in given.items() if value is not None}
    _check_takes(features, feature, chosen)
    return replace(feature.load().PRESETS[preset], **chosen)


def open_method(features: str, settings: Settings, *, seed: int = 0, **given: Any) -> tuple[Method, Classifier]:
    """The method of these features, and the classifier that judges: the one that they are of, or else the shipped one.

    given: options that not all features take, such as `vgg_weights`. InputError: no such features, a file that is not fit.

        method, classifier = open_method("vgg19", settings_of("vgg19", "ours"), vgg_weights="vgg19.h5")
    """
    feature = _named(features)
    chosen = {name: value for name, value in given.items() if value is not None}
    _check_takes(features, feature, chosen)
    method, classifier = feature.load().open_method(settings, features=features, seed=seed, **chosen)
    return method, classifier or _shipped()


def _named(features: str) -> StyleFeature:
    if features not in FEATURES and not os.path.isdir(features):
        raise InputError(f"--features {features} not found; expected one of {', '.join(FEATURES)}, or {RUN.about}")
    return FEATURES.get(features, RUN)


def _check_takes(features: str, feature: StyleFeature, given: dict[str, Any]) -> None:
    """InputError: an option that some features take, but not this one."""
    some = {name for one in (*FEATURES.values(), RUN) for name in one.takes}
    for name in given:
        if name in some and name not in feature.takes:
            takers = [each for each, one in FEATURES.items() if name in one.takes]
            takers += [RUN.about] if name in RUN.takes else []
            option = "--" + name.replace("_", "-")
            raise InputError(f"{option} is for --features {', '.join(takers)}; received --features {features}")


def _shipped() -> Classifier:
    from classifiers import pretrained
    from classifiers.prediction import Classifier

    return Classifier(pretrained.path())
