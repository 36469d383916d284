"""What every generator's Config has, and what its numbers may be."""

from __future__ import annotations

from dataclasses import dataclass

from training.cli import InputError
from training.options import Count, Index, Positive


@dataclass(frozen=True)
class GeneratorConfig:
    """Pictures, labels, augmentation in the feed, and training; models add their own fields and set their paper's values."""

    codec: str = "roll96"
    """Codec of the pictures, by name."""
    conditional: bool = False
    """Learn the labels (folder names) too, so that pictures of one label can be asked for."""
    transpose: Index = 0
    """Training pictures are moved up or down by up to this many semitones."""
    latent: Count = 2
    """Numbers that a picture is made from."""
    learning_rate: Positive = 1e-3
    """The optimizer's step, at the start."""
    batch_size: Count = 32
    """Pictures in a step, over all devices."""
    epochs: Count = 100
    """Passes over the training pictures."""


def check_codec(name: str) -> None:
    """InputError: pictures that hold more than a network can learn to paint."""
    if name == "lossless":
        raise InputError("--codec lossless keeps headers and checksums in its pixels; train on roll96 or another codec")
