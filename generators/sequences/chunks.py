"""A model that says several columns at a time, after a window that slides by as many: no state is carried."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from generators.sequences.representation import ended, folded, held_columns, said_classes, states_of, values_of
from generators.sequences.samplers import compiled
from midi.codecs.codec import Codec


class Chunks:
    """Pieces that a model goes on with, `count` at a time.

    exported: (window, [chance, temperature, top_p]) -> the next columns, as `seq2seq.exported` makes it.
    longest: as in `steps.Steps`.
    """

    def __init__(self, exported: keras.Model, codec: Codec, count: int, longest: int) -> None:
        self.codec, self.kinds, self.longest = codec, states_of(codec), longest
        self.at_once = exported.outputs[0].shape[1]
        """Columns that are said at a time."""
        self.real = len(exported.inputs) == 1
        self._say = compiled(lambda inputs: exported(inputs, training=False))
        self.window = self._read(np.zeros((count, *exported.inputs[0].shape[1:]), np.uint8))
        self.held = np.zeros((count, codec.shape[0]), np.int32)

    def hear(self, primers: Sequence[np.ndarray]) -> None:
        """Read a primer for each piece, (columns, rows) of classes: the end that fills the window, silence before it."""
        size = self.window.shape[1]
        heard = np.zeros(self.window.shape, np.uint8)
        for window, primer in zip(heard, primers, strict=True):
            newest = primer[-size:]
            window[size - len(newest) :] = newest
        self.window = self._read(heard)
        self.held = np.stack([held_columns(primer) for primer in primers])

    def say(self, chance: np.ndarray, temperature: np.ndarray, top_p: np.ndarray) -> np.ndarray:
        """chance (count, at_once, rows) in [0, 1), temperature, top_p (count, 1), float32 -> the next columns of classes."""
        draws = [] if self.real else [chance, temperature, top_p]
        said = np.array(self._say([self.window, *draws]))
        if self.longest and not self.real and self.kinds == 3:
            for place in range(self.at_once):
                said[:, place], self.held = map(ops.convert_to_numpy, ended(said[:, place], self.held, self.longest))
        self.window = np.concatenate([self.window, said], axis=1)[:, -self.window.shape[1] :]
        return said_classes(said, self.codec)

    def _read(self, columns: np.ndarray) -> np.ndarray:
        columns = folded(columns, self.kinds).astype(np.int32)
        return values_of(self.kinds)[columns] if self.real else columns
