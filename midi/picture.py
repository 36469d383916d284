"""MIDI pictures as files that carry their codec, so that `load` needs no option.

PNG: one sheet for a piece. Windows lie side by side in time, layers one below the other; pictures of one channel are grey,
of three RGB, of four RGBA, and of any other number grey, their channels one below the other within a layer. Text: format,
codec (its name), facts (all its fields, JSON), windows, layers, tempo (microseconds a quarter, where known) and, where it
changes, tempos (JSON; `midi.tempo.TempoMap.facts`).
NPY: uint8 (windows * layers, height, width, channels), window by window; the same facts stand in `<its name>.json`.
"""

from __future__ import annotations

import json
import math
import os
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from PIL import Image, PngImagePlugin

from midi.codecs import from_facts
from midi.codecs.codec import Codec, Encoded
from midi.png import write_png
from midi.tempo import Tempo, TempoMap, check_tempo
from training.errors import InputError
from training.files import atomic, beside, read_json, write_json

FORMAT = "1"
"""Version of the picture format; readers refuse any other."""
MAX_BYTES = 1 << 30
"""Bytes of the pictures of a file at most."""
SUFFIXES = frozenset([".png", ".npy"])
"""File names that are taken for MIDI pictures."""
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, KeyError, IndexError, OverflowError, struct.error, zlib.error)


@dataclass(frozen=True, eq=False)
class LoadedPicture:
    """A file's content: what `codec.decode` takes to make a piece of it."""

    images: np.ndarray
    """uint8 (count, height, width, channels), window by window; black ones of layers above 0 left out."""
    windows: np.ndarray
    """(count,) place of each in time."""
    layers: np.ndarray
    """(count,) which picture of its window it is."""
    codec: Codec
    tempo: Tempo | None
    """Microseconds a quarter, or a map; None: the codec's."""


def save(path: str | os.PathLike, encoded: Encoded, codec: Codec, tempo: Tempo | None = None) -> None:
    """Write the pictures of a piece as PNG or NPY, by the suffix of `path`, atomically; places without one are black.

        save("song.png", codec.encode(read("song.mid")), codec)

    tempo: microseconds a quarter, 1 to 2^24 - 1, or a map, for codecs that do not keep it.
    InputError: no pictures, another shape than the codec's, more than MAX_BYTES, another suffix.
    """
    path = Path(path)
    images = codec.checked(encoded.images)
    if not len(images):
        raise InputError(f"{path} would hold no picture: the piece has no note that {codec.name} can show")
    facts = facts_of(encoded, codec, tempo)
    windows, layers = facts["windows"], facts["layers"]
    _refuse_large(path, codec, windows, layers)
    with atomic(path, durable=False) as temporary, temporary.open("wb") as file:
        if _is_npy(path):
            _write_npy(file, (windows, layers, *codec.shape), encoded)
        else:
            text = {key: json.dumps(value) if isinstance(value, dict) else str(value) for key, value in facts.items()}
            height, width, *samples = _sheet_shape(codec, windows, layers)
            write_png(file, (height, width, *(samples or [1])), text, _strips(encoded, layers))
    if _is_npy(path):
        write_json(record_path(path), facts, durable=False)


def _write_npy(file: BinaryIO, shape: tuple[int, ...], encoded: Encoded) -> None:
    """The array (windows * layers, height, width, channels); what is black is never written, nor in memory."""
    windows, layers, *picture = shape
    header = {"descr": "|u1", "fortran_order": False, "shape": (windows * layers, *picture)}
    np.lib.format.write_array_header_1_0(file, header)
    begin, size = file.tell(), math.prod(picture)
    file.truncate(begin + windows * layers * size)
    for window, layer, image in zip(encoded.windows.tolist(), encoded.layers.tolist(), encoded.images, strict=True):
        file.seek(begin + (window * layers + layer) * size)
        file.write(np.ascontiguousarray(image).data)


