"""What every generator's Config holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GeneratorConfig:
    """Options that all generators share; a model's own Config adds to them and sets its paper's values."""

    codec: str = "roll96"
    """Codec of the pictures; `python -m midi.convert --help` names them."""
    conditional: bool = False
    """Learn the labels (folder names) too, so that samples of one label can be asked for."""
    latent: int = 2
    """Numbers that a picture is made from."""
    learning_rate: float = 1e-3
    """Step size of the optimizer."""
    batch_size: int = 32
    """Pictures in a batch."""
    epochs: int = 100
    """Passes over the training part."""
