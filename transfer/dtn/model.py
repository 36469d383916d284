"""Domain transfer network: pieces of one kind of music made into another kind, without pairs of both.

"Cross Genre Music Generation using Image Representation", after arXiv 1611.02200. An extractor f describes what a picture is
about, a generator g makes a picture of that, G = g(f(.)); a discriminator D wants G of the source and of the target to look
like the target, L_CONST wants f(G(s)) to be f(s), L_TID wants G(t) to be t.

`paper`: the networks and weights of its code: D two-way, f learned from scratch and by L_CONST alone, so that it may end as
a constant, and its raw skips let g copy. Its schedule (of a source batch: D once, g six times, f every 15th batch; of a
target batch: D twice, g four times; no shuffling) is not rebuilt: all players move at once, on a batch of both, each by its
own Adam, and epochs are shuffled. The pictures are our `interleaved32`: the paper's own converter is not known.

`ours`: piano rolls, so that there is polyphony; f is trained first, as an autoencoder of both kinds of music (in
RUN/autoencoder), and stays as it is, so that L_CONST has a meaning and trains g; D is three-way, the networks have a quarter
of the filters, and all that D sees in training is noisy: else it distinguishes black and white from nearly so, and wins at
once. Drums, which have no pitch, are in no picture.

    python -m transfer.train dtn --source FOLDER --target FOLDER

354 chorales into the kind of 77 pieces of rock and metal, and back: 6 CPU minutes each. A judge takes 81 % (back:
80 %) of the windows of pieces never seen for the target, of the untouched source 5 % (10 %); content preservation, a cosine
of chroma, is 0.94 (0.90). docs/results.md has the other measures and what falls short.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import keras
from keras import ops

from midi.codecs import codec_named
from training.devices.strategy import variable_dtype
from training.errors import InputError
from training.family import Context
from training.fitting.measuring import Measuring
from training.fitting.players import frozen, player_optimizer
from training.options import Amount, Count, Fraction, Index, Momentum, Positive
from transfer.dtn.networks import (
    ADVERSARIAL,
    constancy,
    discriminator,
    extractor,
    generator,
    identity,
    taken_for_target,
    variation,
)

MONITOR = None
"""The last epoch is kept: no loss of two players says how good their pictures are."""


@dataclass(frozen=True)
class Config:
    """Domain transfer network; the defaults are the paper's."""

    codec: str = "interleaved32"
    """Codec of the pictures, by name: interleaved32, roll64 or roll96."""
    width: Count = 64
    """Filters of f's first convolution; all others are multiples."""
    code: Count = 128
    """Numbers of f's content."""
    skips: bool = True
    """Hand what f's convolutions give to g's, so that details come through."""
    pretraining: Index = 0
    """Passes over both kinds in which f is trained first, as an autoencoder, to stay as it is then; 0: f starts from scratch
    and learns from L_CONST alone, as published."""
    discriminator: Literal["two_way", "three_way"] = "two_way"
    """Does D distinguish G(s) and G(t) from each other too, besides from the target?"""
    alpha: Amount = 15.0
    """Weight of L_CONST, of content preservation; it trains g where f is pretrained, else f."""
    beta: Amount = 15.0
    """Weight of L_TID, of the target left as it is."""
    gamma: Amount = 0.0
    """Weight of L_TV, of smoothness."""
    tv_exponent: Positive = 1.0
    """The power B of the slopes in L_TV."""
    learning_rate: Positive = 3e-4
    """Adam's step, of f and g."""
    discriminator_rate: Positive = 3e-4
    """Adam's step, of D."""
    beta_1: Momentum = 0.9
    """Adam's memory of gradients, of all players."""
    noise: Fraction = 0.0
    """Deviation of the noise on all that D sees in training. Without it D distinguishes black and white from nearly so."""
    variations: Index = 0
    """Show every file so many times more, in other keys."""
    batch_size: Count = 128
    """Pictures of each kind in a step, over all devices."""
    epochs: Count = 25
    """Passes over the larger of both kinds."""


PRESETS = {
    "paper": Config(),
    "ours": Config(
        codec="roll64", width=16, pretraining=5, discriminator="three_way", learning_rate=1e-3, beta_1=0.5, noise=0.5,
        variations=2, batch_size=32, epochs=5,
    ),
    "quick": Config(
        codec="roll64", width=4, code=8, pretraining=1, discriminator="three_way", gamma=1e-4, learning_rate=1e-3,
        discriminator_rate=1e-3, beta_1=0.5, noise=0.5, batch_size=8, epochs=2,
    ),
}  # fmt: skip


