"""The DCGAN against its papers' parameter counts, and what its two players must not do to each other."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

from generators import dcgan
from generators.layers.adversarial.losses import gradient_penalty
from generators.layers.adversarial.players import KINDS, Columns, players
from midi.codecs import codec_named
from training.errors import InputError
from training.family import Context
from training.fitting.averages import averaged

QUICK = dcgan.PRESETS["quick"]
SHAPE = codec_named(QUICK.codec).shape
PRINTED = {name: getattr(dcgan.Config, name) for name in ("patch", "shapes", "generator_width", "critic_width")}


def pictures(count: int = 8, shape=SHAPE) -> np.ndarray:
    """Sparse black and white pictures in [-1, 1]."""
    return np.where(np.random.default_rng(0).random((count, *shape)) < 0.1, 1.0, -1.0).astype(np.float32)


def quick(classes: int = 0, statistics=None, **fields) -> dcgan.Dcgan:
    keras.utils.set_random_seed(0)
    return dcgan.build(replace(QUICK, conditional=classes > 0, **fields), Context(classes, 4, statistics))


@pytest.fixture(scope="module")
def trained() -> dcgan.Dcgan:
    model = quick()
    model.history = model.fit(pictures(), batch_size=4, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize(
    ("kind", "shape", "generator", "critic"),
    [
        ("printed", (96, 96, 1), 1_963_201, 74_433),
        ("released", (96, 96, 1), 2_323_777, 74_433),
        ("normed", (88, 200, 4), 3_655_492, 470_369),
    ],
)
def test_the_networks_have_as_many_parameters_as_published(kind, shape, generator, critic):
    made, judged = players(kind, shape, 100, 0, Columns())
    assert (made.count_params(), judged.count_params()) == (generator, critic)
    assert (made.output_shape, judged.output_shape) == ((None, *shape), (None, 1))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("shape", [(13, 22, 2), (64, 64, 1)])
def test_networks_fit_any_size_and_every_variable_is_one_players(kind, shape):
    sizes = Columns(patch=6, shapes=3, generator_width=4, critic_width=4)
    made, judged = players(kind, shape, 5, 3, sizes)
    picture = np.asarray(made([np.ones((2, 5), np.float32), np.array([[0], [2]])]))
    assert picture.shape == (2, *shape)
    assert np.abs(picture).max() <= 1
    assert judged([picture, np.array([[0], [2]])]).shape == (2, 1)
    assert all("generator" in weight.path for weight in made.weights)
    assert all("critic" in weight.path for weight in judged.weights)


def test_presets_are_as_published():
    paper, sparse = dcgan.PRESETS["paper"], dcgan.PRESETS["sparse88"]
    assert (paper.codec, paper.latent, paper.distribution, paper.learning_rate, paper.critic_rate) == (
        "roll96", 100, "uniform", 2e-4, 2e-4,
    )  # fmt: skip
    assert (paper.beta_1, paper.batch_size, paper.fakes, paper.loss) == (0.5, 32, 2, "cross_entropy")
    assert (sparse.codec, sparse.learning_rate, sparse.critic_rate, sparse.beta_1, sparse.batch_size, sparse.fakes) == (
        "sparse88", 1.5e-4, 1.5e-4, 0.5, 128, 1,
    )  # fmt: skip


def test_each_loss_reaches_its_own_player_only():
    model, x = quick(penalty=0.0, fake_penalty=0.0), tf.constant(pictures(4))
    with tf.GradientTape(persistent=True) as tape:
        model(x, training=True)
        critic_loss, generator_loss = model.losses
    for loss, learns, rests in (
        (critic_loss, model.critic, model.generator),
        (generator_loss, model.generator, model.critic),
    ):
        gradients = tape.gradient(loss, [weight.value for weight in learns.trainable_variables])
        assert sum(float(np.abs(gradient).sum()) for gradient in gradients) > 0
        gradients = tape.gradient(loss, [weight.value for weight in rests.trainable_variables])
        assert all(gradient is None or not np.any(gradient) for gradient in gradients)


def test_penalties_are_added_in_training_only():
    model, x = quick(penalty=2.0, fake_penalty=3.0), tf.constant(pictures(4))
    model(x, training=True)
    _, _, at_real, at_fake = model.losses
    assert float(at_real) > 0
    assert float(at_fake) > 0
    model(x, training=False)
    assert len(model.losses) == 2


def test_penalties_are_taken_on_every_so_many_th_picture():
    model, x = quick(penalty=2.0, fake_penalty=0.0, penalty_stride=3), tf.constant(pictures(7))
    model(x, training=True)
    expected = gradient_penalty(lambda seen: model.critic(seen, training=False), x[::3])
    np.testing.assert_allclose(model.losses[2], 2 * expected, rtol=1e-5)


@pytest.mark.parametrize(("cosine", "last"), [(True, 0.1), (False, 1.0)])
def test_rates_fall_to_a_tenth_along_a_cosine(cosine, last):
    model = quick(cosine=cosine)
    for part in model.optimizer.optimizers:
        before = float(part.learning_rate)
        part.iterations.assign(4)  # `quick` says that four are all
        np.testing.assert_allclose(float(part.learning_rate), last * before, rtol=1e-5)


def test_two_optimizers_map_every_variable_with_their_own_rates():
    model = quick()
    owners = {id(part): part for part in model.optimizer.optimizers}
    for variable in model.trainable_variables:
        part = owners.pop(id(model.optimizer._optimizer_map[variable.path]), None)
        if part is not None:
            assert float(part.learning_rate) == np.float32(
                QUICK.learning_rate if variable.path.startswith("generator") else QUICK.critic_rate
            )
    assert not owners
    assert model.optimizer.built


def test_quick_trains_and_keeps_averages(trained):
    assert all(np.isfinite(values).all() for values in trained.history.history.values())
    assert {"critic_loss", "generator_loss", "critic_real", "critic_fake"} <= set(trained.history.history)
    fresh = quick()
    assert all(
        not np.array_equal(old, new)
        for old, new in zip(fresh.trainable_variables, trained.trainable_variables, strict=True)
        if old.path != "critic_logit/bias"  # adds nothing to the difference of two logits
    )


def test_saved_and_loaded_it_is_the_same_model_with_its_averages(trained, tmp_path):
    before = trained.generator.get_weights()
    with averaged(trained):
        trained.save(tmp_path / "model.keras")
        expected = trained.generator.get_weights()
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    assert loaded.config == trained.config
    assert loaded.optimizer.built
    for ours, theirs in zip(expected, loaded.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    for ours, theirs in zip(trained.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert all(np.array_equal(old, now) for old, now in zip(before, trained.generator.get_weights(), strict=True))
    loaded.fit(pictures(), batch_size=4, verbose=0)
    average = [not np.array_equal(*pair) for pair in zip(expected, loaded.generator.get_weights(), strict=True)]
    assert any(average)


def test_exported_is_the_generator_in_greys(trained):
    drawn = dcgan.latents(trained, np.arange(3, dtype=np.uint64))
    values = np.asarray(dcgan.exported(trained)(drawn, training=False))
    made = np.asarray(trained.generator(drawn, training=False))
    assert values.shape == (3, *SHAPE)
    assert np.abs(values).max() <= 1
    assert set(np.unique(made)) == {-1.0, 1.0}
    assert len(np.unique(values)) > 100
    assert values[made > 0].min() > -1  # what sounds is what the likeliest shapes show
    printed = quick(networks="printed", **PRINTED)
    seeds = dcgan.latents(printed, np.arange(3, dtype=np.uint64))
    np.testing.assert_array_equal(dcgan.exported(printed)(seeds), printed.generator(seeds))


@pytest.mark.parametrize(("law", "spread"), [("normal", 1.0), ("uniform", 3**-0.5)])
def test_latents_depend_on_their_own_seed_and_follow_the_training_law(law, spread):
    model = quick(distribution=law)
    seeds = np.array([7, 2**64 - 1, 3, *range(100, 1100)], np.uint64)
    rows = dcgan.latents(model, seeds)
    np.testing.assert_array_equal(dcgan.latents(model, seeds[[2, 0]]), rows[[2, 0]])
    assert rows.dtype == np.float32
    assert rows.shape == (1003, QUICK.latent)
    assert abs(rows.std() - spread) < 0.03
    model.generator = lambda drawn, training: drawn
    assert abs(float(ops.std(model.generated(1000, None, True))) - spread) < 0.03


def test_labels_change_pictures_and_judgements(tmp_path):
    model, labels = quick(classes=2), np.array([0, 1] * 4, np.int32)
    history = model.fit((pictures(), labels), batch_size=4, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    drawn = dcgan.latents(model, np.array([5, 5], np.uint64))
    two = model.generator([drawn, np.array([[0], [1]])], training=False)
    assert not np.allclose(two[0], two[1], atol=1e-4)
    judged = model.critic([pictures()[[0, 0]], np.array([[0], [1]])])
    assert float(judged[0, 0]) != float(judged[1, 0])
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.generator([drawn, np.array([[0], [1]])], training=False), two)


@pytest.mark.parametrize("classes", [0, 2])
def test_start_gives_every_row_the_datas_density(classes):
    marginal = np.linspace(0.0, 0.3, SHAPE[0])[:, None]
    model = quick(classes, SimpleNamespace(marginal=marginal))
    drawn = dcgan.latents(model, np.arange(300, dtype=np.uint64))
    made = model.generator([drawn, np.arange(300)[:, None] % 2] if classes else drawn, training=False)
    on = (np.asarray(made) > 0).mean(axis=(0, 2))
    np.testing.assert_allclose(on, marginal, atol=0.06)
    assert on[0] < 0.01
    differing = np.mean(np.asarray(made)[1:] != np.asarray(made)[:-1], axis=(0, 2, 3))
    on = on[:, 0]
    assert (differing >= 0.5 * on * (1 - on)).all()  # latents decide, not places


def test_start_leaves_the_papers_networks_alone():
    before = quick(networks="printed", **PRINTED).get_weights()
    after = quick(0, SimpleNamespace(marginal=np.full((SHAPE[0], 1), 0.1)), networks="printed", **PRINTED).get_weights()
    assert all(np.array_equal(old, new) for old, new in zip(before, after, strict=True))


def test_options_that_do_not_go_together_are_refused():
    with pytest.raises(InputError, match=r"--networks columns takes shapes; received --networks printed"):
        dcgan.build(replace(dcgan.PRESETS["paper"], shapes=3), Context())
