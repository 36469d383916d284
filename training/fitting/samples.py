"""What a model shows while it trains: pictures and sounds, as files and in TensorBoard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import keras
import numpy as np

from training.files import atomic, shortened


class Sample(NamedTuple):
    """One thing to look at or listen to.

    array: uint8 (height, width, 1 or 3) for an image; float32 (samples,) in [-1, 1] for a sound of `rate` Hz.
    """

    name: str
    kind: Literal["image", "audio"]
    array: np.ndarray
    rate: int = 0


class Samples(keras.callbacks.Callback):
    """Every `every` epochs, and after the last, writes what `sampler(model)` gives to `samples/` and to `logs/`."""

    def __init__(self, run: Path, sampler: Callable[[keras.Model], list[Sample]], every: int, epochs: int) -> None:
        super().__init__()
        self.run, self.sampler, self.every, self.epochs = run, sampler, every, epochs
        self._writer: Any = None

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        if (epoch + 1) % self.every and epoch + 1 != self.epochs and not self.model.stop_training:
            return
        for sample in self.sampler(self.model):
            self._write_file(epoch + 1, sample)
            self._write_summary(epoch + 1, sample)

    def on_train_end(self, logs: dict | None = None) -> None:
        if self._writer is not None:
            self._writer.close()

    def _write_file(self, epoch: int, sample: Sample) -> None:
        suffix = "png" if sample.kind == "image" else "wav"
        with atomic(self.run / "samples" / f"{shortened(sample.name)}-{epoch:04d}.{suffix}") as path:
            if sample.kind == "image":
                from PIL import Image

                Image.fromarray(sample.array[..., 0] if sample.array.shape[-1] == 1 else sample.array).save(path)
            else:
                from scipy.io import wavfile

                wavfile.write(path, sample.rate, np.round(np.clip(sample.array, -1, 1) * 32767).astype(np.int16))

    def _write_summary(self, epoch: int, sample: Sample) -> None:
        """TensorBoard's pictures and sounds are written by TensorFlow; with another backend the files remain."""
        if keras.backend.backend() != "tensorflow":
            return
        import tensorflow as tf

        if self._writer is None:
            self._writer = tf.summary.create_file_writer(str(self.run / "logs" / "samples"))
        tag = sample.name.encode(errors="replace").decode()  # TensorFlow takes no bytes of other encodings
        with self._writer.as_default(step=epoch):
            if sample.kind == "image":
                tf.summary.image(tag, sample.array[None])
            else:
                tf.summary.audio(tag, sample.array[None, :, None].astype(np.float32), sample.rate)
        self._writer.flush()
