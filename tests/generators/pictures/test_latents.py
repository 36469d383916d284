"""Items made of latents: draws and walks around the mean style, steps between samples, mixed styles."""

from dataclasses import replace

import numpy as np
import pytest

from generators import dcgan
from generators.pictures import PictureSampleOptions as Options
from generators.pictures.data import PictureRun
from generators.pictures.items import source_of
from generators.pictures.latents import Drawn, Mixed
from generators.pictures.sampling import sample
from training.errors import InputError
from training.files import read_json

CENTRE = np.linspace(-2, 2, 8, dtype=np.float32)
"""A mean style of four layers of two numbers."""


@pytest.fixture
def styled(runs, monkeypatch):
    """A run whose latents are styles of four layers around a mean style."""
    made = dcgan.sampler

    def sampler(model, codec):
        plain = made(model, codec)
        return replace(plain, prior=lambda seeds: CENTRE + plain.prior(seeds), layers=4, centre=CENTRE.copy)

    monkeypatch.setattr(dcgan, "sampler", sampler)
    return runs["dcgan"]


def asked(run, output, **changes):
    return Options(**{"run": run, "output": output, "count": 3, "seed": 7, "format": "npy", **changes})


def latents_of(run, **options):
    """(items, latent) of the first windows that options ask for."""
    opened = PictureRun(run)
    wish = asked(run, run, **options)
    source, _ = source_of(opened, opened.sampler(truncation=wish.truncation), wish)
    return np.concatenate([source(item) for item in range(len(source))])


def test_styles_are_mixed_layer_by_layer():
    one, other = np.arange(6.0), -np.arange(6.0)
    mixed = Mixed(one, other, layers=3)
    found = [mixed(item) for item in range(len(mixed))]
    np.testing.assert_array_equal(
        np.concatenate(found), [other, [0, 1, *other[2:]], [0, 1, 2, 3, *other[4:]], one]
    )  # fmt: skip


def test_walks_keep_their_spread_around_the_middle():
    drawn = np.random.default_rng(0).standard_normal((4_000, 5, 2)).astype(np.float32)
    middle = np.array([3.0, -8.0], np.float32)
    number = iter(drawn)
    walk = Drawn(lambda seeds: middle + next(number), 4_000, 0, windows=5, similarity=0.6, middle=middle)
    steps = np.stack([walk(item) for item in range(4_000)])
    np.testing.assert_allclose(steps.mean(axis=0), np.tile(middle, (5, 1)), atol=0.1)
    np.testing.assert_allclose(steps.std(axis=0), 1, atol=0.06)
    np.testing.assert_allclose(np.mean((steps[:, 1:] - middle) * (steps[:, :-1] - middle), axis=0), 0.6, atol=0.08)


def test_steps_and_mixtures_begin_and_end_at_plain_draws(styled, tmp_path):
    draws, steps, mixtures = (
        latents_of(styled, **wish) for wish in ({"count": 6}, {"between": (2, 5)}, {"mix": (2, 5), "count": 16})
    )
    np.testing.assert_allclose(steps, [draws[2], (draws[2] + draws[5]) / 2, draws[5]], atol=1e-6)
    np.testing.assert_array_equal(mixtures[[0, 1, 4]], [draws[5], [*draws[2, :2], *draws[5, 2:]], draws[2]])
    sample(asked(styled, tmp_path / "draws", count=6))
    sample(asked(styled, tmp_path / "mix", count=16, mix=(2, 5)))
    for item, draw in ((0, 5), (4, 2)):
        found, plain = (np.load(tmp_path / name) for name in (f"mix/npy/00000{item}.npy", f"draws/npy/00000{draw}.npy"))
        np.testing.assert_array_equal(found, plain)
    assert read_json(tmp_path / "mix" / "sample.json")["source"] == "mixed, samples 2 and 5"
    with pytest.raises(InputError, match="numbered from 0 to 4"):
        sample(asked(styled, tmp_path / "mix", count=16, mix=(2, 5), items=(5,)))


@pytest.mark.parametrize(
    "wish", [{}, {"bars": 12}, {"grid": True, "count": 16}, {"between": (0, 9)}, {"mix": (0, 9), "count": 16}]
)
def test_truncation_draws_whatever_is_drawn_towards_the_mean_style(styled, wish):
    whole, half, none = (latents_of(styled, truncation=psi, **wish) for psi in (1.0, 0.5, 0.0))
    np.testing.assert_allclose(half - CENTRE, (whole - CENTRE) / 2, atol=1e-5)
    np.testing.assert_allclose(none, np.tile(CENTRE, (len(none), 1)), atol=1e-5)
    assert np.ptp(whole, axis=0).min() > 0.1


def test_truncated_to_nothing_all_seeds_give_the_mean_picture_and_other_truncations_are_other_samples(styled, tmp_path):
    sample(asked(styled, tmp_path / "none", truncation=0.0))
    sampler = PictureRun(styled).sampler()
    mean = sampler.pictures(sampler.centre()[None], None, [0])
    for item in range(3):
        np.testing.assert_array_equal(np.load(tmp_path / "none" / "npy" / f"00000{item}.npy"), mean)
    with pytest.raises(InputError, match=r"other settings \(truncation\)"):
        sample(asked(styled, tmp_path / "none", truncation=0.5))


def test_samples_of_a_labelled_model_need_a_label_to_be_steps_between(labelled, tmp_path):
    with pytest.raises(InputError, match=r"give the --label of both samples, one of .*; received none"):
        sample(asked(labelled, tmp_path / "out", between=(0, 1)))
    assert not (tmp_path / "out").exists()
    label = PictureRun(labelled).labels[1]
    sample(asked(labelled, tmp_path / "draws", label=label))
    sample(asked(labelled, tmp_path / "out", between=(2, 0), label=label))
    found, plain = (np.load(tmp_path / name / "npy" / f"00000{item}.npy") for name, item in (("out", 2), ("draws", 0)))
    np.testing.assert_array_equal(found, plain)
