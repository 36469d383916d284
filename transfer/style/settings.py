"""How a picture is painted: the weights of the loss, the optimizer and its iterations, and the phase it sounds with."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from training.cli import InputError
from transfer.style.mask import Mask


@dataclass(frozen=True)
class Recipe:
    """The defaults are the paper's for Lil Data; optimizer and step, which it does not name, are convention."""

    content_weight: float = 50.0
    """Alpha: weight of the content loss."""
    style_weight: float = 500.0
    """Beta: weight of the style loss."""
    iterations: int = 500
    """Steps of the optimizer for each tile and channel."""
    optimizer: Literal["adam", "lbfgs"] = "adam"
    """Adam on the pixels, or L-BFGS (arXiv 1508.06576)."""
    step: float = 0.01
    """Adam's step as a share of the pixel range; L-BFGS finds its own."""
    phase: Literal["content", "random", "heap"] = "content"
    """Where the phase reconstruction starts: the content's phase, random phases, or phase gradient heap integration."""
    inversion_iterations: int = 100
    """Griffin-Lim iterations."""
    start: Literal["content", "noise"] = "content"
    """The picture that painting starts from: the content's, or white noise."""
    style_strength: float = 1.0
    """How much of what was painted is taken: 0 is the content, 1 all of it."""
    mask: Mask = field(default_factory=Mask)
    """Where it is taken."""

    def __post_init__(self) -> None:
        for name in ("content_weight", "style_weight"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(f"{name} must be 0 or more and finite; received {getattr(self, name)}")
        if not 0 <= self.style_strength <= 1:
            raise InputError(f"style_strength must be from 0 (the content) to 1 (all style); received {self.style_strength}")
        if self.content_weight == self.style_weight == 0:
            raise InputError("content_weight and style_weight are both 0; one of them must be more, or nothing is painted")
        if self.iterations < 1 or self.inversion_iterations < 0 or not 0 < self.step <= 1:
            raise InputError(
                "iterations must be 1 or more, inversion_iterations 0 or more, step above 0 and at most 1; "
                f"received {self.iterations}, {self.inversion_iterations}, {self.step}"
            )


RANDOM_WEIGHTS = {"content_weight": 2 * 0.01, "style_weight": (2.0 * 4096) ** 2}
"""Ulyanov and Lebedev's weights 0.01 and 1 of the plain sums of squares, in terms of our losses, which are divided."""

TEXTURE = Recipe(0.15, 1.0, 200, optimizer="lbfgs")
"""Features that no paper has: `paper` and `ours` are one."""

PRESETS: dict[str, dict[str, Recipe]] = {
    "paper": {
        "texture": TEXTURE,
        "lil_data": Recipe(),
        "vgg19": Recipe(content_weight=100.0, style_weight=1000.0, iterations=100),
        "random": Recipe(
            **RANDOM_WEIGHTS, iterations=300, optimizer="lbfgs", phase="random", inversion_iterations=500, start="noise"
        ),
    },
    "ours": {
        "texture": TEXTURE,
        "lil_data": Recipe(1.0, 10_000.0, 200, step=0.003),
        "vgg19": Recipe(100.0, 1000.0, 10, step=0.01),
        "random": Recipe(**RANDOM_WEIGHTS, iterations=60, optimizer="lbfgs"),
    },
    "quick": {
        "texture": replace(TEXTURE, iterations=5),
        "lil_data": Recipe(1.0, 10.0, 3, inversion_iterations=4),
        "vgg19": Recipe(1.0, 10.0, 1, inversion_iterations=4),
        "random": Recipe(**RANDOM_WEIGHTS, iterations=1, inversion_iterations=4),
    },
}
"""Recipes by preset and kind of features (a RUN takes those of `lil_data`). The paper's early pictures: the same with 100
iterations for Lil Data and 10 for VGG-19. `ours` gives the style a thousand times more weight and takes
smaller steps: Adam's step is equally large for pixels that hardly matter, and what it leaves there is heard as hiss.
`random`: `paper` is its authors' recipe; `ours` starts from the content, picture and phase, and stops sooner."""


def recipe_of(preset: str, features: str, **given: Any) -> Recipe:
    """The preset's recipe for these features, with what is given (not None) in its place. InputError: not for these."""
    for name in ("phase", "start") if features == "texture" else ():
        if given.get(name) is not None:
            raise InputError(f"--{name} is for features of networks that see pictures; received it with --features texture")
    kind = features if features in PRESETS[preset] else "lil_data"
    return replace(PRESETS[preset][kind], **{name: value for name, value in given.items() if value is not None})
