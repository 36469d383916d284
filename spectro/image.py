"""Spectrogram pictures as PNG files that carry their setting, so that `load` needs no option.

Grey, 16 bits (or 8), high frequencies at the top, channels one below the other. Text chunks hold: format, codec
"spectrogram", setting (JSON), reference (magnitude of white), channels, samples (of each channel of the sound).
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin

from spectro.stft import SpectrogramSetting
from training.errors import InputError
from training.files import atomic

FORMAT = "1"
"""Version of the picture format; readers refuse any other."""
CODEC = "spectrogram"
MAX_PIXELS = 1 << 30
"""Pixels of a picture at most: 4 GiB as float32; two hours of mono at the preset lil_data take half of it."""
_COLUMNS = 1 << 12
_WHITE = {8: 255, 16: 65_535}
_DTYPE = {8: np.uint8, 16: np.uint16}
_MODES = {"L": 8, "I;16": 16, "I;16B": 16}
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, OverflowError, struct.error, zlib.error)


@dataclass(frozen=True, eq=False)
class LoadedPicture:
    """A picture file's content: all that it takes to make sound of it."""

    picture: np.ndarray
    """float32 (channels, rows, frames) in [0, 1], lowest frequency first."""
    setting: SpectrogramSetting
    reference: float
    """Magnitude of picture value 1; 0 is silence throughout."""
    samples: int
    """Length of the sound, in samples of each channel."""
    bits: int
    """8 or 16."""


def save(
    path: str | os.PathLike,
    picture: np.ndarray,
    setting: SpectrogramSetting,
    reference: float,
    *,
    bits: int = 16,
    samples: int | None = None,
) -> None:
    """Write a picture as PNG, atomically.

        save("song.png", setting.to_picture(magnitude), setting, setting.reference_of(magnitude))

    picture: (rows, frames) or (channels, rows, frames) in [0, 1], lowest frequency first, as `setting.to_picture` gives.
    reference: the magnitude that is white. samples: length of the sound; by default the shortest with these frames.
    InputError: shape or length that is not the setting's, values beyond [0, 1], NaN, more than MAX_PIXELS.
    """
    picture = _checked(np.asarray(picture), setting)
    frames = picture.shape[-1]
    samples = max(1, setting.samples(frames)) if samples is None else int(samples)
    if bits not in _WHITE:
        raise InputError(f"bits must be 8 or 16; received {bits}")
    if samples < 1 or setting.frames(samples) != frames:
        raise InputError(
            f"a sound of {samples} samples has {setting.frames(samples)} frames; received {frames}: it was "
            "made with another setting, or the picture was cut"
        )
    if not 0 <= reference < math.inf:
        raise InputError(f"the reference must be a magnitude; received {reference}")
    text = {
        "format": FORMAT,
        "codec": CODEC,
        "setting": json.dumps(dataclasses.asdict(setting)),
        "reference": repr(float(reference)),
        "channels": str(len(picture)),
        "samples": str(samples),
    }
    chunks = PngImagePlugin.PngInfo()
    for key, value in text.items():
        chunks.add_text(key, value)
    stacked = np.empty((picture.shape[0] * picture.shape[1], frames), _DTYPE[bits])
    for level, row in zip(stacked, _rows(picture), strict=True):
        level[:] = _levels(row, bits)
    with atomic(path) as temporary:
        Image.fromarray(stacked).save(temporary, format="PNG", pnginfo=chunks)


def load(path: str | os.PathLike) -> LoadedPicture:
    """Read what `save` wrote.

        found = load("song.png")
        magnitude = found.setting.to_magnitude(found.picture, found.reference)

    InputError: missing, not a PNG, damaged, without setting, another version, wrong size.
    """
    try:
        with open(path, "rb") as file:
            return _read(path, file)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path} not found") from None
    except (IsADirectoryError, PermissionError) as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except _BROKEN as error:
        raise InputError(f"{path} is not a whole PNG ({error}); was it cut short or damaged?") from None


def quantisation_error(picture: np.ndarray, setting: SpectrogramSetting, bits: int) -> float:
    """What rounding to `bits` costs: 20 log10(|| magnitude of the rounded - of the given || / || magnitude ||) in dB.

    picture as for `save`. 8 bits over 80 dB cost about -39.5 dB, 16 bits about -88 dB. Silence costs nothing: -200 dB.
    """
    lost = whole = 0.0
    for channel in _checked(np.asarray(picture), setting):
        for start in range(0, channel.shape[-1], _COLUMNS):
            part = channel[:, start : start + _COLUMNS]
            magnitude = setting.to_magnitude(part, 1.0)
            lost += np.sum((setting.to_magnitude(_values(_levels(part, bits), bits), 1.0) - magnitude) ** 2, dtype=float)
            whole += np.sum(magnitude**2, dtype=float)
    return max(-200.0, 10 * math.log10(lost / whole)) if lost else -200.0