def _strips(encoded: Encoded, layers: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(windows, pictures) of each strip of a sheet, from the top down, as `write_png` takes them."""
    channels = encoded.images.shape[3]
    for layer in range(layers):
        mine = np.flatnonzero(encoded.layers == layer)
        for part in [slice(None)] if channels in _MODES else [slice(k, k + 1) for k in range(channels)]:
            yield encoded.windows[mine], encoded.images[..., part][mine].swapaxes(0, 1)


def facts_of(encoded: Encoded, codec: Codec, tempo: Tempo | None) -> dict[str, Any]:
    """What a picture file carries beside its pixels. InputError: no tempo of MIDI."""
    windows, layers = int(encoded.windows.max()) + 1, int(encoded.layers.max()) + 1
    facts = {"format": FORMAT, "codec": codec.name, "facts": codec.facts(), "windows": windows, "layers": layers}
    if tempo is None:
        return facts
    tempos = TempoMap.of(tempo).effective()
    facts["tempo"] = tempos.at(0)
    return facts | ({"tempos": tempos.facts()} if len(tempos.changes) > 1 else {})


def load(path: str | os.PathLike, codec: Codec | None = None) -> LoadedPicture:
    """Read what `save` wrote. codec: of an NPY file, in place of the one that `<its name>.json` tells; without that
    file one picture follows the other.

        found = load("song.png")
        piece = found.codec.decode(found.images, found.windows, found.layers, tempo=found.tempo)

    InputError: missing, damaged, cut short, without codec, of another version, size, mode or type.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            return _read_npy(path, codec) if _is_npy(path) else _read_png(path, file)
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path} not found") from None
    except (IsADirectoryError, PermissionError) as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from None
    except _BROKEN as error:
        kind = "NPY" if _is_npy(path) else "PNG"
        raise InputError(f"{path} is not a whole {kind} ({error}); was it cut short or damaged?") from None


def record_path(path: Path) -> Path:
    """Where a result's facts lie: `<its name>.json`."""
    return beside(path, ".json")


def _is_npy(path: Path) -> bool:
    if path.suffix.lower() not in SUFFIXES:
        raise InputError(f"MIDI pictures are .png or .npy files; received {path.name}")
    return path.suffix.lower() == ".npy"


def _sheet_shape(codec: Codec, windows: int, layers: int) -> tuple[int, ...]:
    height, width, channels = codec.shape
    if channels in _MODES:
        return (layers * height, windows * width, channels)[: 2 if channels == 1 else 3]
    return layers * channels * height, windows * width


def _bands(image: Image.Image, codec: Codec, windows: int, layers: int) -> Iterator[np.ndarray]:
    """(windows, height, width, channels) of each layer of a sheet: not all at once, since a sheet may be large."""
    height, width, channels = codec.shape
    rows = image.height // layers
    for layer in range(layers):
        band = np.asarray(image.crop((0, layer * rows, image.width, (layer + 1) * rows)))
        if channels in _MODES:
            yield band.reshape(height, windows, width, channels).swapaxes(0, 1)
        else:
            yield band.reshape(channels, height, windows, width).transpose(2, 1, 3, 0)


