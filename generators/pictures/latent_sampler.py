"""Sampler of models that make a whole picture of one latent by one forward pass, as autoencoders and GANs do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import keras
import numpy as np

from generators.contract import Known
from generators.samples import seed_of
from midi.codecs.binarise import Binarise, calibrated_threshold
from midi.codecs.codec import Codec
from training.cli import log
from training.errors import InputError
from training.files import read_json, write_json

BATCH = 64
"""Pictures generated at once, always: a picture's bits may depend on the size of its batch, never on what else is in it."""
CALIBRATION_PICTURES = 1_024
"""Pictures that a threshold is found on."""

Prior = Callable[[np.ndarray], np.ndarray]
"""Seeds (count,) -> latents (count, latent) float32, row i from seed i alone."""
Encoder = Callable[[np.ndarray, np.ndarray | None], tuple[np.ndarray, np.ndarray]]
"""(pictures on the model's scale, label numbers or None) -> (mean, log-variance), each (count, latent)."""


@dataclass(frozen=True, eq=False)
class LatentSampler:
    """A `generators.contract.PictureSampler`, and what can be done with latents besides: decode, encode.

    LatentSampler(lambda: exported(model), codec, 0.0, model.prior.draw).draw(np.arange(3, dtype=np.uint64))
    """

    export: Callable[[], keras.Model]
    """Gives the decoder: latent (batch, latent) [, label int32 (batch, 1)] -> values (batch, h, w, c) in [low, 1]."""
    codec: Codec
    low: float
    """The model's value for an empty cell."""
    prior: Prior
    """Where latents are drawn from."""
    encoder: Encoder | None = None
    """For models that read pictures, too."""
    binarise: str = "fixed"
    """How values become cells of a black and white codec: calibrated (at `threshold`), fixed (half of the scale), bernoulli
    (a draw by each value) or minmax (half of each picture's own range, as published)."""
    threshold: float | None = None
    """The value from which on a cell is on, with "calibrated"."""
    layers: int = 1
    """How many layers a latent holds the styles of, one after the other, each as wide as the others."""
    centre: Callable[[], np.ndarray] | None = None
    """Gives the latent (latent,) of the mean picture, for models that have one: what draws are truncated towards."""

    batch = BATCH
    any_width = False

    @cached_property
    def decoder(self) -> keras.Model:
        """The decoder, made once."""
        return self.export()

    @cached_property
    def middle(self) -> np.ndarray | float:
        """The latent (latent,) around which draws lie: `centre`, or 0."""
        return 0.0 if self.centre is None else self.centre()

    def truncated(self, psi: float) -> LatentSampler:
        """The same with draws nearer to the middle: middle + psi * (latent - middle).

        "A Style-Based Generator Architecture for Generative Adversarial Networks" (arXiv 1812.04948, appendix B). Walks,
        grids and steps between draws follow, since they are made of draws around the same middle.
        """
        return replace(self, prior=lambda seeds: (self.middle + psi * (self.prior(seeds) - self.middle)).astype(np.float32))

    def draw(
        self, seeds: np.ndarray, labels: np.ndarray | None = None, temperature: float = 1.0, known: Known | None = None
    ) -> np.ndarray:
        """Pictures uint8 (count, h, w, c) by the prior; see the protocol. InputError: a temperature, cells to keep."""
        if temperature != 1 or known is not None:
            raise InputError(
                "a model that makes whole pictures of latents has no temperature and keeps no given cells: train one that "
                "draws cells, such as pixelcnn"
            )
        return self.pictures(self.prior(seeds), labels, [seed_of(int(seed), 1) for seed in seeds])

    def preview(self, seeds: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """Values (count, h, w, c) in [low, 1] of the model as it is now: some decoders hold copies of weights."""
        return keras.ops.convert_to_numpy(decoded(self.export(), self.prior(seeds), labels))

    def pictures(self, latents: np.ndarray, labels: np.ndarray | None, seeds: Sequence[int]) -> np.ndarray:
        """latents (count, latent), label numbers (count,) -> pictures; seeds: of what "bernoulli" draws, one a picture."""
        return self.binarised(self.values(latents, labels), seeds)

    def values(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """latents (count, latent) and label numbers (count,) -> values (count, h, w, c) in [low, 1], BATCH at a time."""
        numbers = np.zeros(len(latents), np.int32) if labels is None else np.asarray(labels, np.int32)
        return in_blocks(lambda *block: decoded(self.decoder, *block), latents, numbers)

    def binarised(self, values: np.ndarray, seeds: Sequence[int]) -> np.ndarray:
        """Values -> the codec's uint8 pictures by `binarise`.

        A codec of other levels than black and white is given the nearest of its own. InputError: one, and another method
        than the default.
        """
        if not black_and_white(self.codec):
            if self.binarise not in ("calibrated", "fixed"):
                raise InputError(
                    f"--binarise {self.binarise} is for black and white pictures; those of {self.codec.name} are not"
                )
            return self.codec.from_model(values, self.low)
        if self.binarise == "bernoulli":
            drawn = [Binarise("draw", seed=seed)(value[None], self.low) for value, seed in zip(values, seeds, strict=True)]
            return np.concatenate(drawn)
        if self.binarise == "minmax":
            return Binarise("stretch")(values, self.low)
        return Binarise(threshold=self.threshold if self.binarise == "calibrated" else None)(values, self.low)


def black_and_white(codec: Codec) -> bool:
    """Are the codec's pictures? Others are not binarised."""
    return codec.levels == (0, 255)


def calibrate(run: Path, sampler: LatentSampler, density: float, labels: int) -> None:
    """Write the threshold at which pictures have `density` to `RUN/sampling.json`; nothing for a codec of greys.

    density: fraction of cells that are on in the training part. labels: how many the model has, which take turns.
    """
    if not black_and_white(sampler.codec):
        return
    seeds = np.array([seed_of(0, item) for item in range(CALIBRATION_PICTURES)], np.uint64)
    values = sampler.values(sampler.prior(seeds), np.arange(len(seeds), dtype=np.int32) % max(labels, 1))
    threshold = calibrated_threshold(values, density)
    at_half = float((values >= (sampler.low + 1) / 2).mean())
    write_json(run / "sampling.json", {"threshold": threshold, "density": density, "density_at_half": at_half})
    generated = float((values >= threshold).mean())
    log(f"with a threshold of {threshold:.3f} {100 * generated:.2f} % of the cells are on (data: {100 * density:.2f} %)")


def threshold_of(run: Path) -> float:
    """What `calibrate` has found. InputError: nothing yet."""
    path = run / "sampling.json"
    if not path.exists():
        raise InputError(
            f"{run} has no calibrated threshold: its training is not done; let the train command end, or give "
            "--binarise fixed"
        )
    return float(read_json(path)["threshold"])


def in_blocks(network: Callable, *rows: np.ndarray) -> np.ndarray:
    """What `network` makes of arrays of as many rows each, BATCH rows at a time always, so that no row depends on others."""
    count = len(rows[0])
    padded = [np.concatenate([one, np.zeros((-count % BATCH, *one.shape[1:]), one.dtype)]) for one in rows]
    parts = [slice(place, place + BATCH) for place in range(0, len(padded[0]), BATCH)]
    return np.concatenate([keras.ops.convert_to_numpy(network(*(one[part] for one in padded))) for part in parts])[:count]


def decoded(decoder: keras.Model, latents: np.ndarray, labels: np.ndarray | None) -> keras.KerasTensor:
    """Values (count, h, w, c) that a decoder makes of latents, and of label numbers (count,) if it takes any."""
    labelled = len(decoder.inputs) == 2
    return decoder([latents, labels[:, None]] if labelled else latents, training=False)