def _rows(picture: np.ndarray) -> Iterator[np.ndarray]:
    """The rows of (channels, rows, frames) as they stand in the file: one channel after the other, highest first."""
    return (row for channel in picture for row in channel[::-1])


def _levels(picture: np.ndarray, bits: int) -> np.ndarray:
    """[0, 1] -> grey levels; `_values` is its inverse."""
    return np.rint(picture * np.float32(_WHITE[bits])).astype(_DTYPE[bits])


def _values(levels: np.ndarray, bits: int) -> np.ndarray:
    """Grey levels -> float32 [0, 1]."""
    return levels.astype(np.float32) / np.float32(_WHITE[bits])


def _checked(picture: np.ndarray, setting: SpectrogramSetting) -> np.ndarray:
    """The picture as (channels, rows, frames)."""
    if picture.ndim == 2:
        picture = picture[None]
    if picture.ndim != 3 or not picture.size or picture.shape[1] != setting.rows:
        raise InputError(
            f"a picture must be (channels, {setting.rows} rows, frames) for n_fft {setting.n_fft}; received "
            f"shape {picture.shape}: it was made with another setting, or is transposed"
        )
    if picture.size > MAX_PIXELS:
        raise InputError(f"a picture may have {MAX_PIXELS:,} pixels; received {picture.size:,}: cut the sound")
    if not (picture.min() >= 0 and picture.max() <= 1):
        raise InputError(f"picture values must be within [0, 1]; received {picture.min()} to {picture.max()}")
    return picture


def _read(path: str | os.PathLike, file: BinaryIO) -> LoadedPicture:
    PngImagePlugin.PngImageFile(file).verify()  # the checksums, which decoding alone passes over
    file.seek(0)
    # Not Image.open: a song is larger than the size from which it suspects an attack; ours is checked here.
    image = PngImagePlugin.PngImageFile(file)
    setting, reference, channels, samples = _facts(path, image.info)
    expected = (setting.frames(samples), channels * setting.rows)
    if image.size != expected or image.mode not in _MODES:
        raise InputError(
            f"{path} is {image.size[0]} x {image.size[1]} {image.mode}; expected {expected[0]} x {expected[1]} "
            "grey by the setting it carries: it was resized or edited"
        )
    if expected[0] * expected[1] > MAX_PIXELS:
        raise InputError(f"{path} has {expected[0] * expected[1]:,} pixels; at most {MAX_PIXELS:,} can be read")
    bits = _MODES[image.mode]
    picture = np.empty((channels, setting.rows, expected[0]), np.float32)
    for row, level in zip(_rows(picture), np.asarray(image), strict=True):
        row[:] = _values(level, bits)
    return LoadedPicture(picture, setting, reference, samples, bits)


def _facts(path: str | os.PathLike, text: dict[str, Any]) -> tuple[SpectrogramSetting, float, int, int]:
    """Setting, reference, channels and samples by the text chunks."""
    if text.get("codec") != CODEC:
        carried = f"carries codec {text['codec']!r}" if "codec" in text else "carries no setting"
        raise InputError(
            f"{path} {carried}; expected a picture that spectro.convert made, as it was saved: image editors drop the text"
        )
    if text.get("format") != FORMAT:
        raise InputError(f"{path} has picture format {text.get('format')}; this version reads {FORMAT}")
    try:
        setting = _setting(json.loads(text["setting"]))
        reference, channels, samples = float(text["reference"]), int(text["channels"]), int(text["samples"])
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise InputError(f"{path} carries a damaged setting ({error})") from None
    if not (0 <= reference < math.inf and channels >= 1 and samples >= 1):
        raise InputError(f"{path} carries a damaged setting: reference {reference}, {channels} channels, {samples} samples")
    return setting, reference, channels, samples


def _setting(fields: dict[str, Any]) -> SpectrogramSetting:
    """The setting of a JSON object; ValueError unless every field is there and of its type."""
    usual = dataclasses.asdict(SpectrogramSetting())
    if not isinstance(fields, dict) or fields.keys() != usual.keys():
        raise ValueError(f"expected the fields {', '.join(usual)}")
    for name, value in fields.items():
        kinds = (int, float) if isinstance(usual[name], float) else type(usual[name])
        if not isinstance(value, kinds) or isinstance(value, bool) or value != value or value in (math.inf, -math.inf):
            raise ValueError(f"{name} is {value!r}")
    return SpectrogramSetting(**fields)
