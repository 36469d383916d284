"""Labels and weights of the feed."""

import numpy as np
import pytest

from classifiers.data import class_weights, evaluation_batches, one_hot, open_clips
from spectro.stft import SETTINGS
from training.corpora.split import Split, split_corpus
from training.errors import InputError


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


def test_a_corpus_of_another_rate_is_refused(genres, cache):
    corpus = open_clips(genres, SETTINGS["quick"], cache)
    with pytest.raises(InputError, match=r"of rate 8000, seconds 0\.5; expected rate 22050"):
        open_clips(corpus.directory, SETTINGS["lil_data"], cache)
