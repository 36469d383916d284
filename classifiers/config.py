"""What every classifier's Config has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from training.options import Amount, Count, Positive, Share


@dataclass(frozen=True)
class ClassifierConfig:
    """Front end, augmentation in the feed, and training; models add their own fields."""

    setting: str = "lil_data"
    """Spectrogram setting by name (rate, window, hop, length of a clip)."""
    reference: Literal["clip", "absolute"] = "clip"
    """Level that is picture value 1: the clip's loudest bin, or full scale."""
    time_shift: Share = 0.0
    """Training clips are rolled by up to this share of their length, either way."""
    mixup: Amount = 0.0
    """Beta parameter of mixup on waveforms and targets; 0 is none."""
    learning_rate: Positive = 1e-3
    """The optimizer's step, at the start."""
    batch_size: Count = 32
    """Clips in a step, over all devices."""
    epochs: Count = 20
    """Passes over the training clips."""