@keras.saving.register_keras_serializable("transfer")
class Dtn(Measuring):
    """All players and their losses. Input: (source, target) pictures, each (batch, h, w, c) in [-1, 1].

    Output: what becomes of the source. `config` is a `Config` as a dict. Metrics: the players' losses, the terms before they
    are weighted, and the fraction of source pictures whose results D takes for the target.
    """

    def __init__(self, config: dict[str, Any], **arguments: Any) -> None:
        super().__init__(**arguments | {"dtype": variable_dtype()})
        config = Config(**config)
        self.config, shape = config, codec_named(config.codec).shape
        outputs, self.discriminator_loss, self.adversarial = ADVERSARIAL[config.discriminator]
        self.extractor = extractor(shape, config.width, config.code, config.skips)
        self.extractor.trainable = not config.pretraining
        self.generator = generator(shape, config.width, config.code, config.skips)
        self.discriminator = discriminator(shape, config.width, outputs)
        self.noise = keras.layers.GaussianNoise(config.noise, name="noise")
        names = ("discriminator_loss", "adversarial", "constancy", "identity", "variation", "fooled")
        self.measures = {name: keras.metrics.Mean(name) for name in names}

    def build(self, input_shape: Any = None) -> None:
        self.built = True  # the players are, and there are two inputs

    def call(self, inputs: Any, training: bool = False) -> Any:
        source, target = inputs
        content = self.features(source, training)
        generated = self.generator(_held_constant(content), training=training)
        same = self.generator(_held_constant(self.features(target, training)), training=training)
        terms = self.discriminate(generated, same, target, training) | self.deceive(generated, same, training)
        terms |= {"identity": identity(target, same)} | self.keep(content, generated, training)
        weights = {"constancy": self.config.alpha, "identity": self.config.beta, "variation": self.config.gamma}
        for name, value in terms.items():
            self.add_loss(weights.get(name, 1.0) * value)
            self.measure(self.measures[name], value)
        return generated

    def features(self, pictures: Any, training: bool) -> list[Any]:
        """What f gives for pictures: [content, the skips if there are any]."""
        return keras.tree.flatten(self.extractor(pictures, training=training))

    def discriminate(self, generated: Any, same: Any, target: Any, training: bool) -> dict[str, Any]:
        """The loss of D, which moves no other player."""
        noisy = [self.noise(each, training=training) for each in _held_constant([generated, same, target])]
        logits = [self.discriminator(each, training=training) for each in noisy]
        return {"discriminator_loss": self.discriminator_loss(*logits)}

    def deceive(self, generated: Any, same: Any, training: bool) -> dict[str, Any]:
        """The losses of g that D and smoothness give."""
        noisy = [self.noise(each, training=training) for each in (generated, same)]
        logits = [frozen(self.discriminator, each, training=training) for each in noisy]
        self.measure(self.measures["fooled"], ops.mean(taken_for_target(logits[0])))
        smooth = (variation(generated, self.config.tv_exponent) + variation(same, self.config.tv_exponent)) / 2
        return {"adversarial": self.adversarial(*logits), "variation": smooth}

    def keep(self, content: Any, generated: Any, training: bool) -> dict[str, Any]:
        """L_CONST: of g where f is pretrained, else of f, which then sees g held constant."""
        if not self.config.pretraining:
            generated = frozen(self.generator, content, training=training)
        return {"constancy": constancy(content[0], self.features(generated, training)[0])}

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"config": asdict(self.config)}


def build(config: Config, context: Context) -> Dtn:
    """The model, compiled and built. InputError: options that do not go together."""
    if not config.gamma and config.tv_exponent != Config.tv_exponent:
        raise InputError("--tv-exponent is of a term whose weight is 0; give --gamma too")
    model = Dtn(asdict(config), name="dtn")
    model.build()
    rates = {"generator": config.learning_rate, "discriminator": config.discriminator_rate}
    rates |= {} if config.pretraining else {"extractor": config.learning_rate}
    model.compile(
        player_optimizer({name: keras.optimizers.Adam(rate, config.beta_1) for name, rate in rates.items()}, model)
    )
    return model


def build_autoencoder(config: Config) -> keras.Model:
    """The compiled model in which f is pretrained: picture -> content -> the same picture, by mean squared error."""
    shape = codec_named(config.codec).shape
    picture = keras.Input(shape, name="picture")
    content = keras.tree.flatten(extractor(shape, config.width, config.code, config.skips)(picture))[0]
    again = generator(shape, config.width, config.code, skips=False, name="decoder")([content])
    model = keras.Model(picture, again, name="autoencoder")
    model.compile(keras.optimizers.Adam(config.learning_rate), loss="mean_squared_error")
    return model


def exported(model: Dtn) -> keras.Model:
    """G: picture (batch, h, w, c) in [-1, 1] -> picture, the same."""
    picture = keras.Input(model.extractor.input_shape[1:], name="picture")
    return keras.Model(picture, model.generator(keras.tree.flatten(model.extractor(picture))), name="transfer")


def _held_constant(tensors: list[Any]) -> list[Any]:
    return [ops.stop_gradient(tensor) for tensor in tensors]
