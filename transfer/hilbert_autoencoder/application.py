"""A trained Hilbert autoencoder, opened to be applied to recordings of any length; `transfer.contract` opens it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np

from spectro.audio import blocks, write
from spectro.streaming import scratch_array
from training.cli import log
from training.files import beside, write_json
from training.runs import load, read_run, versions
from transfer.hilbert_autoencoder.model import exported

BATCH = 4
"""Windows that go through the model at once."""
BLOCK = 5.0
"""Seconds that are read at once."""


class Application:
    """The autoencoder of a run with its rate and window; see `transfer.contract.open_application`."""

    suffix = ".wav"

    def __init__(self, run: str | os.PathLike, overlap: float = 0.125, strength: float = 1.0) -> None:
        record = read_run(run)
        self.run, self.strength = Path(run), strength
        self._model = exported(load(run))
        self.rate, self.size = record["config"]["rate"], self._model.input_shape[-1]
        self.fade = round(overlap * self.size)

    def write(self, source: Path, target: Path, options: dict[str, Any]) -> None:
        """Write what becomes of the recording `source` to `target` (.wav), and `<target>.json`."""
        channels, samples = _extent(source, self.rate)
        out = scratch_array(target.parent, (channels, samples))
        at = 0
        for piece in self.stream(blocks(source, BLOCK, rate=self.rate, note=lambda line: None)):
            out[:, at : at + piece.shape[1]] = piece
            at += piece.shape[1]
        if clipped := write(target, out, self.rate):
            log(f"{target}: {clipped:,} samples clipped")
        facts = {"source": source, "run": self.run, "rate": self.rate, "samples": samples, "clipped": clipped}
        write_json(
            beside(target, ".json"), {"command": "transfer.apply", **facts, "options": options, "versions": versions()}
        )

    def stream(self, pieces: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
        """Blocks float32 (channels, samples) -> blocks of the result, together as long; silence fills the last window."""
        return crossfaded(pieces, self.size, self.fade, self._through)

    def _through(self, windows: np.ndarray) -> np.ndarray:
        """(count, size) in [-1, 1] -> the same."""
        flat = (windows + 1) / 2
        generated = [
            keras.ops.convert_to_numpy(self._model(flat[place : place + BATCH], training=False))
            for place in range(0, len(flat), BATCH)
        ]
        generated = 2 * np.concatenate(generated) - 1
        return generated if self.strength == 1 else windows + np.float32(self.strength) * (generated - windows)


def crossfaded(
    pieces: Iterable[np.ndarray], size: int, fade: int, through: Callable[[np.ndarray], np.ndarray]
) -> Iterator[np.ndarray]:
    """Send blocks (channels, samples) through `through` in windows of `size` that share `fade` samples, linearly faded.

    through: (channels, size) -> (channels, size). Blocks come out, together as long as those that go in.
    """
    up = (np.arange(fade, dtype=np.float32) + 0.5) / max(fade, 1)
    waiting, before, hop = None, None, size - fade
    for block in pieces:
        waiting = block if waiting is None else np.concatenate([waiting, block], axis=1)
        while waiting.shape[1] > size:  # more follows, so this window is whole and not the last
            generated = through(waiting[:, :size])
            yield _joined(before, generated, up, fade)[:, :hop]
            before, waiting = generated[:, hop:], waiting[:, hop:]
    if waiting is not None:
        length = waiting.shape[1]
        generated = through(np.pad(waiting, ((0, 0), (0, size - length))))
        yield _joined(before, generated, up, fade)[:, :length]


def _joined(before: np.ndarray | None, generated: np.ndarray, up: np.ndarray, fade: int) -> np.ndarray:
    if before is not None and fade:
        generated = np.concatenate([before * (1 - up) + generated[:, :fade] * up, generated[:, fade:]], axis=1)
    return generated


def _extent(source: Path, rate: int) -> tuple[int, int]:
    """(channels, samples) of a recording at `rate` Hz, by reading it once: headers promise what they like."""
    channels = samples = 0
    for block in blocks(source, BLOCK, rate=rate):
        channels, samples = len(block), samples + block.shape[1]
    return channels, samples
