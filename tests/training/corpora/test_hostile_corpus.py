"""Corpora and arrays from strangers: refused in one line, before anything of the size they claim is allocated."""

import csv
import io
import json
import resource
import zipfile

import numpy as np
import pytest

from training import arrays
from training.arrays import read_arrays
from training.corpora.corpus import Corpus
from training.errors import InputError

HUGE = 10**13


@pytest.fixture(autouse=True)
def little_memory():
    """At most 2 GiB beyond what there is: whoever believes a file's claims fails."""
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * resource.getpagesize()
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + (2 << 30), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_AS, before)


def header(shape, descr="|u1"):
    """The header of an .npy that claims `shape`."""
    file = io.BytesIO()
    np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
    return file.getvalue()


def change_row(corpus, **values):
    path = corpus.directory / "items.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    rows[0] |= values
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    "values",
    [
        {"items": HUGE}, {"items": -1}, {"items": "many"}, {"first": HUGE}, {"first": -1}, {"shard": HUGE}, {"shard": -1},
        {"shard": "../../x"},
    ],
)  # fmt: skip
def test_a_table_that_lies(corpus, values):
    change_row(corpus, **{name: str(value) for name, value in values.items()})
    with pytest.raises(InputError, match="build the corpus again"):
        Corpus(corpus.directory)


@pytest.mark.parametrize("text", ["", "name\n", "a,b\n1,2\n", '"' + "x" * 200_000])
def test_a_table_of_something_else(corpus, text):
    (corpus.directory / "items.csv").write_text(text)
    if text in ("", "name\n"):  # an empty table is an empty corpus, which every command refuses
        assert len(Corpus(corpus.directory)) == 0
        return
    with pytest.raises(InputError, match=r"items\.csv"):
        Corpus(corpus.directory)


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [HUGE]}, {"shape": [HUGE, HUGE]}, {"shape": [-1]}, {"shape": "2"}, {"shape": [2.0]}, {"shape": None},
        {"dtype": "object"}, {"dtype": "O"}, {"dtype": "float64"}, {"dtype": ["a", "b"]}, {"facts": []}, {"kind": 3},
        {"shape": [1]}, {"dtype": "uint8"}, {"dtype": []}, {"dtype": [["a", "O", [2]]]}, {"dtype": [["a", "<i2", "2"]]},
        {"dtype": [["a", "<i2", [HUGE, HUGE]]]}, {"dtype": [["a", "<i2", [2]], ["a", "<i2", [2]]]},
        {"dtype": [["a", "<i2", [2]]]},
    ],
)  # fmt: skip
def test_a_manifest_that_lies(corpus, changes):
    path = corpus.directory / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(InputError, match=r"[bB]uild the corpus again"):
        Corpus(corpus.directory)[np.arange(3)]


@pytest.mark.parametrize("text", ["[]", "3", "null", '"x"', "{"])
def test_a_manifest_of_something_else(corpus, text):
    (corpus.directory / "manifest.json").write_text(text)
    with pytest.raises(InputError):
        Corpus(corpus.directory)


def pickled():
    file = io.BytesIO()
    np.save(file, np.array([print], object), allow_pickle=True)
    return file.getvalue()


def zipped():
    file = io.BytesIO()
    np.savez(file, x=np.zeros(3))
    return file.getvalue()


@pytest.mark.parametrize(
    "content",
    [header((HUGE, 2), "<i2"), header((45, HUGE), "<i2"), pickled() + bytes(400), zipped() + bytes(400), bytes(1000)],
    ids=["items", "sizes", "pickle", "archive", "nothing"],
)
def test_a_shard_that_lies(corpus, content):
    (corpus.directory / "shard-00000.npy").write_bytes(content + bytes(300))
    with pytest.raises(InputError, match=r"shard-0000"):
        Corpus(corpus.directory)[np.arange(3)]


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(f"{name}.npy", content)
    return path


def test_arrays_are_read(tmp_path):
    np.savez(tmp_path / "a.npz", one=np.arange(4), two=np.zeros((2, 0)))
    np.savez_compressed(tmp_path / "b.npz", one=np.arange(4), two=np.zeros((2, 0)))
    for name in ("a.npz", "b.npz"):
        found = read_arrays(tmp_path / name, ("one", "two"))
        np.testing.assert_array_equal(found["one"], np.arange(4))
        assert found["two"].shape == (2, 0)


@pytest.mark.parametrize(
    "content", [header((HUGE,)), header((-1,)), header((3,), "|O") + bytes(24), pickled(), b"", b"\x93NUMPY\x09\x00"]
)
def test_arrays_that_lie(tmp_path, content):
    with pytest.raises(InputError, match="no whole file of the arrays x"):
        read_arrays(archive(tmp_path / "x.npz", x=content), ("x",))


def test_archives_that_lie(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "MAX_BYTES", 1 << 20)
    bomb = archive(tmp_path / "bomb.npz", x=header((1 << 20,)) + bytes(1 << 20))
    assert bomb.stat().st_size < 10_000
    with pytest.raises(InputError, match="at most"):
        read_arrays(bomb, ("x",))
    for content in (b"", b"PK\x05\x06", bytes(100)):
        (tmp_path / "no.npz").write_bytes(content)
        with pytest.raises(InputError, match="no whole file"):
            read_arrays(tmp_path / "no.npz", ("x",))
    with pytest.raises(InputError, match="not found"):
        read_arrays(tmp_path / "none.npz", ("x",))
