"""A trained domain transfer network, opened to be applied to whole MIDI files; `transfer.contract` opens it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from midi.codecs import from_facts
from midi.codecs.interleaved import Interleaved
from midi.codecs.losses import NAMES
from midi.codecs.strip import StripCodec
from midi.files.reading import read
from midi.files.writing import write
from midi.notes import Piece, make_piece, with_notes
from midi.parts import remark
from midi.stitch import cut, join
from training.cli import log
from training.errors import InputError
from training.files import beside, read_json, write_json
from training.runs import load, read_run, versions
from transfer.dtn.model import exported
from transfer.dtn.pieces import PROGRAMS, pitched, played_by

BATCH = 16
"""Pictures that go through the network at once."""


class Application:
    """The network of a run with its codec; see `transfer.contract.open_application`."""

    suffix = ".mid"

    def __init__(self, run: str | os.PathLike, overlap: float = 0.125, strength: float = 1.0) -> None:
        self.run, self.strength = Path(run), strength
        self.codec = from_facts(read_run(run).get("codec"))
        self.hop = hop_of(self.codec, overlap)
        self.programs = read_json(self.run / PROGRAMS)
        self._model = exported(load(run))

    def write(self, source: Path, target: Path, options: dict[str, Any]) -> None:
        """Write what becomes of the MIDI file `source` to `target` (.mid), and `<target>.json`; warns of what was lost."""
        piece = read(source)
        try:
            generated, losses = self.piece(piece)
        except InputError as error:
            raise InputError(f"{source}: {error}") from None
        if lost := remark(losses, piece.left_out):
            log(f"{source}: {lost}")
        if generated.notes["drum"].all():
            log(f"warning: {source}: nothing sounds in the result" + " but drums" * bool(len(generated)))
        write(target, generated)
        facts = {"source": source, "run": self.run, "notes": len(generated), "losses": losses, "left_out": piece.left_out}
        write_json(
            beside(target, ".json"), {"command": "transfer.apply", **facts, "options": options, "versions": versions()}
        )

    def piece(self, piece: Piece) -> tuple[Piece, dict[str, float]]:
        """(what becomes of a piece, what its pictures do not keep): as many bars, the same tempos, signatures and drums.

        Notes sound on where one picture meets the next; their velocity is the mean of the piece, the programs the target's.
        InputError: no note that the codec can show.
        """
        return self._through(self.pictures, piece)

    def shown(self, piece: Piece) -> Piece:
        """A piece as its pictures show it, untouched by the network. InputError: as `piece`."""
        return self._through(lambda pictures: pictures, piece)[0]

    def _through(self, change: Callable[[np.ndarray], np.ndarray], piece: Piece) -> tuple[Piece, dict[str, float]]:
        """`piece` with `change` in the place of `pictures`."""
        if not len(piece):
            raise InputError("it holds no notes")
        tune = pitched(piece)
        encoded = self.codec.encode(tune)
        shape = (-1, self.codec.strip_rows, self.codec.columns, self.codec.channels)
        strip = self.strip(join(encoded.images.reshape(shape), encoded.windows), change)
        strip[:, bars_end(tune, self.codec) :] = 0
        generated = played_by(in_time_of(self._reader(tune).piece(strip, None), piece), self.programs)
        drums = _scaled(piece.notes[piece.notes["drum"]], generated.division / piece.division, "start", "end")
        losses = dict.fromkeys(NAMES, 0.0) | encoded.losses | {"tempos": 0.0, "signatures": 0.0}
        return with_notes(generated, np.concatenate([generated.notes, drums])), losses

    def strip(self, strip: np.ndarray, change: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        """A piece's strip uint8 (rows, length, channels), whole windows long -> what `change` makes of it, the same.

        Windows without a note stay silent. Where windows overlap, a column is taken from the one whose edge is farther away.
        """
        columns = self.codec.columns
        windows = cut(strip, columns, self.hop)
        generated = np.zeros_like(windows)
        sounding = np.flatnonzero(windows.any(axis=(1, 2, 3)))
        for first in range(0, len(sounding), BATCH):
            places = sounding[first : first + BATCH]
            pictures = windows[places].reshape(-1, *self.codec.shape)
            generated[places] = change(pictures).reshape(-1, *windows.shape[1:])
        margin = (columns - self.hop) // 2
        ends = [0, *(margin + self.hop * np.arange(1, len(generated))), strip.shape[1]]
        parts = [generated[i][:, ends[i] - i * self.hop : ends[i + 1] - i * self.hop] for i in range(len(generated))]
        return np.concatenate(parts, axis=1)

    def pictures(self, images: np.ndarray) -> np.ndarray:
        """Pictures uint8 (count, h, w, c) -> what becomes of them, at the strength asked for."""
        given = self.codec.to_model(images)
        generated = keras.ops.convert_to_numpy(self._model(given, training=False))
        return self.codec.from_model(mixed(given, generated, self.strength, certain=len(self.codec.levels) == 2))

    def _reader(self, tune: Piece) -> StripCodec:
        """The codec that reads generated pictures: with the tune's loudness; one voice by its pitches alone."""
        codec = replace(self.codec, velocity=max(1, round(float(tune.notes["velocity"].mean()))))
        return replace(codec, reading="robust") if isinstance(codec, Interleaved) else codec


def mixed(given: np.ndarray, generated: np.ndarray, strength: float, certain: bool) -> np.ndarray:
    """Pictures between those given (strength 0) and the generated ones (1), all in [-1, 1].

    certain (black and white pictures): a cell is the generated one where that is farther than 1 - strength from grey.
    Others: values in between, so that pitches move a part of the way.
    """
    if certain:
        return np.where(np.abs(generated) > 1 - strength, generated, given)
    return given + np.float32(strength) * (generated - given)


def hop_of(codec: StripCodec, overlap: float) -> int:
    """Columns from one window to the next, so that `overlap` of a window or more is the next one's too.

    Whole bars of 4/4, if a window has them, since windows began so in training.
    """
    hop = codec.columns - round(overlap * codec.columns)
    bar = 4 * int(codec.resolution)
    return hop // bar * bar or hop


def bars_end(piece: Piece, codec: StripCodec) -> int:
    """The column at which the bar ends in which the last note ends; bars by the last time signature, else of 4/4."""
    tick, above, below = piece.signatures[-1].tolist() if len(piece.signatures) else (0, 4, 4)
    bar = 4 * piece.division * above / below
    bars = max(1, -(-(piece.end - tick) // bar))
    return round((tick + bars * bar) * codec.resolution / piece.division)


def in_time_of(generated: Piece, piece: Piece) -> Piece:
    """The notes of `generated`, whose quarters are those of `piece`, with the tempos and time signatures of `piece`."""
    scale = generated.division / piece.division
    times = (_scaled(changes, scale, "tick") for changes in (piece.tempos, piece.signatures))
    return make_piece(generated.notes, generated.division, *times)


def _scaled(table: np.ndarray, scale: float, *columns: str) -> np.ndarray:
    """A table whose columns of ticks are so many times as large."""
    table = table.copy()
    for name in columns:
        table[name] = np.rint(table[name] * scale)
    return table
