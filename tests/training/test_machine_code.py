"""Compiled code on disk: right whatever other processes do at the same time, and whatever became of the files."""

import errno
import itertools
import os
import subprocess
import sys
from pathlib import Path

import numba
import pytest

from training.machine_code import CodeFiles, compiled


def double(x):
    return 2 * x


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder where numba keeps code."""
    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    return tmp_path


def files_of(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def wrong_after(kind, root, monkeypatch):
    """What is loaded for a and b, where it is not what was saved, when two processes save at once, in any order."""
    wrong, real = [], os.replace
    for order in set(itertools.permutations("aabb")):
        folder = root / "".join(order)
        folder.mkdir()
        writes = {"a": [], "b": []}
        for process, later in writes.items():  # each reads what is there before either has written
            with monkeypatch.context() as patch:
                patch.setattr(os, "replace", lambda *paths, later=later: later.append(paths))
                kind(str(folder), "f", "source").save(process, process * 9)
        for process in order:
            if writes[process]:
                real(*writes[process].pop(0))
            loaded = [kind(str(folder), "f", "source").load(key) for key in "ab"]
            if any(found not in (None, key * 9) for key, found in zip("ab", loaded, strict=True)):
                wrong.append(loaded)
        if None in loaded:
            wrong.append(loaded)
    return wrong


def test_two_that_save_at_once_do_not_meet(tmp_path, monkeypatch):
    assert wrong_after(CodeFiles, tmp_path, monkeypatch) == []


def test_numbered_files_of_two_get_mixed_up(tmp_path, monkeypatch):
    """Why there is `CodeFiles`: when numba has mended this, it can go."""
    wrong = wrong_after(CodeFiles.__base__, tmp_path, monkeypatch)
    assert any(a == "b" * 9 or b == "a" * 9 for a, b in wrong)


def test_code_is_kept_for_each_type(folder):
    assert [compiled(double)(x) for x in (4, 1.5)] == [8, 3.0]
    assert len(files_of(folder)) == 2
    again = compiled(double)
    assert [again(x) for x in (4, 1.5)] == [8, 3.0]
    assert (sum(again.stats.cache_hits.values()), sum(again.stats.cache_misses.values())) == (2, 0)


def test_damaged_files_are_told_and_written_anew(folder, capsys):
    compiled(double)(4)
    [path] = files_of(folder)
    whole = path.read_bytes()
    for content in (b"", whole[:-1], whole[: len(whole) // 2], whole[:99] + bytes(9) + whole[108:]):
        path.write_bytes(content)
        assert compiled(double)(4) == 8
        again = compiled(double)
        assert again(4) == 8
        assert sum(again.stats.cache_hits.values()) == 1
    assert capsys.readouterr().err.count(f"{path} is damaged") == 1


def test_code_of_another_source_is_not_run(tmp_path):
    CodeFiles(str(tmp_path), "f", "old").save(("int64",), "code")
    assert CodeFiles(str(tmp_path), "f", "new").load(("int64",)) is None
    assert CodeFiles(str(tmp_path), "f", "old").load(("int64",)) == "code"
    assert CodeFiles(str(tmp_path), "f", "old").load(("float64",)) is None
    CodeFiles(str(tmp_path), "f", "old").flush()
    assert files_of(tmp_path) == []


def test_a_full_disk_only_costs_time(folder, monkeypatch, capsys):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert [compiled(double)(4) for _ in range(2)] == [8, 8]
    assert capsys.readouterr().err.count("No space left on device: compiled code is not kept there") == 1
    assert files_of(folder) == []


def test_code_that_cannot_be_cached_is_compiled_all_the_same():
    """As in a read-only installation without a home: numba finds no folder for code that is in no file either."""
    namespace: dict = {}
    exec("def double(x): return 2 * x", namespace)  # noqa: S102
    assert compiled(namespace["double"])(4) == 8


OURS = """
import numpy as np
from spectro.kernels import overlap_add as function
def call(dtype):
    total = np.ones(6, dtype)
    function(np.ones((2, 4), dtype), np.ones(4, dtype), 2, total)
    return total.sum()
"""
LIBROSAS = """
import numpy as np
from spectro.libraries import librosa
function = vars(librosa.filters)["__window_ss_fill"]
def call(dtype):
    return librosa.filters.window_sumsquare(
        window="boxcar", n_frames=2, hop_length=2, win_length=4, n_fft=4, dtype=np.dtype(dtype)
    ).sum()
"""
RUN = """
import sys
print("ready", flush=True)
sys.stdin.readline()
print([float(call(dtype)) for dtype in sys.argv[1:]], sum(function.stats.cache_misses.values()))
"""


@pytest.mark.parametrize("code", [OURS, pytest.param(LIBROSAS, marks=pytest.mark.slow)], ids=["ours", "librosa's"])
def test_two_first_processes_at_once(tmp_path, code):
    """Each compiles for other types; the third finds both."""
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}

    def begun(*types):
        return subprocess.Popen(
            [sys.executable, "-c", code + RUN, *types], cwd=Path(__file__).parents[2], env=environment,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    first = [begun("float32"), begun("float64")]
    for process in first:
        assert process.stdout.readline() == "ready\n"
    for process in first:
        process.stdin.write("\n")
        process.stdin.flush()
    assert [process.communicate()[0] for process in first] == ["[8.0] 1\n"] * 2
    assert begun("float32", "float64").communicate("\n")[0] == "ready\n[8.0, 8.0] 0\n"
    assert not [path for path in files_of(tmp_path) if path.suffix == ".nbi"]
