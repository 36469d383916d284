"""What every generator's Config has."""

from __future__ import annotations

from dataclasses import dataclass


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
