"""The networks of StyleGAN2 (arXiv 1912.04958), for pictures of any size, and its style path for groups of columns.

A generator maps a latent (batch, latent) to a style, gives it to all layers that take one, styles (batch, inputs, style),
and makes a picture (batch, h, w, c) of them. A label, int32 (batch, 1), changes styles and not, as elsewhere, the mapping:
so styles can be looked for and mixed without one. Critic: picture [, label] -> one logit (batch, 1), high for real. At
64 x 64 x 1 the generator has 22,238,990 trainable parameters, the critic 23,406,849.

A picture is doubled from 4 to 8 places on its shorter side; where its sides are no multiples of that it is made larger and
cut. Left out: clamping of activations, which float16 needs; bfloat16, the mixed precision here, does not.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers, ops

from generators.layers.adversarial.columns import groups_of, shown
from generators.layers.adversarial.players import Shape, critic_of, cut
from generators.layers.equalised import Double, EqualisedConv, EqualisedDense, ModulatedConv, scaled_leaky
from generators.layers.labels import Labels
from generators.layers.minibatch_deviation import MinibatchDeviation
from training.devices.strategy import ReplicaSeedGenerator, variable_dtype

START = 4
"""Places on the shorter side of the picture that all others are doubled from, at least."""
STYLES = "generator_styles"
"""The layer that gives a generator's styles."""


