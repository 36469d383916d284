"""DCGAN: a generator against a critic, both convolutional.

`paper`: "Music generation with Neural Networks", networks as printed; `--networks released` is the generator of its code.
`sparse88`: the GAN of "Music generation using Deep Learning" on pictures of 88 x 200 x 4, with one value scale where the
original fed its critic another than its generator's. Both differ from the papers in this: the players move at once, by one
loss, instead of in turn; an epoch shows every picture once; samples are drawn as in training.

`ours`, 0.4 million parameters a player: a picture is groups of columns, an eighth note each, and convolutions run over time
alone, since pitches are not alike as places are. In a group each row rests or has one of ten learned shapes, at first
runs of columns (`generators.layers.row_codebook`), so that notes do not fall into dots and the critic sees black and white.
The critic also sees onsets and pitch classes (`generators.layers.streams`). Relativistic loss with R1 and R2 (arXiv
2501.05441), of weight 20: at 2 and less the critic wins early, and the generator learns more slowly. Rates fall along a
cosine; a moving average of the generator's weights is kept.

    python -m generators.train dcgan --data FOLDER

40 epochs took 27 minutes of CPU for Nottingham, 6 for Freedoom (2 cores, shared). 1,000 samples against the test part:
overlap of all measures with the data 0.838 and 0.918 (its halves: 0.983, 0.975), from the samples' side 0.878 and 0.866 of
the halves'; 4.07 and 5.54 % of the cells on (data: 4.09, 5.77 %); copies 0.1 % and none (held-out pictures: 8.4 and 0.4 %).
Melodies have gaps; Freedoom's rhythms vary too little. docs/results.md has the rest, and how `paper` does.
"""

from __future__ import annotations

import functools
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import keras
import numpy as np
from keras import ops

from generators.layers.adversarial.losses import LOSSES, critic_accuracies, gradient_penalty
from generators.layers.adversarial.players import Columns, players
from generators.layers.row_codebook import in_greys, runs
from generators.pictures import PictureConfig
from generators.pictures.latent_sampler import LatentSampler
from midi.codecs import codec_named
from midi.codecs.codec import Codec
from training.devices.strategy import ReplicaSeedGenerator, variable_dtype
from training.errors import InputError
from training.family import Context
from training.fitting.measuring import Measuring
from training.fitting.players import frozen, player_optimizer
from training.options import Amount, Count, Momentum, Positive

LOW = -1.0
"""Pictures are in [-1, 1]."""
MONITOR = None
"""The last epoch is kept: no loss of a GAN says how good its pictures are."""
START_PICTURES = 256
"""Pictures that the start of the training looks at."""


@dataclass(frozen=True)
class Config(PictureConfig):
    """DCGAN; the defaults are the paper's."""

    latent: Count = 100
    """Numbers that a picture is made from."""
    distribution: Literal["uniform", "normal"] = "uniform"
    """How they are drawn, in training and in sampling: evenly from [-1, 1], or standard normal."""
    learning_rate: Positive = 2e-4
    """Adam's step of the generator, at the start."""
    critic_rate: Positive = 2e-4
    """Adam's step of the critic, at the start."""
    beta_1: Momentum = 0.5
    """Adam's memory of gradients, of both."""
    beta_2: Momentum = 0.999
    """Adam's memory of squared gradients, of both."""
    cosine: bool = False
    """Let both steps fall to a tenth along a cosine until the last one."""
    networks: Literal["printed", "released", "normed", "columns"] = "printed"
    """As the paper prints them, as in its released code, with batch norm (of the sparse pictures' paper), or ours."""
    patch: Count = 6
    """columns: columns of pixels in a group."""
    shapes: Count = 10
    """columns: shapes that a row may have in a group, silence not counted."""
    generator_width: Count = 128
    """columns: numbers that stand for a group in the generator."""
    critic_width: Count = 128
    """columns: the same in the critic."""
    loss: Literal["cross_entropy", "relativistic"] = "cross_entropy"
    """What the players minimise."""
    fakes: Count = 2
    """Pictures made for each real one; the generator learns from all, the critic from as many as are real."""
    penalty: Amount = 0.0
    """Weight of the penalty on the critic's gradient at real pictures (R1)."""
    fake_penalty: Amount = 0.0
    """The same at generated pictures (R2)."""
    penalty_stride: Count = 1
    """The penalties are taken on every so many-th picture of a batch."""
    average: Momentum = 0.0
    """Momentum of the moving average of the generator's weights, which is what is kept; 0: none."""


