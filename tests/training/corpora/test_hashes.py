"""A file is read again only where it has changed; a wrong index costs time, never a wrong hash."""

import hashlib
import json
import os
import subprocess
import sys
import time

import pytest

from tests.training.conftest import Numbers
from training.corpora import hashes
from training.corpora.build import plan_of
from training.corpora.hashes import hashes_of
from training.corpora.sources import find_sources
from training.corpora.user_cache import open_corpus
from training.runs.lock import exclusive


@pytest.fixture
def read(monkeypatch):
    """The files that are read, and no waiting for their times."""
    seen = []
    real = hashes.sha256
    monkeypatch.setattr(hashes, "sha256", lambda path: seen.append(path.name) or real(path))
    monkeypatch.setattr(hashes, "FINE", -(10**9))
    monkeypatch.setattr(hashes, "COARSE", -(10**9))
    return seen


def test_a_cached_corpus_is_opened_without_reading_a_file(folder, tmp_path, read):
    expected = plan_of(find_sources(folder, {".txt"}), Numbers())
    first = open_corpus(folder, Numbers(), {".txt"}, tmp_path / "cache")
    assert len(read) == 30, "15 for the plan without a cache, 15 for the corpus"
    read.clear()
    assert open_corpus(folder, Numbers(), {".txt"}, tmp_path / "cache").directory == first.directory
    assert open_corpus(folder, Numbers(extra=1), {".txt"}, tmp_path / "cache").directory != first.directory
    assert read == []
    assert (first.manifest["fingerprint"], first.directory.name) == (expected["fingerprint"], expected["fingerprint"][:16])
    (folder / "alto" / "song 2.txt").write_text("4 alto")
    assert open_corpus(folder, Numbers(), {".txt"}, tmp_path / "cache").directory != first.directory
    assert read == ["song 2.txt"]


def test_a_file_put_in_place_of_another_of_its_size_and_time_is_read(tmp_path, read):
    path, other = tmp_path / "a.wav", tmp_path / "b.wav"
    for number, each in enumerate((path, other)):
        each.write_text(str(number))
        os.utime(each, (10**9, 10**9))
    assert hashes_of([path], tmp_path / "cache")[0][0] == hashlib.sha256(b"0").hexdigest()
    time.sleep(0.02)
    os.replace(other, path)
    assert hashes_of([path], tmp_path / "cache")[0][0] == hashlib.sha256(b"1").hexdigest()


def test_a_file_just_written_is_not_remembered(tmp_path, read, monkeypatch):
    monkeypatch.setattr(hashes, "FINE", 10**10)
    monkeypatch.setattr(hashes, "COARSE", 10**10)
    (tmp_path / "a.wav").write_text("x")
    for _ in range(2):
        hashes_of([tmp_path / "a.wav"], tmp_path / "cache")
    assert read == ["a.wav", "a.wav"]


@pytest.mark.parametrize(
    "damage",
    ["", "{", "[]", '{"format": 2, "files": {}}', '{"format": 1, "files": []}', '{"format": 1, "files": {"PATH": [1, 2]}}',
     '{"format": 1, "files": {"PATH": "1 2 3 xx"}}'],
)  # fmt: skip
def test_a_damaged_index_is_ignored_and_written_again(tmp_path, read, damage):
    path, cache = tmp_path / "a.wav", tmp_path / "cache"
    path.write_text("x")
    right = hashes_of([path], cache)
    (cache / "hashes" / "sources.json").write_text(damage.replace("PATH", str(path)))
    assert hashes_of([path], cache) == right
    assert len(read) == 2
    assert hashes_of([path], cache) == right
    assert len(read) == 2


def test_what_cannot_be_read_or_written_is_no_obstacle(tmp_path, read):
    (tmp_path / "cache").write_text("a file where the folder should be")
    (tmp_path / "a.wav").write_text("x")
    found = hashes_of([tmp_path / "a.wav", tmp_path / "gone.wav"], tmp_path / "cache")
    assert found[0][0] == hashlib.sha256(b"x").hexdigest()
    assert found[1] == ("", "cannot be read: No such file or directory")


ADD = """
import sys
from pathlib import Path
from training.corpora import hashes
hashes.FINE = hashes.COARSE = -10**9
for name in sys.argv[2:]:
    hashes.hashes_of([Path(name)], Path(sys.argv[1]))
"""


def test_two_processes_write_one_index(tmp_path):
    names = [str(tmp_path / f"{number}.wav") for number in range(20)]
    for name in names:
        with open(name, "w") as file:
            file.write(name)
    writers = [subprocess.Popen([sys.executable, "-c", ADD, str(tmp_path / "cache"), *names[part::2]]) for part in range(2)]
    assert [writer.wait() for writer in writers] == [0, 0]
    index = json.loads((tmp_path / "cache" / "hashes" / "sources.json").read_text())
    assert sorted(index["files"]) == sorted(names)


def test_an_index_that_another_process_writes_is_waited_for(tmp_path, read, capsys):
    from concurrent.futures import ThreadPoolExecutor

    (tmp_path / "a.wav").write_text("x")
    with ThreadPoolExecutor(1) as pool:
        with exclusive(tmp_path / "cache" / "hashes"):
            done = pool.submit(hashes_of, [tmp_path / "a.wav"], tmp_path / "cache")
            with pytest.raises(TimeoutError):
                done.result(timeout=0.2)
        assert done.result(timeout=30)[0][0]
