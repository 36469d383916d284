"""No recording, and no group of recordings, on two sides."""

from collections import defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.corpora.split import split_corpus
from training.errors import InputError


class Rows:
    """As much of a corpus as a split reads."""

    def __init__(self, rows):
        self.rows = [{"name": f"s{i}", "group": "", "fold": "", "items": 1, **row} for i, row in enumerate(rows)]
        self.source_of = np.repeat(np.arange(len(rows)), [int(row["items"]) for row in self.rows])

    def __len__(self):
        return len(self.source_of)

    @property
    def labels(self):
        return tuple(sorted({row["label"] for row in self.rows}))


def parts_of(corpus, split, key):
    where = defaultdict(set)
    for part, items in (("train", split.train), ("validation", split.validation), ("test", split.test)):
        for item in items:
            where[corpus.rows[corpus.source_of[item]][key]].add(part)
    return where


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9), st.integers(1, 6)), min_size=30, max_size=60),
    st.integers(0, 5),
)
def test_groups_stay_together_and_every_item_is_dealt_once(drawn, seed):
    corpus = Rows([{"label": label, "group": f"{label}{group}", "items": items} for label, group, items in drawn])
    try:
        split = split_corpus(corpus, seed=seed)
    except InputError:
        return
    assert all(len(parts) == 1 for parts in parts_of(corpus, split, "group").values())
    assert all(parts == {"train", "validation", "test"} for parts in parts_of(corpus, split, "label").values())
    together = np.concatenate([split.train, split.validation, split.test])
    assert len(together) == len(set(together))
    kept = sum(row["items"] for row in corpus.rows if row["label"] in split.labels)
    assert len(together) == kept


def test_shares_are_70_20_10_and_seeded():
    corpus = Rows([{"label": label, "items": 2} for label in "ab" for _ in range(50)])
    split = split_corpus(corpus, seed=3)
    assert (len(split.train), len(split.validation), len(split.test)) == (140, 40, 20)
    np.testing.assert_array_equal(split.train, split_corpus(corpus, seed=3).train)
    assert not np.array_equal(split.train, split_corpus(corpus, seed=4).train)


def test_segments_leak_on_purpose():
    corpus = Rows([{"label": label, "items": 40} for label in "ab"])
    where = parts_of(corpus, split_corpus(corpus, by="segment"), "name")
    assert all(parts == {"train", "validation", "test"} for parts in where.values())


def test_small_labels_are_dropped_and_named_and_one_label_is_refused():
    rows = [{"label": label} for label in "aaabbbcc"]
    split = split_corpus(Rows(rows))
    assert split.labels == ("a", "b")
    assert split.dropped == ("c",)
    with pytest.raises(InputError, match=r"at least two labels.*a: 3, c: 2"):
        split_corpus(Rows([row for row in rows if row["label"] != "b"]))


def test_given_folds():
    corpus = Rows([{"label": label, "fold": str(fold)} for label in "ab" for fold in (1, 2, 3)])
    split = split_corpus(corpus, fold="3", validation_fold="1")
    assert [corpus.rows[i]["fold"] for i in split.test] == ["3", "3"]
    assert [corpus.rows[i]["fold"] for i in split.validation] == ["1", "1"]
    assert len(split_corpus(corpus, fold="3").train) == 4
    with pytest.raises(InputError, match="fold 9 not found; the corpus has 1, 2, 3"):
        split_corpus(corpus, fold="9")
