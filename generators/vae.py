"""Variational autoencoder of binary pictures.

`paper`: that of "Music generation with Neural Networks": convolutions down to two latents; the mean cross-entropy of a pixel
plus twice the mean divergence of a latent, weighed 5e-4; latents drawn uniformly from [-4, 4]. Differs in this: whole files
are drawn by the seed for validation, not the last fifth of a folder, and the best epoch is kept, not the last.

`ours` keeps the bound and nothing else. Where means of pixels are unsure of a note, a threshold breaks it into dots; so rows
are not painted: in each group of twelve columns, a quarter note of roll96, a row is silent or has one of 32 learned shapes,
and the likelihood of a picture is that of these mixtures (`generators.layers.row_mixture`). Each group is a vector; dense
layers mix them in time, since pitches are not alike as places are. Latents are drawn from a learned mixture, fitted once
more to the codes when training is done (`fit_prior`). The divergence weighs half: at 1 too little of a melody is encoded, at
1/4 too much for draws to be like codes ("bits" is the whole bound all the same).

    python -m generators.train vae --data FOLDER

24 epochs took 14 minutes of CPU for Nottingham, 4 for Freedoom (2 cores, shared). Test part, bits a pixel: 0.0120 and 0.0802
(a constant mean for each row: 0.1539, 0.2775). 1,000 samples: overlap of all measures with the data 0.926 and 0.902 (its
halves: 0.983, 0.976); 4.07 and 5.54 % of the cells on (data: 4.09, 5.77 %); copies 2.5 and 0.5 % (held-out pictures: 8.4 and
0.4 %). Melodies leap where one of their notes is missing. docs/results.md has the rest, and how `paper` does.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from generators.layers.priors import Mixture, Normal
from generators.layers.row_mixture import Pixels, RowMixture
from generators.layers.vae import networks
from generators.pictures import PictureConfig
from generators.pictures.latent_sampler import LatentSampler
from midi.codecs import codec_named
from midi.codecs.codec import Codec
from training.devices.strategy import ReplicaSeedGenerator
from training.errors import InputError
from training.family import Context
from training.fitting.measuring import Measuring
from training.options import Amount, Count, Dropout, Fraction, Index

LOW = 0.0
"""Pictures are in [0, 1]."""
MONITOR = "val_loss"
"""The epoch with the smallest loss on the validation part is kept."""
BATCH = 256
"""Pictures encoded at once by `encode`."""


@dataclass(frozen=True)
class Config(PictureConfig):
    """Variational autoencoder; the defaults are the paper's."""

    latent: Count = 2
    """Numbers that a picture is made from."""
    network: Literal["pictures", "columns"] = "pictures"
    """pictures: the paper's convolutions; columns: ours, dense over pitch, mixed in time."""
    filters: tuple[Count, ...] = (32, 64, 64, 64)
    """pictures: filters of the encoder's convolutions; the decoder starts from the last and goes through the first."""
    width: Count = 32
    """Units of the encoder's dense layer (pictures), or of every group of columns (columns)."""
    patch: Count = 12
    """columns: columns of pixels in a group."""
    shapes: Count = 32
    """columns: shapes that a row may have in a group, silence not counted."""
    blocks: Index = 2
    """columns: blocks in each network."""
    dropout: Dropout = 0.0
    """columns: share of hidden units dropped."""
    components: Index = 0
    """Normal distributions in the prior that latents are drawn from; 0: held to N(0, 1), drawn from [-reach, reach]."""
    reach: Amount = 4.0
    """Without components: latents are drawn uniformly up to this far from 0; 0: from N(0, 1)."""
    kl: Literal["mean", "bound"] = "mean"
    """What is weighed beside the cross-entropy per pixel: twice the mean over the latents (published), or the sum per pixel,
    which with weight 1 is the evidence bound."""
    kl_weight: Amount = 5e-4
    """Weight of the Kullback-Leibler divergence."""
    warm_up: Fraction = 0.0
    """Fraction of the training in which that weight rises from 0."""
    cosine: bool = False
    """Let the learning rate fall to a hundredth along a cosine until the last step."""


PRESETS = {
    "paper": Config(),
    "ours": Config(
        latent=32, network="columns", width=256, components=256, kl="bound", kl_weight=0.5, warm_up=0.2, cosine=True,
        dropout=0.25, batch_size=64, epochs=24,
    ),
    "quick": Config(
        latent=3, filters=(4, 5, 6), width=7, reach=2.0, kl_weight=1e-3, learning_rate=5e-3, batch_size=4, epochs=2,
    ),
}  # fmt: skip


