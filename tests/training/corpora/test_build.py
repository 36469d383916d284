"""A corpus is built once, whole, whatever is in the folder and whenever it is killed."""

import errno
import hashlib
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import training.corpora.build
from tests.training.conftest import Numbers
from training.corpora.build import build_corpus
from training.corpora.corpus import Corpus, read_table
from training.corpora.sources import find_sources
from training.errors import InputError
from training.runs.lock import exclusive


def content(directory):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.iterdir() if path.name != ".lock"}


def test_items_come_back_in_order(corpus):
    assert len(corpus) == 3 * 15
    for number, row in enumerate(corpus.rows):
        items = corpus[np.flatnonzero(corpus.source_of == number)]
        count = int(row["items"])
        np.testing.assert_array_equal(items[:, 0], count * 100 + np.arange(count))
    shuffled = np.random.default_rng(0).permutation(len(corpus))
    np.testing.assert_array_equal(corpus[shuffled], corpus[np.arange(len(corpus))][shuffled])


def test_bad_files_become_rows_with_reasons(folder, tmp_path):
    (folder / "alto" / "bad.txt").write_text("4 bad")
    (folder / "alto" / "odd.txt").write_text("odd")
    (folder / "bass" / "copy.txt").write_bytes((folder / "alto" / "song 0.txt").read_bytes())
    (folder / "bass" / "none.txt").write_text("0 nothing")
    (folder / "bass" / "gone.txt").symlink_to(tmp_path / "nowhere")
    build_corpus(find_sources(folder, {".txt"}), Numbers(), tmp_path / "out", jobs=1)
    corpus = Corpus(tmp_path / "out")
    assert {row["name"]: row["reason"] for row in corpus.left_out} == {
        "alto/bad.txt": "damaged at the end",
        "alto/odd.txt": "RuntimeError: a bug in a decoder",
        "bass/copy.txt": "duplicate of alto/song 0.txt, labelled alto",
        "bass/none.txt": "gives no items",
        "bass/gone.txt": "cannot be read: No such file or directory",
    }
    assert len(corpus) == 45
    assert corpus[[0, 44]].tolist() == [[100, 100], [504, 504]]


class Remarking(Numbers):
    """Returns a remark, as a generator may."""

    def __call__(self, path):
        yield from super().__call__(path)
        return f"of {path.stem},\nin two lines"


def test_a_remark_stands_in_the_table(folder, tmp_path):
    (folder / "alto" / "bad.txt").write_text("4 bad")
    (folder / "alto" / "none.txt").write_text("0 nothing")
    for name, encoder in (("plain", Numbers()), ("told", Remarking())):
        build_corpus(find_sources(folder / "alto", {".txt"}), encoder, tmp_path / name, jobs=1)
    plain, told = (read_table(tmp_path / name / "items.csv") for name in ("plain", "told"))
    assert [row["remark"] for row in told] == ["", "", *(f"of song {k}, in two lines" for k in range(5))]
    assert [row | {"remark": ""} for row in told] == plain
    shards = [(tmp_path / name / "shard-00000.npy").read_bytes() for name in ("plain", "told")]
    assert shards[0] == shards[1]


class Records(Numbers):
    """Items that hold two arrays."""

    shape = ()

    @property
    def dtype(self):
        return [("pair", "<i2", (2,)), ("plane", "|u1", (3, 1))]

    def __call__(self, path):
        for block in super().__call__(path):
            items = np.zeros(len(block), self.dtype)
            items["pair"], items["plane"] = block, block[:, :1, None] % 251
            yield items


def test_items_of_several_arrays_come_back(folder, tmp_path):
    build_corpus(find_sources(folder, {".txt"}), Records(), tmp_path / "records", jobs=1)
    build_corpus(find_sources(folder, {".txt"}), Numbers(), tmp_path / "numbers", jobs=1)
    records, numbers = (Corpus(tmp_path / name) for name in ("records", "numbers"))
    order = np.random.default_rng(0).permutation(len(numbers))
    assert records[order]["pair"].dtype == np.int16
    np.testing.assert_array_equal(records[order]["pair"], numbers[order])
    np.testing.assert_array_equal(records[order]["plane"], np.repeat(numbers[order][:, :1, None] % 251, 3, axis=1))