OURS = Config(
    latent=64, distribution="normal", learning_rate=2e-4, critic_rate=4e-4, beta_1=0.0, beta_2=0.99, cosine=True,
    networks="columns", loss="relativistic", fakes=1, penalty=20.0, fake_penalty=20.0, penalty_stride=4, average=0.995,
    epochs=40,
)  # fmt: skip
QUICK = {"codec": "roll64", "latent": 8, "generator_width": 8, "critic_width": 8, "batch_size": 4, "epochs": 2}
PRESETS = {
    "paper": Config(),
    "sparse88": Config(
        codec="sparse88", networks="normed", learning_rate=1.5e-4, critic_rate=1.5e-4, fakes=1, batch_size=128
    ),
    "ours": OURS,
    "quick": replace(OURS, patch=8, shapes=3, penalty_stride=1, average=0.9, **QUICK),
}


@keras.saving.register_keras_serializable("generators")
class Dcgan(Measuring):
    """Both players and their losses. Input: pictures (batch, h, w, c) in [-1, 1], with labels (pictures, labels (batch,)).

    Output: the generated pictures. `config` is a `Config` as a dict; classes: 0 for no labels.
    Metrics: both losses, and the fractions of real and of generated pictures that the critic classifies rightly.
    """

    def __init__(self, config: dict[str, Any], classes: int = 0, **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": variable_dtype()})
        config = Config(**config)
        self.config, self.classes, codec = config, classes, codec_named(config.codec)
        sizes = Columns(config.patch, config.shapes, config.generator_width, config.critic_width)
        self.generator, self.critic = players(config.networks, codec.shape, config.latent, classes, sizes)
        self.draws = ReplicaSeedGenerator()
        names = ("critic_loss", "generator_loss", "critic_real", "critic_fake")
        self.measures = {name: keras.metrics.Mean(name) for name in names}

    def build(self, input_shape: Any = None) -> None:
        self.built = True  # the players are, and pictures may come with labels

    def call(self, inputs: Any, training: bool = False) -> Any:
        pictures, labels = inputs if self.classes else (inputs, None)
        count, fakes = ops.shape(pictures)[0], self.config.fakes
        wanted = None if labels is None else ops.tile(labels, [fakes])
        generated = self.generated(count * fakes, wanted, training)
        judged = frozen(self.critic, _with(generated, wanted), training=training)
        fake = ops.stop_gradient(generated)[:count]
        on_real = self.critic(_with(pictures, labels), training=training)
        on_fake = self.critic(_with(fake, labels), training=training)
        critic_loss, generator_loss = LOSSES[self.config.loss]
        critic_loss = critic_loss(on_real, on_fake)
        generator_loss = generator_loss(ops.tile(ops.stop_gradient(on_real), [fakes, 1]), judged)
        self.add_loss(critic_loss)
        self.add_loss(generator_loss)
        if training:
            self.penalise(self.config.penalty, pictures, labels)
            self.penalise(self.config.fake_penalty, fake, labels)
        accuracies = critic_accuracies(on_real, on_fake, paired=self.config.loss == "relativistic")
        for metric, value in zip(self.measures.values(), (critic_loss, generator_loss, *accuracies), strict=True):
            self.measure(metric, value)
        return generated

    def generated(self, count: Any, labels: Any, training: bool) -> Any:
        """`count` pictures from latents drawn by the model's distribution."""
        size = (count, self.config.latent)
        if self.config.distribution == "normal":
            drawn = keras.random.normal(size, seed=self.draws)
        else:
            drawn = keras.random.uniform(size, -1.0, 1.0, seed=self.draws)
        return self.generator(_with(drawn, labels), training=training)

    def penalise(self, weight: float, pictures: Any, labels: Any) -> None:
        """Add the gradient penalty at every `penalty_stride`-th picture."""
        if not weight:
            return
        every = self.config.penalty_stride
        labels = None if labels is None else labels[::every]
        penalty = gradient_penalty(lambda seen: self.critic(_with(seen, labels), training=False), pictures[::every])
        self.add_loss(weight * penalty)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"config": asdict(self.config), "classes": self.classes}


