"""A transcription for people: the spectrogram, what the network makes of it, and the notes, one below the other."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from midi.notes import Piece
from midi.plots import draw_roll
from spectro.audio import blocks
from spectro.plots import draw_picture
from spectro.stft import SpectrogramSetting
from transfer.transcription.notes import LOWEST

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SECONDS = 30.0
"""That are drawn at most, from the beginning on."""
SETTING = SpectrogramSetting(rate=16_000, n_fft=1_024, hop=256)
"""Of the spectrogram."""


def figure_of(source: str | os.PathLike, roll: np.ndarray, rate: float, piece: Piece) -> Figure:
    """A figure of the first SECONDS. roll: (frames, PITCHES, 4) uint8, `rate` frames a second."""
    from matplotlib.figure import Figure

    seconds = min(SECONDS, max(len(roll) / rate, 1.0))
    figure = Figure(figsize=(12, 10), layout="constrained")
    axes = figure.subplots(3, sharex=True)
    sound = next(blocks(source, seconds, rate=SETTING.rate, mono=True, note=lambda line: None))
    draw_picture(axes[0], SETTING.to_picture(np.abs(SETTING.analyse(sound))), SETTING, Path(source).name, colour_bar=False)
    shown = roll[: round(seconds * rate)].astype(np.float32).transpose(1, 0, 2) / 255
    colours = np.stack([shown[..., 0], shown[..., 1], shown[..., 1]], axis=-1)
    edges = (-0.5 / rate, (shown.shape[1] - 0.5) / rate, LOWEST - 0.5, LOWEST + len(shown) - 0.5)
    axes[1].imshow(colours, origin="lower", aspect="auto", extent=edges, interpolation="nearest")
    axes[1].set(title="onsets (red) and frames, as the network hears them", ylabel="MIDI pitch")
    last = float(piece.quarters(piece.ticks(seconds)))
    if (piece.seconds(piece.notes["start"]) < seconds).any():
        draw_roll(axes[2], piece, title="notes", last=last)
    axes[2].set_xlim(0, seconds)
    return figure
