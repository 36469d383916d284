"""Labels, weights and augmentation of the feed."""

import numpy as np
import pytest

from classifiers.data import Mixing, class_weights, evaluation_batches, one_hot, open_clips
from spectro.stft import SETTINGS
from training.cli import InputError
from training.corpora.split import Split, split_corpus


def test_targets_follow_the_folders(genres, cache):
    corpus = open_clips(genres, SETTINGS["quick"], cache)
    split = split_corpus(corpus)
    assert split.labels == ("clicks", "noise", "tones")
    targets = one_hot(corpus, split.labels)
    for item in range(len(corpus)):
        assert corpus.rows[corpus.source_of[item]]["label"] == split.labels[targets[item].argmax()]
    batches = evaluation_batches(corpus, split.test, split.labels)
    clips, _ = batches[0]
    assert clips.dtype == np.float32
    assert np.abs(clips).max() <= 1


def test_weights_make_labels_count_the_same(genres, cache):
    corpus = open_clips(genres, SETTINGS["quick"], cache)
    split = split_corpus(corpus)
    some = Split(split.train[: len(split.train) - 5], split.validation, split.test, split.labels)
    counts = one_hot(corpus, some.labels)[some.train].sum(axis=0)
    weights = class_weights(corpus, some)
    np.testing.assert_allclose([weights[k] * counts[k] for k in range(3)], len(some.train) / 3)


def test_nothing_is_mixed_by_default():
    clips, targets = np.ones((2, 8), np.float32), np.eye(2, dtype=np.float32)
    mixed, labels = Mixing()(clips, targets, np.random.default_rng(0))
    np.testing.assert_array_equal(mixed, clips)
    np.testing.assert_array_equal(labels, targets)


def test_shifts_roll_and_mixup_mixes_equally_loud_clips_and_their_labels():
    generator = np.random.default_rng(0)
    clips = generator.standard_normal((6, 100)).astype(np.float32) * np.array([[0.001], [1], [1], [1], [1], [1]], np.float32)
    targets = np.eye(6, dtype=np.float32)
    rolled, _ = Mixing(time_shift=0.5)(clips, targets, np.random.default_rng(1))
    np.testing.assert_allclose(np.sort(rolled), np.sort(clips))
    assert any(not np.array_equal(a, b) for a, b in zip(rolled, clips, strict=True))
    mixed, labels = Mixing(mixup=1.0)(clips.copy(), targets, np.random.default_rng(1))
    np.testing.assert_allclose(labels.sum(axis=1), 1, atol=1e-6)
    unit = clips / np.abs(clips).max(axis=1, keepdims=True)
    np.testing.assert_allclose(mixed, labels @ unit, atol=1e-5)


def test_a_corpus_of_another_rate_is_refused(genres, cache):
    corpus = open_clips(genres, SETTINGS["quick"], cache)
    with pytest.raises(InputError, match=r"of rate 8000, seconds 0\.5; expected rate 22050"):
        open_clips(corpus.directory, SETTINGS["lil_data"], cache)
