"""What a codec is: a MIDI picture and its inverse, one object that alone knows sizes, ranges and levels."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args, get_origin, get_type_hints

import numpy as np

from midi.notes import Piece
from midi.tempo import Tempo
from training.errors import InputError

REST, ONSET, SUSTAIN = 0, 1, 2
"""Classes of a cell, for three-way heads."""


@dataclass(frozen=True, eq=False)
class Encoded:
    """The pictures of one piece."""

    images: np.ndarray
    """uint8 (count, height, width, channels)."""
    windows: np.ndarray
    """(count,) place of each picture in time: window i covers the columns [i * columns, (i + 1) * columns)."""
    layers: np.ndarray
    """(count,) which of the pictures of one window it is; 0 for codecs with one picture a window."""
    losses: Mapping[str, float]
    """What the codec did not keep; see `midi.codecs.losses`."""


@dataclass(frozen=True, kw_only=True)
class Codec(ABC):
    """Base of all codecs: frozen, so that it can be a corpus' key and a model's field.

        codec = codec_named("roll96", columns=192)
        piece = codec.decode(codec.encode(read("song.mid")).images)

    Subclasses add their fields (ranges, resolution, orientation, what decoding assumes) and say in their docstring what
    a value means, what is lost, and the source.
    """

    name: str
    """Name in the registry."""
    columns: int
    """Columns of a picture."""

    levels: ClassVar[tuple[int, ...] | None] = None
    """The grey levels that may occur, ascending; None: any from 0 to 255."""
    keeps_notes: ClassVar[bool] = False
    """Does every note come back as it was? Its length is then not taken for its sound, and stays without the pedal."""

    def __post_init__(self) -> None:
        hints = get_type_hints(type(self))
        for each in dataclasses.fields(self):
            value, hint = getattr(self, each.name), hints[each.name]
            if not _allowed(value, hint):
                choices = " or ".join(map(repr, get_args(hint))) if get_origin(hint) is Literal else each.type
                raise InputError(f"{self.name}: {each.name} must be {choices}; received {value!r}")

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of a picture."""

    @abstractmethod
    def encode(self, piece: Piece, *, keep_empty: bool = True) -> Encoded:
        """The pictures of a piece in order of time; keep_empty: those without a note too.

        InputError: no note that can be shown, more than `midi.codecs.grid.MAX_COLUMNS`.
        """

    @abstractmethod
    def decode(
        self,
        images: np.ndarray,
        windows: np.ndarray | None = None,
        layers: np.ndarray | None = None,
        *,
        tempo: Tempo | None = None,
    ) -> Piece:
        """The piece that pictures show; any uint8 values are understood, a network's output too.

        windows, layers: as in `Encoded`; by default one picture follows the other. tempo: microseconds a quarter or a
        map, where the codec keeps none. A note that sounds in the first column starts there, one that sounds in the last
        ends there.
        """

    @abstractmethod
    def classes(self, images: np.ndarray) -> np.ndarray:
        """Pictures -> uint8 (count, rows, columns) of REST, ONSET and SUSTAIN; each picture is read by itself.

        InputError: the codec has no such view.
        """

    @abstractmethod
    def from_classes(self, classes: np.ndarray) -> np.ndarray:
        """The inverse of `classes`, with the codec's usual values where classes do not tell (velocity, program)."""

    def to_model(self, images: np.ndarray, low: float = -1.0) -> np.ndarray:
        """uint8 -> float32 in [low, 1], what networks take."""
        return np.multiply(images, np.float32((1 - low) / 255), dtype=np.float32) + np.float32(low)

    def from_model(self, values: np.ndarray, low: float = -1.0) -> np.ndarray:
        """Real values in [low, 1] -> uint8: the nearest of the codec's levels (values beyond the range are clipped).

        InputError: a value is not a number.
        """
        values = np.asarray(values, np.float32)
        if np.isnan(values).any():
            raise InputError("a network's pictures hold values that are not numbers (NaN): did its training diverge?")
        scaled = np.clip((values - np.float32(low)) * np.float32(255 / (1 - low)), 0, 255)
        if self.levels is None:
            return np.rint(scaled).astype(np.uint8)
        levels = np.array(self.levels, np.float32)
        return levels.astype(np.uint8)[np.searchsorted((levels[1:] + levels[:-1]) / 2, scaled, side="right")]

    def facts(self) -> dict[str, Any]:
        """Name and fields, as JSON; `midi.codecs.from_facts` makes the codec of them again."""
        return dataclasses.asdict(self)

    def checked(self, images: np.ndarray) -> np.ndarray:
        """`images` as (count, *shape) of uint8. InputError: another shape or type."""
        images = np.asarray(images)
        if images.dtype != np.uint8 or images.shape[1:] != self.shape:
            raise InputError(
                f"{self.name} pictures are uint8 (count, {', '.join(map(str, self.shape))}); received {images.dtype} "
                f"{images.shape}: made with another codec or setting?"
            )
        return images

    def checked_classes(self, classes: np.ndarray, shape: tuple[int, int] | None = None) -> np.ndarray:
        """`classes` as uint8 (count, *shape) of REST, ONSET and SUSTAIN; shape: the picture's, where none is given.

        InputError: another shape or other values.
        """
        classes, shape = np.asarray(classes), shape or self.shape[:2]
        if classes.shape[1:] != shape or not np.isin(classes, (REST, ONSET, SUSTAIN)).all():
            raise InputError(
                f"{self.name} classes are (count, {shape[0]}, {shape[1]}) of 0, 1 and 2; received {classes.shape}"
            )
        return classes.astype(np.uint8, copy=False)


def _allowed(value: Any, hint: Any) -> bool:
    """Is `value` what a field of type `hint` takes? Whole numbers are real numbers, truth values are no numbers."""
    if get_origin(hint) is Literal:
        return any(type(value) is type(choice) and value == choice for choice in get_args(hint))
    if get_args(hint):
        return any(_allowed(value, choice) for choice in get_args(hint))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))