def _read_png(path: Path, file: BinaryIO) -> LoadedPicture:
    PngImagePlugin.PngImageFile(file).verify()  # the checksums, which decoding alone passes over
    file.seek(0)
    # Not Image.open: a long piece is larger than the size from which it suspects an attack; ours is checked here.
    image = PngImagePlugin.PngImageFile(file)
    text = image.info
    if "facts" not in text or "windows" not in text:
        carried = f"carries codec {text['codec']!r}" if "codec" in text else "carries no codec"
        raise InputError(
            f"{path} {carried}; expected a picture that midi.convert made, as it was saved: image editors drop the text"
        )
    codec, windows, layers, tempo = _facts(path, text, json.loads)
    shape = _sheet_shape(codec, windows, layers)
    expected = (shape[1], shape[0]), _MODES.get(codec.shape[2], "L")
    if (image.size, image.mode) != expected:
        raise InputError(
            f"{path} is {image.size[0]} x {image.size[1]} {image.mode}; expected {shape[1]} x {shape[0]} {expected[1]} "
            "by the codec it carries: it was resized or edited"
        )
    _refuse_large(path, codec, windows, layers)
    kept = np.stack([band.any(axis=(1, 2, 3)) for band in _bands(image, codec, windows, layers)], axis=1)
    kept[:, 0] = True
    images = np.empty((kept.sum(), *codec.shape), np.uint8)
    place = kept.cumsum().reshape(kept.shape) - 1
    for layer, band in enumerate(_bands(image, codec, windows, layers)):
        here = kept[:, layer]
        images[place[here, layer]] = band[here]
    return LoadedPicture(images, *np.nonzero(kept), codec, tempo)


def _read_npy(path: Path, codec: Codec | None) -> LoadedPicture:
    stack = np.lib.format.open_memmap(path, mode="r")  # the map compares the header with the file's length
    if stack.dtype != np.uint8 or stack.ndim != 4 or not stack.size:
        raise InputError(f"{path} must hold uint8 (count, height, width, channels); received {stack.dtype} {stack.shape}")
    record = record_path(path)
    if record.exists():
        facts = read_json(record)
        if not isinstance(facts, dict) or "facts" not in facts:
            raise InputError(f"{record} tells no codec; expected what midi.convert wrote beside {path.name}")
        stored, windows, layers, tempo = _facts(record, facts, lambda fields: fields)
        codec = codec or stored
    elif codec is None:
        raise InputError(f"{path} has no {record.name} beside it, which tells its codec; give --codec to midi.convert")
    else:
        windows, layers, tempo = len(stack), 1, None
    if windows * layers != len(stack):
        raise InputError(
            f"{path} holds {len(stack)} pictures; expected {windows} x {layers} by {record.name}: was it edited?"
        )
    _refuse_large(path, codec, windows, layers)
    stack = codec.checked(stack).reshape(windows, layers, *codec.shape)
    kept = stack.any(axis=(2, 3, 4))
    kept[:, 0] = True
    return LoadedPicture(np.array(stack[kept]), *np.nonzero(kept), codec, tempo)


def _facts(path: Path, text: dict[str, Any], parsed: Any) -> tuple[Codec, int, int, Tempo | None]:
    """Codec, windows, layers and tempo by the text chunks, or by a record; parsed: makes objects of what is JSON there."""
    if str(text.get("format")) != FORMAT:
        raise InputError(f"{path} has picture format {text.get('format')}; this version reads {FORMAT}")
    try:
        codec = from_facts(parsed(text["facts"]))
        windows, layers = int(text["windows"]), int(text["layers"])
        tempo: Tempo | None = check_tempo(int(text["tempo"])) if "tempo" in text else None
        if "tempos" in text:
            tempo = TempoMap.from_facts(parsed(text["tempos"]))
    except (KeyError, ValueError, TypeError, OverflowError, RecursionError, InputError) as error:
        raise InputError(f"{path} carries damaged facts ({str(error)[:200]})") from None
    if windows < 1 or layers < 1:
        raise InputError(f"{path} carries damaged facts: {windows} windows, {layers} layers")
    return codec, windows, layers, tempo


def _refuse_large(path: Path, codec: Codec, windows: int, layers: int) -> None:
    if (size := windows * layers * math.prod(codec.shape)) <= MAX_BYTES:
        return
    resolution = getattr(codec, "resolution", 0)
    coarser = int(0.9 * resolution * MAX_BYTES / size)
    advice = f"use --resolution {coarser}, here it is {resolution:g}" if coarser else "cut the piece"
    made = f"{windows:,} windows of time and {layers:,} layers make {size:,} bytes"
    raise InputError(f"{path}: {made}; at most {MAX_BYTES:,} are written or read: {advice}")
