"""The networks of StyleGAN2: sizes as published, noise, styles of layers, and pictures that depend on styles alone."""

from __future__ import annotations

import functools
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from generators.layers.stylegan2 import (
    COLUMN_INPUTS,
    PlaceNoise,
    Sizes,
    column_picture,
    critic,
    generator,
    mapping,
    mixed,
    picture,
    picture_inputs,
    synthesis,
)

TINY = Sizes(style=6, mapping=2, channels=8, total=64)
SHAPE = (16, 20, 1)


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Every test with weights of its own, always the same."""
    keras.utils.set_random_seed(0)


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    """Unit normal numbers."""
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def generator_of(kind: str, shape: tuple[int, int, int] = SHAPE, classes: int = 0) -> keras.Model:
    """A generator of each kind, of latents of 5 numbers."""
    if kind == "painted":
        show = functools.partial(picture, shape=shape, sizes=TINY)
        return generator(5, classes, TINY, picture_inputs(shape), show)
    show = functools.partial(column_picture, shape=shape, patch=6, shapes=3, width=8)
    return generator(5, classes, TINY, COLUMN_INPUTS, show)


def pictures_of(kind: str, shape: tuple[int, int, int] = SHAPE) -> keras.Model:
    """A synthesis of each kind."""
    return synthesis(generator_of(kind, shape))


def mapping_of(latent: int, sizes: Sizes) -> keras.Model:
    """Latent -> style."""
    made = generator(latent, 0, sizes, 1, layers.Flatten())
    return keras.Model(made.input, made.output)


def trainable(model: keras.Model) -> int:
    """Numbers that are learned."""
    return sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)


def test_the_networks_have_as_many_parameters_as_published():
    shape, sizes = (64, 64, 1), Sizes()
    made = generator(512, 0, sizes, picture_inputs(shape), functools.partial(picture, shape=shape, sizes=sizes))
    assert trainable(made) == 22_238_990
    assert trainable(critic(shape, 0, sizes)) == 23_406_849
    assert synthesis(made).input_shape == (None, 10, 512)


@pytest.mark.parametrize("kind", ["painted", "columns"])
@pytest.mark.parametrize("shape", [(13, 22, 2), (88, 200, 4), (96, 96, 1)])
def test_networks_fit_any_size_and_every_weight_is_one_players(kind, shape):
    made, judged = generator_of(kind, shape, 3), critic(shape, 3, TINY)
    labels = np.array([[0], [2]])
    picture = np.asarray(made([normal(2, 5), labels]))
    assert picture.shape == (2, *shape)
    assert judged([picture, labels]).shape == (2, 1)
    assert all(weight.path.startswith("generator_") for weight in made.weights)
    assert all(weight.path.startswith("critic_") for weight in judged.weights)


def test_styles_do_not_depend_on_the_length_of_latents_and_have_about_unit_second_moment():
    styled, latents = mapping_of(50, Sizes(style=200)), normal(400, 50)
    styles = np.asarray(styled(latents))
    np.testing.assert_allclose(styled(7 * latents), styles, atol=1e-5)
    assert np.mean(styles**2) == pytest.approx(1.04**2, rel=0.2)


@pytest.mark.parametrize("kind", ["painted", "columns"])
def test_the_same_styles_give_the_same_picture_alone_and_in_a_batch(kind):
    made = pictures_of(kind)
    styles = normal(5, made.input_shape[1], TINY.style)
    together = np.asarray(made(styles))
    for styles_of_one, alone in zip(styles, together, strict=True):
        np.testing.assert_allclose(made(styles_of_one[None])[0], alone, atol=1e-5)
    assert all(not np.array_equal(*pair) for pair in itertools.combinations(together, 2))
    np.testing.assert_array_equal(made(styles), together)


@pytest.mark.parametrize("kind", ["painted", "columns"])
def test_every_style_of_a_layer_changes_the_picture(kind):
    made = pictures_of(kind)
    count = made.input_shape[1]
    styles = np.repeat(normal(1, count, TINY.style), count + 1, axis=0)
    styles[np.arange(count), np.arange(count)] *= -5
    pictures = np.asarray(made(styles))
    assert all(not np.array_equal(picture, pictures[-1]) for picture in pictures[:-1])


def test_noise_of_strength_zero_is_none_and_training_draws_it_for_each_picture():
    layer, x = PlaceNoise(), np.zeros((500, 4, 6, 3), np.float32)
    np.testing.assert_array_equal(layer(x, training=True), x)
    np.testing.assert_array_equal(layer(x), x)
    layer.strength.assign(0.5)
    drawn, kept = np.asarray(layer(x, training=True)), np.asarray(layer(x))
    assert drawn.std() == pytest.approx(0.5, rel=0.03)
    np.testing.assert_array_equal(drawn[..., :1], drawn[..., 1:2])
    assert not np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn, layer(x, training=True))
    assert kept.std() == pytest.approx(0.5, rel=0.4)
    np.testing.assert_array_equal(kept[0], kept[1])
    np.testing.assert_array_equal(kept, layer(x))
    assert (len(layer.trainable_weights), len(layer.non_trainable_weights)) == (1, 1)


def test_what_the_critic_adds_up_has_the_variance_of_one_part():
    judged = critic(SHAPE, 0, TINY)
    names = ("critic_8_halve_relu", "critic_8_beside", "critic_8")
    parts = keras.Model(judged.input, [judged.get_layer(name).output for name in names])
    first, second, whole = (np.asarray(part) for part in parts(normal(4, *SHAPE)))
    np.testing.assert_allclose(whole, (first + second) / 2**0.5, rtol=1e-5, atol=1e-6)


def test_the_critic_sees_that_all_pictures_are_the_same():
    judged, x = critic(SHAPE, 0, TINY), normal(4, *SHAPE)
    alone = [float(judged(np.repeat(picture[None], 4, axis=0))[0, 0]) for picture in x]
    assert not np.allclose(judged(x)[:, 0], alone, atol=1e-3)


def test_a_generator_is_its_mapping_and_its_synthesis():
    made, labels, latents = generator_of("painted", classes=3), np.array([[0], [2], [1]]), normal(3, 5)
    styles = np.asarray(mapping(made)(latents))
    np.testing.assert_array_equal(styles[:, 0], styles[:, -1])
    whole = made([latents, labels])
    np.testing.assert_allclose(synthesis(made)([styles, labels]), whole, atol=1e-6)
    assert not np.allclose(whole, made([latents, labels[::-1]]))


def test_styles_are_mixed_at_each_samples_own_crossover():
    first, second = normal(4, 3, 6), normal(4, 3, 6, seed=1)
    styles = np.asarray(mixed(first, second, np.array([0, 1, 2, 3])))
    for row in range(4):
        np.testing.assert_array_equal(styles[row], [*first[row, :row], *second[row, row:]])


def test_pictures_of_columns_are_black_and_white_and_their_gradients_reach_the_latents():
    made, latents = generator_of("columns"), tf.constant(normal(4, 5))
    with tf.GradientTape() as tape:
        tape.watch(latents)
        picture = made(latents, training=True)
        total = keras.ops.sum(picture * normal(4, *SHAPE))
    assert set(np.unique(picture)) == {-1.0, 1.0}
    assert (np.abs(tape.gradient(total, latents)).max(axis=1) > 0).all()


@pytest.mark.parametrize("kind", ["painted", "columns"])
def test_saved_and_loaded_they_are_the_same(kind, tmp_path):
    made, judged = generator_of(kind, classes=2), critic(SHAPE, 2, TINY)
    latent, label, picture = keras.Input((5,)), keras.Input((1,), dtype="int32"), keras.Input(SHAPE)
    model = keras.Model([latent, label, picture], [made([latent, label]), judged([picture, label])])
    for weight in model.trainable_weights:
        if weight.path.endswith("strength"):
            weight.assign(0.3)
    model.save(tmp_path / "model.keras")
    inputs = [normal(3, 5), np.array([[0], [1], [1]]), normal(3, *SHAPE)]
    for ours, theirs in zip(model(inputs), keras.saving.load_model(tmp_path / "model.keras")(inputs), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_in_bfloat16_last_layers_and_weights_stay_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        networks = [(pictures_of(kind), (3 if kind == "columns" else 6, 6)) for kind in ("painted", "columns")]
        networks.append((critic(SHAPE, 0, TINY), SHAPE))
    finally:
        keras.config.set_dtype_policy("float32")
    for network, shape in networks:
        output = network(normal(4, *shape))
        assert output.dtype == "float32"
        assert np.isfinite(output).all()
        assert {weight.dtype for weight in network.weights} == {"float32"}
