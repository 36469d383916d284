"""How a picture is painted: the weights of the loss, the optimizer and its iterations, and the phase it sounds with."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from training.cli import InputError


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

    def __post_init__(self) -> None:
        for name in ("content_weight", "style_weight"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InputError(f"{name} must be 0 or more and finite; received {getattr(self, name)}")
        if self.content_weight == self.style_weight == 0:
            raise InputError("content_weight and style_weight are both 0; one of them must be more, or nothing is painted")
        if self.iterations < 1 or self.inversion_iterations < 0 or not 0 < self.step <= 1:
            raise InputError(
                "iterations must be 1 or more, inversion_iterations 0 or more, step above 0 and at most 1; "
                f"received {self.iterations}, {self.inversion_iterations}, {self.step}"
            )


PRESETS = {
    "paper": {"lil_data": Recipe(), "vgg19": Recipe(content_weight=100.0, style_weight=1000.0, iterations=100)},
    "ours": {"lil_data": Recipe(1.0, 10_000.0, 200, step=0.003), "vgg19": Recipe(100.0, 1000.0, 10, step=0.01)},
    "quick": {
        "lil_data": Recipe(1.0, 10.0, 3, inversion_iterations=4),
        "vgg19": Recipe(1.0, 10.0, 1, inversion_iterations=4),
    },
}
"""Recipes by preset and kind of features (a RUN takes those of `lil_data`). The paper's early pictures: the same with 100
iterations for Lil Data and 10 for VGG-19. `ours` gives the style a thousand times more weight and takes
smaller steps: Adam's step is equally large for pixels that hardly matter, and what it leaves there is heard as hiss."""


def recipe_of(preset: str, features: str, **given: Any) -> Recipe:
    """The preset's recipe for these features, with what is given (not None) in its place."""
    kind = features if features == "vgg19" else "lil_data"
    return replace(PRESETS[preset][kind], **{name: value for name, value in given.items() if value is not None})
