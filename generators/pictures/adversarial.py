"""What all models of two players share: options, one loss for both, how each is stepped, draws of latents.

A system is a file with its networks: a `Config(AdversarialConfig)` and an `Adversarial` that makes them.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

import keras
import numpy as np
from keras import ops

from generators.layers.adversarial.columns import chooses, start_choices
from generators.layers.adversarial.losses import LOSSES, OF_DIFFERENCES, critic_accuracies, gradient_penalty, slope_penalty
from generators.layers.adversarial.players import Shape
from generators.layers.adversarial.shifts import shifted
from generators.layers.row_codebook import in_greys
from generators.pictures.adversarial_config import AdversarialConfig, turns_of
from generators.pictures.latent_sampler import LatentSampler
from midi.codecs import codec_named
from midi.codecs.codec import Codec
from training.devices.strategy import ReplicaSeedGenerator, variable_dtype
from training.family import Context
from training.fitting.clipping import clip_weights
from training.fitting.measuring import Measuring
from training.fitting.players import frozen, player_optimizer
from training.fitting.turns import TurnAdam, TurnRMSprop

LOW = -1.0
"""Pictures are in [-1, 1]."""
MONITOR = None
"""The last epoch is kept: no loss of a GAN says how good its pictures are."""
START_PICTURES = 256
"""Pictures that the start of the training looks at."""


class Adversarial(Measuring):
    """Both players and their losses. Input: pictures (batch, h, w, c) in [-1, 1], with labels (pictures, labels (batch,)).

    Output: the generated pictures. `config` is a `Config` as a dict; classes: 0 for no labels.
    Metrics: both losses, the fractions of real and of generated pictures that the critic classifies rightly, and how far
    its mean logits of both are apart.
    """

    Config: ClassVar[type[AdversarialConfig]]

    def __init__(self, config: dict[str, Any], classes: int = 0, **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": variable_dtype()})
        self.config, self.classes = self.Config(**config), classes
        self.generator, self.critic = self.players(codec_named(self.config.codec).shape)
        if self.config.clip:
            clip_weights(self.critic, self.config.clip)
        self.draws = ReplicaSeedGenerator()
        names = ("critic_loss", "generator_loss", "critic_real", "critic_fake", "margin")
        self.measures = {name: keras.metrics.Mean(name) for name in names}

    def players(self, shape: Shape) -> tuple[keras.Model, keras.Model]:
        """The generator and the critic of pictures of `shape`, as `generators.layers.adversarial.players` says."""
        raise NotImplementedError

    def build(self, input_shape: Any = None) -> None:
        self.built = True  # the players are, and pictures may come with labels

    def call(self, inputs: Any, training: bool = False) -> Any:
        pictures, labels = inputs if self.classes else (inputs, None)
        count, fakes = ops.shape(pictures)[0], self.config.fakes
        wanted = None if labels is None else ops.tile(labels, [fakes])
        generated = self.generated(count * fakes, wanted, training)
        judged = frozen(self.critic, with_labels(self.seen(generated, training), wanted), training=training)
        pictures = self.seen(pictures, training)
        fake = self.seen(ops.stop_gradient(generated)[:count], training)
        on_real = self.critic(with_labels(pictures, labels), training=training)
        on_fake = self.critic(with_labels(fake, labels), training=training)
        critic_loss, generator_loss = LOSSES[self.config.loss]
        critic_loss = critic_loss(on_real, on_fake)
        generator_loss = generator_loss(ops.tile(ops.stop_gradient(on_real), [fakes, 1]), judged)
        self.add_loss(critic_loss)
        self.add_loss(generator_loss)
        if training:
            self.penalise(pictures, fake, labels)
        accuracies = critic_accuracies(on_real, on_fake, paired=self.config.loss in OF_DIFFERENCES)
        margin = ops.mean(on_real) - ops.mean(on_fake)
        for metric, value in zip(self.measures.values(), (critic_loss, generator_loss, *accuracies, margin), strict=True):
            self.measure(metric, value)
        return generated

    def generated(self, count: Any, labels: Any, training: bool) -> Any:
        """`count` pictures in [-1, 1] from latents drawn by the model's distribution."""
        return self.generator(with_labels(self.drawn(count), labels), training=training)

    def drawn(self, count: Any) -> Any:
        """`count` latents."""
        size = (count, self.config.latent)
        if self.config.distribution == "normal":
            return keras.random.normal(size, seed=self.draws)
        return keras.random.uniform(size, -1.0, 1.0, seed=self.draws)

    def seen(self, pictures: Any, training: bool) -> Any:
        """What the critic sees of pictures: moved and noisy in training, each by draws of its own."""
        if not training:
            return pictures
        if self.config.shift or self.config.turn:
            pictures = shifted(pictures, self.config.shift, self.config.turn, self.draws)
        if self.config.noise:
            pictures += self.config.noise * keras.random.normal(ops.shape(pictures), seed=self.draws)
        return pictures

    def penalise(self, real: Any, fake: Any, labels: Any) -> None:
        """Add the gradient penalties, at every `penalty_stride`-th picture."""
        config, every = self.config, self.config.penalty_stride
        real, fake, labels = real[::every], fake[::every], None if labels is None else labels[::every]

        def judge(pictures: Any) -> Any:
            return self.critic(with_labels(pictures, labels), training=False)

        if config.penalty:
            self.add_loss(config.penalty * gradient_penalty(judge, real))
        if config.fake_penalty:
            self.add_loss(config.fake_penalty * gradient_penalty(judge, fake))
        if config.slope_penalty:
            shares = keras.random.uniform((ops.shape(real)[0], 1, 1, 1), seed=self.draws)
            self.add_loss(config.slope_penalty * slope_penalty(judge, real, fake, shares))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"config": asdict(self.config), "classes": self.classes}


