"""What every generator's Config has, and what its numbers may be."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from training.cli import InputError

MAY_BE_ZERO = ("transpose", "blocks", "components")
"""Whole numbers that may be 0; the others count from 1."""
SHARES = ("dropout", "warm_up", "average", "beta_1", "beta_2")
"""Numbers from 0 to 1."""


@dataclass(frozen=True)
class GeneratorConfig:
    """Pictures, labels, augmentation in the feed, and training; models add their own fields and set their paper's values."""

    codec: str = "roll96"
    """Codec of the pictures, by name."""
    conditional: bool = False
    """Learn the labels (folder names) too, so that pictures of one label can be asked for."""
    transpose: int = 0
    """Training pictures are moved up or down by up to this many semitones."""
    latent: int = 2
    """Numbers that a picture is made from."""
    learning_rate: float = 1e-3
    """The optimizer's step, at the start."""
    batch_size: int = 32
    """Pictures in a step, over all devices."""
    epochs: int = 100
    """Passes over the training pictures."""


def check(config: GeneratorConfig) -> None:
    """InputError: a number that cannot be meant, or pictures that hold more than a network can learn to paint."""
    if config.codec == "lossless":
        raise InputError("--codec lossless keeps headers and checksums in its pixels; train on roll96 or another codec")
    for name, value in asdict(config).items():
        option, numbers = "--" + name.replace("_", "-"), value if isinstance(value, tuple) else (value,)
        if not numbers:
            raise InputError(f"{option} must be one number or more; received none")
        for number in numbers:
            if isinstance(number, int) and not isinstance(number, bool) and number < (least := int(name not in MAY_BE_ZERO)):
                raise InputError(f"{option} must be {least} or more; received {number}")
            if isinstance(number, float) and not 0 <= number <= (1 if name in SHARES else math.inf):
                raise InputError(f"{option} must be {'0 to 1' if name in SHARES else '0 or more'}; received {number:g}")


def check_training(seed: int, samples_every: int, patience: int) -> None:
    """InputError: an option of every training that cannot be meant."""
    for name, value, least in (("seed", seed, 0), ("samples-every", samples_every, 1), ("patience", patience, 0)):
        if value < least:
            raise InputError(f"--{name} must be {least} or more; received {value}")
