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


def test_what_is_left_out_is_counted_by_reason_with_the_labels_that_are_lost(tmp_path, capsys):
    for number in range(5):
        for label, content in (("alto", f"{number + 1} {number}"), ("bass", f"0 none {number}")):
            (tmp_path / "data" / label).mkdir(parents=True, exist_ok=True)
            (tmp_path / "data" / label / f"{number}.txt").write_text(content)
    for number, content in enumerate(("1 0", "2 1")):
        (tmp_path / "data" / "alto" / f"again {number}.txt").write_text(content)
    open_corpus(tmp_path / "data", Numbers(), {".txt"}, tmp_path / "cache")
    told = [line.strip() for line in capsys.readouterr().err.splitlines()]
    assert "left out: 2 files, such as alto/again 0.txt: duplicate of alto/0.txt" in told or (
        "left out: 2 files, such as alto/0.txt: duplicate of alto/again 0.txt" in told
    )
    assert "left out: 5 files, such as bass/0.txt: gives no items" in told
    assert "label bass: none of its files could be used" in told
    assert not any("label alto" in line for line in told)


def test_a_cache_that_cannot_be_written_is_told_with_what_to_do(folder, tmp_path, monkeypatch):
    (tmp_path / "home").touch()  # no folder, so that not even root can write below it
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    with pytest.raises(
        InputError, match=r"home/.*spectro cannot be written \(Not a directory\); give another one as --cache"
    ):
        open_corpus(folder, Numbers(), {".txt"})


def test_a_corpus_in_a_cache_that_cannot_be_written_serves(folder, tmp_path, monkeypatch):
    first = open_corpus(folder, Numbers(), {".txt"}, tmp_path / "cache")
    monkeypatch.setattr("training.corpora.user_cache.build_corpus", None)
    monkeypatch.setattr("training.corpora.user_cache.made_cache", None)
    assert len(open_corpus(folder, Numbers(), {".txt"}, tmp_path / "cache")) == len(first)
