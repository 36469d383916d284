"""A folder becomes a corpus once, keyed by what is in it."""

import pytest

from tests.training.conftest import Numbers
from training.cache import Options, main
from training.corpora.user_cache import open_corpus
from training.errors import InputError


def test_once_per_content_and_setting(folder, tmp_path, capsys):
    first = open_corpus(folder, Numbers(), {".txt"}, tmp_path / "cache")
    assert "reading 15 files" in capsys.readouterr().err
    again = open_corpus(folder, Numbers(), {".txt"}, tmp_path / "cache")
    assert "reading" not in capsys.readouterr().err
    assert again.directory == first.directory
    assert open_corpus(folder, Numbers(extra=1), {".txt"}, tmp_path / "cache").directory != first.directory
    (folder / "alto" / "song 0.txt").write_text("9 changed")
    assert open_corpus(folder, Numbers(), {".txt"}, tmp_path / "cache").directory != first.directory
    main(Options("list", tmp_path / "cache"))
    assert capsys.readouterr().out.count("\tnumbers\t") == 3
    main(Options("clear", tmp_path / "cache", yes=True))
    main(Options("list", tmp_path / "cache"))
    assert not first.directory.exists()


def test_a_corpus_is_taken_as_it_is_if_it_fits(corpus):
    assert len(open_corpus(corpus.directory, Numbers(), {".txt"})) == 45
    with pytest.raises(InputError, match="of extra 0; expected extra 1"):
        open_corpus(corpus.directory, Numbers(extra=1), {".txt"})


def test_nothing_usable_is_said_with_the_reasons(tmp_path, capsys):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text("0 none")
    with pytest.raises(InputError, match="none of the 1 files"):
        open_corpus(tmp_path / "data", Numbers(), {".txt"}, tmp_path / "cache")
    assert "left out: a.txt: gives no items" in capsys.readouterr().err