@keras.saving.register_keras_serializable("generators")
class Vae(Measuring):
    """See the module. config: the fields of `Config`; classes: labels, 0 for none; steps: of the whole training."""

    def __init__(self, config: dict[str, Any], classes: int = 0, steps: int = 1, **arguments):
        super().__init__(**arguments | {"dtype": "float32"})
        chosen = self.config = Config(**config | {"filters": tuple(config["filters"])})  # reloaded, it is a list
        self.classes, self.steps = classes, steps
        self.picture_shape = codec_named(chosen.codec).shape
        self.encoder, self.decoder = networks(chosen, self.picture_shape, classes)
        shaped = chosen.network == "columns"
        self.cells = RowMixture(self.picture_shape, chosen.patch, chosen.shapes) if shaped else Pixels()
        made = Mixture(chosen.latent, chosen.components, name="prior") if chosen.components else None
        self.prior = made or Normal(chosen.latent, chosen.reach, name="prior")
        self.seed = ReplicaSeedGenerator()
        if chosen.warm_up:
            self.step = self.add_weight(name="step", initializer="zeros", trainable=False, aggregation="only_first_replica")
        self.averages = [keras.metrics.Mean(name=name) for name in ("bits", "kl", "likelihood")]
        self.built = True

    def call(self, inputs, training=False):
        """Pictures, or (pictures, labels) -> pictures (batch, h, w, c), from one draw of the latents; adds the loss."""
        pictures, labels = (inputs[0], [ops.reshape(inputs[1], (-1, 1))]) if self.classes else (inputs, [])
        pictures = ops.clip(pictures, 0.0, 1.0)
        mean, log_variance = self.encoder([pictures, *labels] if labels else pictures, training=training)
        latents = mean + ops.exp(log_variance / 2) * keras.random.normal(ops.shape(mean), seed=self.seed)
        numbers = self.decoder([latents, *labels] if labels else latents, training=training)
        cross_entropy = -self.cells.log_likelihood(pictures, numbers)
        divergence = self.prior.divergence(mean, log_variance, latents)
        self.add_loss(self.objective(cross_entropy, divergence, training))
        return self.cells(numbers)

    def objective(self, cross_entropy, divergence, training):
        """The loss in nats per pixel from both terms (batch,) in nats per picture; the metrics see the bound itself."""
        pixels = int(np.prod(self.picture_shape))
        for metric, value in zip(self.averages, (cross_entropy + divergence, divergence, -cross_entropy), strict=True):
            self.measure(metric, value / (pixels * np.log(2)) if metric.name == "bits" else value)
        share = 2 / self.config.latent if self.config.kl == "mean" else 1 / pixels
        return ops.mean(cross_entropy) / pixels + self.weight(training) * share * ops.mean(divergence)

    def weight(self, training):
        """The weight of the divergence: rising at the start of training, whole in every evaluation."""
        if not (training and self.config.warm_up):
            return self.config.kl_weight
        self.step.assign_add(1.0)
        return self.config.kl_weight * ops.minimum(1.0, self.step / (self.config.warm_up * self.steps))

    def get_config(self):
        return {**super().get_config(), "config": asdict(self.config), "classes": self.classes, "steps": self.steps}


def build(config: Config, context: Context) -> Vae:
    """The compiled and built model of pictures, or (pictures, labels) where `config.conditional`."""
    steps = context.steps
    model = Vae(asdict(config), context.classes if config.conditional else 0, steps, name="vae")
    if context.statistics and config.network == "columns":
        model.decoder.get_layer("choices").bias.assign(_choices_of(context.statistics.marginal, config.shapes))
    rate = keras.optimizers.schedules.CosineDecay(config.learning_rate, steps, alpha=0.01) if config.cosine else None
    model.compile(keras.optimizers.Adam(rate or config.learning_rate))
    model.optimizer.build(model.trainable_variables)
    return model


def exported(model: Vae) -> keras.Model:
    """The decoder: latent (batch, latent) [, label (batch, 1) int32] -> pictures (batch, h, w, c) in [0, 1].

    Of the network `pictures` these are Bernoulli means, of `columns` what `RowMixture` shows.
    """
    latent = keras.Input((model.config.latent,), name="latent")
    label = keras.Input((1,), dtype="int32", name="label")
    inputs = [latent, label] if model.classes else latent
    return keras.Model(inputs, model.cells(model.decoder(inputs)), name="vae_decoder")


def sampler(model: Vae, codec: Codec) -> LatentSampler:
    """What draws pictures of the codec, and reads some."""
    return LatentSampler(lambda: exported(model), codec, LOW, model.prior.draw, functools.partial(encode, model))


def _choices_of(marginal: np.ndarray, shapes: int) -> np.ndarray:
    """Biases of the choices by which a row sounds as often as it is on; marginal: (height, channels) means in [0, 1]."""
    sounding = np.clip(marginal.mean(axis=-1), 1e-4, 1 - 1e-4)
    logits = np.zeros((len(marginal), shapes + 1))
    logits[:, 1:] = np.log(sounding / (1 - sounding) / shapes)[:, None]
    return logits.ravel()


def fit_prior(model: Vae, batches: Sequence[Any]) -> None:
    """Fit the trained model's mixture, if it has one, to draws of the training pictures' codes.

    batches: of the whole training part, by `generators.pictures.data.batches`: first of each is what the model takes.
    """
    if model.config.components:
        rng, drawn = np.random.default_rng(0), []
        for place in range(len(batches)):
            inputs = batches[place][0]
            mean, log_variance = encode(model, *inputs) if model.classes else encode(model, inputs)
            drawn.append(mean + np.exp(log_variance / 2) * rng.standard_normal(mean.shape))
        model.prior.fit(np.concatenate(drawn))


def encode(model: Vae, pictures: np.ndarray, labels: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """(mean, log-variance) of every picture, each float32 (count, latent), in blocks.

    pictures: (count, h, w, c) in [0, 1]; labels: (count,) where the model has any. InputError: another scale, no labels.
    """
    if pictures.size and (pictures.min() < 0 or pictures.max() > 1):
        raise InputError(f"the vae takes pictures in [0, 1]; received {pictures.min():g} to {pictures.max():g}")
    if model.classes and labels is None:
        raise InputError("this vae was trained with labels: give the label of every picture")
    parts = []
    for place in range(0, len(pictures), BATCH):
        part = slice(place, place + BATCH)
        inputs = [pictures[part], np.reshape(labels[part], (-1, 1))] if model.classes else pictures[part]
        parts.append([ops.convert_to_numpy(head) for head in model.encoder(inputs, training=False)])
    empty = np.zeros((0, model.config.latent), np.float32)
    return tuple(np.concatenate([empty, *heads]) for heads in (zip(*parts, strict=True) if parts else ([], [])))
