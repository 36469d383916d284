"""The options of `transfer.nst`. Imports nothing heavy, so that help is quick."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import tyro

from training.options import Amount, Count, Fraction, Seed
from transfer.style.features.registry import features_help, open_method, settings_of

if TYPE_CHECKING:
    from classifiers.prediction import Classifier
    from transfer.style.methods import Method
    from transfer.style.settings import Settings

PRESET_FIELDS = ("style_strength", "content_weight", "style_weight", "iterations", "optimizer", "phase", "start")
"""Options that stand in the place of a preset's settings."""


@dataclass(frozen=True)
class StyleOptions:
    """What `transfer.nst` takes; what is not given, the preset says."""

    content: tuple[Path, ...] = ()
    """Recordings to transfer onto, of any length; by default a composed lo-fi track."""
    style: tuple[Path, ...] = ()
    """Recordings whose style is transferred, of any length; by default a composed future bass track."""
    pairs: Path | None = None
    """CSV with a pair in each row instead: columns content and style, paths relative to the CSV, and, if wanted, output, a
    name in the folder OUTPUT."""
    style_strength: Fraction | None = None
    """From 0, the content, to 1, all of the style (the default)."""
    mask: tuple[str, ...] = ()
    """Transfer only there: seconds such as 2-4.5s, frequencies such as 100-2000hz, several of each; by default all."""
    features: Annotated[str, tyro.conf.arg(help=features_help())] = "texture"
    vgg_weights: Path | None = None
    """File of VGG-19's ImageNet weights (without top); by default Keras downloads it."""
    preset: Literal["paper", "ours", "quick"] = "ours"
    """Where weights, iterations, optimizer, phase, start come from; paper's early pictures: 100 (vgg19: 10) iterations."""
    content_weight: Amount | None = None
    """Alpha. Not of mosaic."""
    style_weight: Amount | None = None
    """Beta. Not of mosaic."""
    iterations: Count | None = None
    """Steps of the optimizer for each tile of 5 s and, where a network sees pictures, each channel; of mosaic: updates of
    activations."""
    optimizer: Literal["adam", "lbfgs"] | None = None
    """Adam with steps of a fraction of the pixel range, or L-BFGS. Not of mosaic."""
    phase: Literal["content", "random", "heap"] | None = None
    """Start of the phase reconstruction: the content's phase, random, or integrated from the picture. Of networks only:
    texture keeps the content's phase, grains keep their own."""
    start: Literal["content", "noise"] | None = None
    """Picture to start from. Of networks only: texture starts from the equalised content."""
    seed: Seed = 0
    """Seed of the demo pair, of random phases, of a start from noise and of the features `random`."""
    output: Path | None = None
    """Sound to write, by default nst.wav; picture and report take its name. Folder for several pairs, by default nst."""
    force: bool = False
    """Overwrite what is there; without it, finished pairs of several are not transferred again."""

    @property
    def several(self) -> bool:
        """Whether these are several pairs, whose results go into a folder."""
        return bool(self.pairs) or len(self.content) > 1 or len(self.style) > 1

    def settings(self) -> Settings:
        """The preset's, with what is given in its place. InputError: an option that is not for these features."""
        from transfer.style.settings import mask_of

        given = {name: getattr(self, name) for name in PRESET_FIELDS}
        return settings_of(self.features, self.preset, mask=mask_of(self.mask), **given)

    def method(self) -> tuple[Method, Classifier]:
        """Opened with these settings, and the classifier that judges. InputError: features that cannot be opened."""
        return open_method(self.features, self.settings(), seed=self.seed, vgg_weights=self.vgg_weights)