def compiled(model: Adversarial, context: Context) -> Adversarial:
    """The model built, started by the data's statistics, and with an optimizer for each player.

    InputError: options that do not go together.
    """
    model.build()
    config = model.config
    if context.statistics and chooses(model.generator):
        drawn = ops.convert_to_tensor(latents(model, np.arange(START_PICTURES, dtype=np.uint64)))
        labels = np.arange(START_PICTURES, dtype=np.int32) % model.classes if model.classes else None
        start_choices(model.generator, with_labels(drawn, labels), context.statistics.marginal)
    averages = {"use_ema": True, "ema_momentum": config.average} if config.average else {}
    players = {"generator": (config.learning_rate, averages), "critic": (config.critic_rate, {})}
    turns = turns_of(config)
    optimizers = {}
    for player, (rate, options) in players.items():
        steps = context.steps if turns is None else max(1, turns.count(player, context.steps))
        rate = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.1) if config.cosine else rate
        options |= {} if turns is None else {"turns": turns, "player": player}
        optimizers[player] = _optimizer(config, rate, options)
    model.compile(player_optimizer(optimizers, model))
    return model


def _optimizer(config: AdversarialConfig, rate: Any, options: dict[str, Any]) -> keras.optimizers.Optimizer:
    """One player's; with `turns` among the options it is stepped in turn."""
    if config.optimizer == "rmsprop":
        return (TurnRMSprop if "turns" in options else keras.optimizers.RMSprop)(rate, config.beta_2, **options)
    return (TurnAdam if "turns" in options else keras.optimizers.Adam)(rate, config.beta_1, config.beta_2, **options)


def exported(model: Adversarial) -> keras.Model:
    """The generator: latent (batch, latent) [, label int32 (batch, 1)] -> pictures (batch, h, w, c) in [-1, 1].

    That of `columns`, black and white in training, gives greys, so that a threshold can be calibrated.
    """
    return in_greys(model.generator)


def sampler(model: Adversarial, codec: Codec) -> LatentSampler:
    """What draws pictures of the codec."""
    return LatentSampler(lambda: exported(model), codec, LOW, lambda seeds: latents(model, seeds))


def latents(model: Adversarial, seeds: np.ndarray) -> np.ndarray:
    """(len(seeds), latent) float32 by the distribution that the model was trained with; row i comes from seeds[i] alone."""
    size, normal = model.config.latent, model.config.distribution == "normal"
    generators = [np.random.default_rng(int(seed)) for seed in seeds]
    rows = [one.standard_normal(size) if normal else one.uniform(-1, 1, size) for one in generators]
    return np.array(rows, np.float32).reshape(len(rows), size)


def with_labels(pictures: Any, labels: Any) -> Any:
    """What a network takes: pictures (or latents) alone, or with labels as (batch, 1)."""
    return pictures if labels is None else [pictures, ops.reshape(labels, (-1, 1))]