def test_a_corpus_without_remarks_is_read(corpus):
    """Corpora written before the column existed."""
    table = corpus.directory / "items.csv"
    lines = table.read_text().splitlines()
    assert lines[0].endswith(",remark")
    table.write_text("\n".join(line.removesuffix(",remark").removesuffix(",") for line in lines) + "\n")
    assert len(Corpus(corpus.directory)) == len(corpus)


def test_many_shards_in_processes_equal_one_process(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(training.corpora.build, "FILES_PER_SHARD", 4)
    sources = find_sources(folder, {".txt"})
    build_corpus(sources, Numbers(), tmp_path / "one", jobs=1)
    build_corpus(sources, Numbers(), tmp_path / "two", jobs=2)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    assert len(list((tmp_path / "one").glob("shard-*.npy"))) == 4


def test_another_plan_is_refused_and_forced(corpus, folder, tmp_path):
    sources = find_sources(folder, {".txt"})
    with pytest.raises(InputError, match="other files or another setting"):
        build_corpus(sources, Numbers(extra=1), corpus.directory, jobs=1)
    build_corpus(sources, Numbers(extra=1), corpus.directory, jobs=1, force=True)
    assert Corpus(corpus.directory)[[0]].tolist() == [[101, 101]]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(InputError, match="is not a corpus"):
        build_corpus(sources, Numbers(), tmp_path / "mine", jobs=1, force=True)


def test_two_processes_do_not_meet(folder, tmp_path):
    with exclusive(tmp_path / "out"), pytest.raises(InputError, match="in use by another process"):
        build_corpus(find_sources(folder, {".txt"}), Numbers(), tmp_path / "out", jobs=1)


def test_waiting_for_another_process(folder, tmp_path, capsys):
    def build():
        build_corpus(find_sources(folder, {".txt"}), Numbers(), tmp_path / "out", jobs=1, wait=True)

    with ThreadPoolExecutor(1) as pool:
        with exclusive(tmp_path / "out"):
            done = pool.submit(build)
            with pytest.raises(TimeoutError):
                done.result(timeout=0.3)
        done.result(timeout=30)
    assert "waiting for another process" in capsys.readouterr().err
    assert len(Corpus(tmp_path / "out")) == 45


def test_a_full_disk_ends_the_build_and_the_same_call_continues(folder, tmp_path, monkeypatch):
    sources = find_sources(folder, {".txt"})
    monkeypatch.setattr(training.corpora.build, "FILES_PER_SHARD", 4)
    build_corpus(sources, Numbers(), tmp_path / "whole", jobs=1)
    write = training.corpora.build._stream

    def full(out, encoder, path):
        if "bass" in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(out, encoder, path)

    monkeypatch.setattr(training.corpora.build, "_stream", full)
    with pytest.raises(OSError, match="No space left"):
        build_corpus(sources, Numbers(), tmp_path / "out", jobs=1)
    with pytest.raises(InputError, match="was interrupted"):
        Corpus(tmp_path / "out")
    monkeypatch.setattr(training.corpora.build, "_stream", write)
    build_corpus(sources, Numbers(), tmp_path / "out", jobs=1)
    assert content(tmp_path / "out") == content(tmp_path / "whole")


SLOW = """
import sys, time
import training.corpora.build as build
from tests.training.conftest import Numbers
from training.corpora.sources import find_sources
build.FILES_PER_SHARD = 1
class Slow(Numbers):
    def __call__(self, path):
        time.sleep(0.05)
        yield from super().__call__(path)
build.build_corpus(find_sources(sys.argv[1], {".txt"}), Slow(), sys.argv[2], jobs=1)
"""


def test_kill_9_then_the_same_command_gives_the_same_bytes(folder, tmp_path):
    command = [sys.executable, "-c", SLOW, str(folder)]
    subprocess.run([*command, str(tmp_path / "whole")], check=True)
    process = subprocess.Popen([*command, str(tmp_path / "out")])
    while len(list((tmp_path / "out").glob("shard-*.csv"))) < 5:
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not (tmp_path / "out" / "manifest.json").exists()
    (tmp_path / "out" / f".shard-00009.{os.getpid()}.tmp.npy").write_bytes(b"half")
    subprocess.run([*command, str(tmp_path / "out")], check=True)
    assert content(tmp_path / "out") == content(tmp_path / "whole")


def test_a_damaged_shard_is_named(corpus):
    (corpus.directory / "shard-00000.npy").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"shard-00000\.npy is damaged"):
        Corpus(corpus.directory)[[0]]
