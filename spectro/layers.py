"""The analysis of `spectro.stft` as Keras layers, so that a model takes raw sound and carries its front end with it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import keras
import numpy as np
from keras import ops

from spectro.stft import SpectrogramSetting
from training.errors import InputError

SOUNDING = 1e-3
"""Largest value of a picture below which it is silence."""


@keras.saving.register_keras_serializable("spectro")
class Spectrogram(keras.layers.Layer):
    """Waveform -> decibel picture, equal to `SpectrogramSetting.to_picture(abs(analyse(signal)))` (tested).

    Input (batch, samples) float32 in [-1, 1]; output (batch, rows, columns, 1) float32 in [0, 1], row 0 = lowest
    frequency. The reference is `clip` (the loudest bin of each clip) or `absolute`; a layer sees one clip at a time and
    so cannot know a whole file's maximum: setting.reference "file" raises InputError.

    method: "fft" (fast; exports to SavedModel only) or "dft" (the same transform written as a convolution with cosines
    and sines: six times slower, exports everywhere).
    """

    def __init__(self, setting: SpectrogramSetting | dict, method: str = "fft", **kwargs: Any) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.setting = SpectrogramSetting(**setting) if isinstance(setting, dict) else setting
        self.method = method
        if method not in ("fft", "dft"):
            raise InputError(f"method must be fft or dft; received {method!r}")
        if self.setting.reference == "file":
            raise InputError("a Spectrogram layer sees clips, not files: reference must be clip or absolute; received file")

    def power(self, waveform: Any) -> Any:
        """(batch, samples) -> (batch, frames, rows), the squared magnitudes of the transform."""
        pad = self.setting.n_fft // 2
        padded = ops.pad(waveform, ((0, 0), (pad, self.setting.n_fft - pad)))
        real, imaginary = self._fft(padded) if self.method == "fft" else self._dft(padded)
        return ops.square(real) + ops.square(imaginary)

    def call(self, waveform: Any) -> Any:
        setting = self.setting
        power = ops.transpose(self.power(waveform), (0, 2, 1))[..., None]
        if setting.reference == "clip":
            reference = ops.max(power, axis=(1, 2, 3), keepdims=True)
        else:
            reference = ops.full((1, 1, 1, 1), setting.full_scale**2)
        return power_to_picture(power / ops.maximum(reference, 1e-30), setting.floor_db)

    def _fft(self, padded: Any) -> tuple[Any, Any]:
        setting = self.setting
        return ops.stft(padded, setting.n_fft, setting.hop, setting.n_fft, window=setting.window_array(), center=False)

    def _dft(self, padded: Any) -> tuple[Any, Any]:
        setting = self.setting
        angle = 2 * np.pi * (np.outer(np.arange(setting.n_fft), np.arange(setting.rows)) % setting.n_fft) / setting.n_fft
        kernel = np.concatenate([np.cos(angle), -np.sin(angle)], axis=1) * setting.window_array()[:, None]
        both = ops.conv(
            padded[..., None],
            kernel[:, None].astype("float32"),
            strides=setting.hop,
            padding="valid",
            data_format="channels_last",
        )
        return both[..., : setting.rows], both[..., setting.rows :]

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        frames = None if input_shape[1] is None else self.setting.frames(input_shape[1])
        return (input_shape[0], self.setting.rows, frames, 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "setting": asdict(self.setting), "method": self.method}


@keras.saving.register_keras_serializable("spectro")
class MelPicture(keras.layers.Layer):
    """Linear picture -> mel picture: back to power, through triangular mel bands, mean over columns, to decibels again.

    Input (batch, rows, columns, 1) in [0, 1] made with `setting`; output (batch, bands, columns // pool, 1) in [0, 1], where
    1 is the clip's loudest mel bin. Differentiable, so that a picture can be painted through it. Bands as
    `librosa.filters.mel` (Slaney scale, unit area); `pool` columns become one by the mean of their power.
    """

    def __init__(self, setting: SpectrogramSetting | dict, bands: int = 64, pool: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.setting = SpectrogramSetting(**setting) if isinstance(setting, dict) else setting
        self.bands, self.pool = bands, pool

    def build(self, input_shape: tuple) -> None:
        from spectro.libraries import librosa

        self.filters = librosa.filters.mel(sr=self.setting.rate, n_fft=self.setting.n_fft, n_mels=self.bands)
        self.built = True

    def call(self, picture: Any) -> Any:
        power = ops.exp((1 - picture[..., 0]) * (self.setting.floor_db / 10 * np.log(10)))
        mel = ops.matmul(ops.convert_to_tensor(self.filters, "float32"), power)[..., None]
        mel = ops.average_pool(mel, (1, self.pool), padding="valid", data_format="channels_last")
        reference = ops.max(mel, axis=(1, 2, 3), keepdims=True)
        sounding = ops.max(picture, axis=(1, 2, 3), keepdims=True) > SOUNDING
        return power_to_picture(ops.where(sounding, mel / reference, 0.0), self.setting.floor_db)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        columns = None if input_shape[2] is None else input_shape[2] // self.pool
        return (input_shape[0], self.bands, columns, 1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "setting": asdict(self.setting), "bands": self.bands, "pool": self.pool}


@keras.saving.register_keras_serializable("spectro")
class LogMel(keras.layers.Layer):
    """Linear picture -> log10(1 + 10,000 mel power), as the networks of musicnn take it (Pons and Serra, arXiv 1909.06654).

    Input (batch, rows, columns, 1) in [0, 1] made with `setting`; output (batch, columns, bands, 1), 0 where the picture is.
    loudest: magnitude of picture value 1; None: a sine of full scale. Bands as those of `MelPicture`. Differentiable.
    """

    def __init__(
        self, setting: SpectrogramSetting | dict, bands: int = 96, loudest: float | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.setting = SpectrogramSetting(**setting) if isinstance(setting, dict) else setting
        self.bands, self.loudest = bands, loudest

    def build(self, input_shape: tuple) -> None:
        from spectro.libraries import librosa

        self.filters = librosa.filters.mel(sr=self.setting.rate, n_fft=self.setting.n_fft, n_mels=self.bands)
        self.built = True

    def call(self, picture: Any) -> Any:
        loudest, floor = self.loudest or self.setting.full_scale, self.setting.floor_db / 10 * np.log(10)
        power = loudest**2 * (ops.exp((1 - picture[..., 0]) * floor) - np.exp(floor))
        mel = ops.matmul(ops.convert_to_tensor(self.filters, "float32"), power)
        return ops.transpose(ops.log1p(1e4 * mel) / np.log(10), (0, 2, 1))[..., None]

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return (input_shape[0], input_shape[2], self.bands, 1)

    def get_config(self) -> dict[str, Any]:
        settings = {"setting": asdict(self.setting), "bands": self.bands, "loudest": self.loudest}
        return {**super().get_config(), **settings}


@keras.saving.register_keras_serializable("spectro")
class LogFrequency(keras.layers.Layer):
    """Waveform -> decibel picture whose rows are parts of a semitone, once for each of several window lengths.

    Input (batch, samples) float32 in [-1, 1]; output (batch, frames, bins, windows) float32 in [0, 1]: 1 is a sine of
    amplitude 1, 0 is `floor_db` below it. Frame t is centred at sample t * hop, whatever the window, as in `Spectrogram`;
    bin k at lowest * 2 ** (k / per_octave) Hz. A long window tells low notes apart, a short one tells when they begin.

    A bin is the power of the transform under a triangle around its frequency, as wide as the bins beside it, or as the
    transform's own where these are wider, so that low bins interpolate. Bins above half the rate are 0. method: as in
    `Spectrogram`.
    """

    def __init__(
        self,
        rate: int,
        hop: int,
        windows: tuple[int, ...],
        lowest: float,
        per_octave: int,
        bins: int,
        floor_db: float = -80.0,
        method: str = "fft",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs | {"dtype": "float32"})
        self.settings = [SpectrogramSetting(rate, size, hop, "hann", floor_db, "absolute") for size in windows]
        self.lowest, self.per_octave, self.bins, self.method = lowest, per_octave, bins, method
        self.spectra = [Spectrogram(setting, method) for setting in self.settings]
        self.filters = [self._filters(setting) for setting in self.settings]

    def build(self, input_shape: tuple) -> None:
        for spectrum in self.spectra:
            spectrum.build(input_shape)
        self.built = True

    def _filters(self, setting: SpectrogramSetting) -> np.ndarray:
        """(rows, bins) of triangles of height 1."""
        centres = self.lowest * 2 ** (np.arange(self.bins) / self.per_octave)
        widths = np.maximum(centres * (2 ** (1 / self.per_octave) - 1), setting.rate / setting.n_fft)
        frequencies = np.arange(setting.rows) * setting.rate / setting.n_fft
        triangles = 1 - np.abs(frequencies[:, None] - centres) / widths
        return np.where(centres < setting.rate / 2, np.maximum(triangles, 0), 0).astype(np.float32)

    def call(self, waveform: Any) -> Any:
        pictures = []
        for setting, spectrum, filters in zip(self.settings, self.spectra, self.filters, strict=True):
            power = ops.matmul(spectrum.power(waveform), filters) / setting.full_scale**2
            pictures.append(power_to_picture(power, setting.floor_db))
        return ops.stack(pictures, axis=-1)

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        frames = None if input_shape[1] is None else self.settings[0].frames(input_shape[1])
        return (input_shape[0], frames, self.bins, len(self.settings))

    def get_config(self) -> dict[str, Any]:
        first = self.settings[0]
        return {
            **super().get_config(),
            "rate": first.rate,
            "hop": first.hop,
            "windows": [setting.n_fft for setting in self.settings],
            "lowest": self.lowest,
            "per_octave": self.per_octave,
            "bins": self.bins,
            "floor_db": first.floor_db,
            "method": self.method,
        }


def power_to_picture(power: Any, floor_db: float) -> Any:
    """Power relative to the reference -> [0, 1]: 0 at or below the floor, 1 at the reference."""
    level = ops.log10(ops.maximum(power, 10 ** (floor_db / 10))) * 10
    return ops.clip(1 - level / floor_db, 0.0, 1.0)


def exportable(layer: keras.layers.Layer) -> keras.layers.Layer:
    """A copy of a layer as `keras.models.clone_model` wants it, with the analysis written as a convolution."""
    if isinstance(layer, Spectrogram):
        return Spectrogram(layer.setting, method="dft", name=layer.name)
    if isinstance(layer, LogFrequency):
        return LogFrequency.from_config(layer.get_config() | {"method": "dft"})
    return type(layer).from_config(layer.get_config())
