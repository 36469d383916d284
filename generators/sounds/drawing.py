"""Held-out clips and how a model goes on with them, side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from spectro.plots import draw_picture, save_figure
from spectro.stft import SpectrogramSetting

CLIPS = 4
"""Clips that are drawn."""
SHOWN = {
    "the clip itself": "held-out clip",
    "model": "the model goes on",
    "model, of one column": "of its first column alone",
}
"""Ways of going on that are drawn, and their titles."""


def draw(output: Path, pictures: np.ndarray, ways: dict[str, np.ndarray], setting: SpectrogramSetting) -> str:
    """Write `continuations.png` into `output`; its name. A line stands where the model takes over."""
    from matplotlib.figure import Figure

    middle = pictures.shape[-1] // 2
    clips = np.linspace(0, len(pictures) - 1, CLIPS).astype(int)
    figure = Figure(figsize=(4.5 * CLIPS, 3 * len(SHOWN)), layout="constrained")
    grid = figure.subplots(len(SHOWN), CLIPS, squeeze=False)
    for row, (way, title) in zip(grid, SHOWN.items(), strict=True):
        for axes, clip in zip(row, clips, strict=True):
            whole = np.concatenate([pictures[clip, :, :middle], ways[way][clip]], axis=-1)
            draw_picture(axes, whole, setting, title, colour_bar=False)
            axes.axvline(middle * setting.hop / setting.rate, color="white", linewidth=0.8, linestyle="--")
    save_figure(figure, output / "continuations.png", dpi=80)
    return "continuations.png"