@dataclass(frozen=True)
class Sizes:
    """Of the networks; the defaults: "Image-Based Music Generation using Invertible MIDI-to-Image Conversions"."""

    style: int = 512
    """Numbers of a style."""
    mapping: int = 2
    """Dense layers from latent to style."""
    channels: int = 512
    """Channels of a convolution, at most."""
    total: int = 16_384
    """Channels times places on a side, at most, in pictures that are doubled from 4 x 4."""

    def channels_at(self, level: int) -> int:
        """Channels of what was doubled `level` times."""
        return max(1, min(self.channels, self.total // (START << level)))


@keras.saving.register_keras_serializable("generators")
class LearnedConstant(layers.Layer):
    """Anything (batch, ...) -> the same learned numbers (batch, *shape), whatever it holds; drawn from N(0, 1)."""

    def __init__(self, shape: tuple[int, ...], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.shape = tuple(shape)

    def build(self, input_shape: Any) -> None:
        start = keras.initializers.RandomNormal(stddev=1.0)
        self.constant = self.add_weight(shape=self.shape, initializer=start, name="constant")

    def call(self, x: Any) -> Any:
        return ops.broadcast_to(self.constant[None], (ops.shape(x)[0], *self.shape))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"shape": self.shape}


@keras.saving.register_keras_serializable("generators")
class PlaceNoise(layers.Layer):
    """x (batch, *places, channels) and noise, one normal number a place for all channels, by a learned strength, 0 at first.

    Drawn for each picture in training; in use one noise that is kept, so that pictures depend on their styles alone.
    """

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.draws = ReplicaSeedGenerator()

    def build(self, input_shape: Any) -> None:
        places, start = input_shape[1:-1], keras.initializers.RandomNormal(stddev=1.0)
        self.strength = self.add_weight(shape=(), initializer="zeros", name="strength")
        self.kept = self.add_weight(shape=(*places, 1), initializer=start, trainable=False, name="kept")

    def call(self, x: Any, training: bool = False) -> Any:
        if not training:
            return x + self.strength * self.kept
        size = (ops.shape(x)[0], *self.kept.shape)
        return x + self.strength * keras.random.normal(size, dtype=x.dtype, seed=self.draws)


def generator(latent: int, classes: int, sizes: Sizes, inputs: int, show: Callable[[Any], Any]) -> keras.Model:
    """Latent [, label] -> picture, by one style in all layers. show: styles (batch, inputs, style) -> picture.

    classes: 0 for no labels. A label's learned vector is added to the styles.
    """
    given = keras.Input((latent,), name="latent")
    styles = layers.RepeatVector(inputs, name=STYLES)(_mapped(given, sizes))
    if classes:
        label = keras.Input((1,), dtype="int32", name="label")
        start = keras.initializers.RandomNormal(stddev=1.0)
        known = Labels(classes, sizes.style, embeddings_initializer=start, name="generator_label")(label)
        given, styles = [given, label], layers.Add(name="generator_labelled")([styles, known])
    return keras.Model(given, show(styles), name="generator")


def _mapped(latent: Any, sizes: Sizes) -> Any:
    """The style of a latent, learned at a hundredth of the rate."""
    x = layers.UnitNormalization(name="generator_latent_unit")(latent)
    x = layers.Rescaling(latent.shape[-1] ** 0.5, name="generator_latent")(x)  # of unit second moment
    for number in range(1, sizes.mapping + 1):
        name = f"generator_mapping_{number}"
        x = _leaky(EqualisedDense(sizes.style, multiplier=0.01, name=name)(x), name)
    return x


def mapping(generator: keras.Model) -> keras.Model:
    """The part of `generator` from latents (batch, latent) to styles (batch, inputs, style), alike for all layers."""
    latent = generator.inputs[0]
    return keras.Model(latent, generator.get_layer(STYLES).output, name="generator_mapping")


def synthesis(generator: keras.Model) -> keras.Model:
    """The part of `generator` from styles (batch, inputs, style) [, label] to pictures."""
    styles = generator.get_layer(STYLES).output
    given = [styles, *generator.inputs[1:]] if len(generator.inputs) > 1 else styles
    return keras.Model(given, generator.output, name="generator_synthesis")


def picture_inputs(shape: Shape) -> int:
    """Layers of `picture` that take a style."""
    return 2 * _doublings(shape) + 2


def picture(styles: Any, shape: Shape, sizes: Sizes) -> Any:
    """Styles -> picture: the sum of what each resolution shows, doubled to the next one. Not limited to [-1, 1]."""
    doublings = _doublings(shape)
    start = (*(_enough(side, doublings) for side in shape[:2]), sizes.channels_at(0))
    x = LearnedConstant(start, name="generator_constant")(styles)
    x = _styled(x, styles, sizes.channels_at(0), 0)
    made = _shown(x, styles, shape[2], 1)
    for level in range(1, doublings + 1):
        x = _styled(x, styles, sizes.channels_at(level), 2 * level - 1, double=True)
        x = _styled(x, styles, sizes.channels_at(level), 2 * level)
        made = Double(dtype=variable_dtype(), name=f"generator_picture_{level}_double")(made)
        more = _shown(x, styles, shape[2], 2 * level + 1)
        made = layers.Add(dtype=variable_dtype(), name=f"generator_picture_{level}")([made, more])
    return cut(made, shape)


def _styled(x: Any, styles: Any, channels: int, number: int, double: bool = False) -> Any:
    """A layer that takes the style at `number`: convolution, noise, activation."""
    name = f"generator_conv_{number}"
    x = ModulatedConv(channels, 3, number, double, name=name)(x, styles)
    return _leaky(PlaceNoise(name=f"{name}_noise")(x), name)


def _shown(x: Any, styles: Any, channels: int, number: int) -> Any:
    """What a resolution adds to the picture. Its style is that of the convolution which follows, but for the last one's."""
    return ModulatedConv(channels, 1, number, demodulate=False, name=f"generator_show_{number}")(x, styles)


COLUMN_INPUTS = 3
"""Layers of `column_picture` that take a style."""


def column_picture(styles: Any, shape: Shape, patch: int, shapes: int, width: int) -> Any:
    """Styles -> picture of hard cells, -1 and 1, by the same layers over time alone, doubled once.

    Groups of `patch` columns are vectors of `width` numbers; by them each row of a group rests or gets one of `shapes`.
    """
    groups = groups_of(shape, patch)
    x = LearnedConstant((_enough(groups, 1), width), name="generator_constant")(styles)
    x = _styled(_styled(x, styles, width, 0), styles, width, 1, double=True)
    x = layers.Cropping1D((0, x.shape[1] - groups), name="generator_double_cut")(x)
    return shown(_styled(x, styles, width, 2), shape, patch, shapes)


def critic(shape: Shape, classes: int, sizes: Sizes) -> keras.Model:
    """Residual convolutions, halved as often as the synthesis doubles, that compare pictures of a batch in the end."""
    logit = EqualisedDense(1, dtype=variable_dtype(), name="critic_logit")
    return critic_of(functools.partial(_features, sizes=sizes), shape, classes, logit)


def _features(picture: Any, sizes: Sizes) -> Any:
    doublings = _doublings(picture.shape[1:])
    x = _leaky(EqualisedConv(sizes.channels_at(doublings), 1, name="critic_picture")(picture), "critic_picture")
    for level in range(doublings, 0, -1):
        x = _halved(x, sizes.channels_at(level - 1), f"critic_{START << level}")
    x = MinibatchDeviation(name="critic_deviation")(x)
    x = _leaky(EqualisedConv(sizes.channels_at(0), 3, name="critic_conv")(x), "critic_conv")
    x = EqualisedDense(sizes.channels_at(0), name="critic_dense")(layers.Flatten(name="critic_flat")(x))
    return _leaky(x, "critic_dense")


def _halved(x: Any, channels: int, name: str) -> Any:
    """Two convolutions and, beside them, one that changes the size only; their sum has the variance of one."""
    beside = EqualisedConv(channels, 1, halve=True, offset=None, name=f"{name}_beside")(x)
    x = _leaky(EqualisedConv(x.shape[-1], 3, name=f"{name}_conv")(x), f"{name}_conv")
    x = _leaky(EqualisedConv(channels, 3, halve=True, name=f"{name}_halve")(x), f"{name}_halve")
    return layers.Rescaling(0.5**0.5, name=name)(layers.Add(name=f"{name}_sum")([x, beside]))


def mixed(first: Any, second: Any, crossover: Any) -> Any:
    """Styles (batch, inputs, style) twice -> once: before input `crossover` the first one, then the second.

    crossover (batch,): int, from 0, the second style alone, to `inputs`, the first one alone.
    """
    before = ops.arange(first.shape[1], dtype="int32")[None, :, None] < ops.cast(crossover, "int32")[:, None, None]
    return ops.where(before, first, second)


def _doublings(shape: Shape) -> int:
    """How often START places on the shorter side can be doubled and be no more than it has."""
    return max(0, (min(shape[:2]) // START).bit_length() - 1)


def _enough(side: int, doublings: int) -> int:
    """Places that, doubled so often, are at least `side`."""
    return -(-side // 2**doublings)


def _leaky(x: Any, name: str) -> Any:
    return layers.Activation(scaled_leaky, name=f"{name}_relu")(x)
