"""Opening what is, and what is not, a corpus."""

import json

import pytest

from training.corpora.corpus import Corpus, read_table
from training.errors import InputError


def test_the_manifest_and_the_table_tell_what_is_there(corpus):
    assert corpus.manifest["items"] == len(corpus) == 45
    assert corpus.labels == ("alto", "bass", "ünïcode label")
    rows = read_table(corpus.directory / "items.csv")
    assert [row["name"] for row in rows] == sorted(row["name"] for row in rows)
    assert all(len(row["sha256"]) == 64 for row in rows)


def test_a_plain_folder_and_a_newer_format_are_refused(corpus, tmp_path):
    with pytest.raises(InputError, match="is not a corpus"):
        Corpus(tmp_path)
    manifest = corpus.directory / "manifest.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))
    with pytest.raises(InputError, match="format 99"):
        Corpus(corpus.directory)