def build(config: Config, context: Context) -> Dcgan:
    """The model, compiled and built. InputError: options that do not go together."""
    ours = ("patch", "shapes", "generator_width", "critic_width")
    if config.networks != "columns" and (idle := [name for name in ours if getattr(config, name) != getattr(Config, name)]):
        raise InputError(f"only --networks columns takes {', '.join(idle)}; received --networks {config.networks}")
    model = Dcgan(asdict(config), context.classes if config.conditional else 0, name="dcgan")
    model.build()
    if context.statistics and config.networks == "columns":
        _initialise(model, context.statistics.marginal)
    averages = {"use_ema": True, "ema_momentum": config.average} if config.average else {}
    optimizers = {
        "generator": _adam(config, config.learning_rate, context.steps, **averages),
        "critic": _adam(config, config.critic_rate, context.steps),
    }
    model.compile(player_optimizer(optimizers, model))
    return model


def exported(model: Dcgan) -> keras.Model:
    """The generator: latent (batch, latent) [, label int32 (batch, 1)] -> pictures (batch, h, w, c) in [-1, 1].

    That of `columns`, black and white in training, gives greys, so that a threshold can be calibrated.
    """
    return in_greys(model.generator)


def sampler(model: Dcgan, codec: Codec) -> LatentSampler:
    """What draws pictures of the codec."""
    return LatentSampler(lambda: exported(model), codec, LOW, functools.partial(latents, model))


def latents(model: Dcgan, seeds: np.ndarray) -> np.ndarray:
    """(len(seeds), latent) float32 by the distribution that the model was trained with; row i comes from seeds[i] alone."""
    size, normal = model.config.latent, model.config.distribution == "normal"
    generators = [np.random.default_rng(int(seed)) for seed in seeds]
    rows = [one.standard_normal(size) if normal else one.uniform(-1, 1, size) for one in generators]
    return np.array(rows, np.float32).reshape(len(rows), size)


def _initialise(model: Dcgan, marginal: np.ndarray) -> None:
    """Bias the choices of our generator so that at the start every row sounds as often as in the data, in long notes.

    marginal: (height, channels) mean values in [0, 1].
    """
    drawn = latents(model, np.arange(START_PICTURES, dtype=np.uint64))
    inputs = [drawn, np.arange(START_PICTURES, dtype=np.int32)[:, None] % model.classes] if model.classes else drawn
    choices = model.generator.get_layer("generator_choices")
    scores = keras.Model(model.generator.input, choices.output)(inputs, training=False)
    scores = ops.convert_to_numpy(scores).reshape(-1, len(marginal), model.config.shapes + 1)
    length = np.resize([last - first for first, last in runs(model.config.patch)], model.config.shapes)
    length = 2 * (length - model.config.patch)
    margin = np.sort((scores[..., 1:] + length).max(axis=-1) - scores[..., 0], axis=0)
    silent = ((1 - marginal.mean(axis=-1)) * (len(margin) - 1)).astype(int)
    bias = np.empty(scores.shape[1:])
    bias[:, 0], bias[:, 1:] = margin[silent, np.arange(len(silent))], length
    choices.bias.assign(bias.ravel())


def _adam(config: Config, rate: float, steps: int, **arguments: Any) -> keras.optimizers.Optimizer:
    rate = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.1) if config.cosine else rate
    return keras.optimizers.Adam(rate, config.beta_1, config.beta_2, **arguments)


def _with(pictures: Any, labels: Any) -> Any:
    """What a network takes: pictures (or latents) alone, or with labels as (batch, 1)."""
    return pictures if labels is None else [pictures, ops.reshape(labels, (-1, 1))]
