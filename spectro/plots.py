"""Drawings of spectrogram pictures for people: seconds, kHz and decibels on the axes; no state of Matplotlib's is set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spectro.stft import SpectrogramSetting
from training.errors import InputError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage

WIDEST = 4_096
"""Columns that are drawn at most; of a longer picture each one shows the loudest of several."""


def draw_picture(
    axes: Axes,
    picture: np.ndarray,
    setting: SpectrogramSetting,
    title: str = "",
    *,
    start: float = 0.0,
    colour_bar: bool = True,
) -> AxesImage:
    """Draw one picture (rows, frames) in [0, 1], lowest frequency first, on `axes` of a `matplotlib.figure.Figure`.

    Time in seconds from `start`, frequency in kHz, colours in dB below the reference. InputError: another shape.
    """
    picture = np.asarray(picture)
    if picture.ndim != 2 or picture.shape[0] != setting.rows or not picture.size:
        raise InputError(
            f"a picture must be ({setting.rows} rows, frames) for n_fft {setting.n_fft}; received shape "
            f"{picture.shape}: is it transposed, or of several channels?"
        )
    hop, bin_ = setting.hop / setting.rate, setting.rate / setting.n_fft / 1_000
    edges = (start - hop / 2, start + (picture.shape[1] - 0.5) * hop, -bin_ / 2, (setting.rows - 0.5) * bin_)
    level = setting.floor_db * (1 - _narrowed(picture))
    image = axes.imshow(level, origin="lower", aspect="auto", extent=edges, vmin=setting.floor_db, vmax=0, cmap="magma")
    axes.set(title=title, xlabel="time in s", ylabel="frequency in kHz")
    if colour_bar:
        axes.figure.colorbar(image, ax=axes, label="level in dB")
    return image


def _narrowed(picture: np.ndarray) -> np.ndarray:
    """At most WIDEST columns, the last of which may stand for fewer frames than the others."""
    group = -(-picture.shape[1] // WIDEST)
    if group == 1:
        return picture
    return np.maximum.reduceat(picture, np.arange(0, picture.shape[1], group), axis=1)
