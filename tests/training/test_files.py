"""Nothing half-written is ever seen under the final name."""

import errno
import os
import re
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

import training.files
from training.errors import InputError
from training.files import (
    atomic,
    beside,
    conversions,
    distinct,
    free_name,
    placed,
    read_json,
    refuse_existing,
    refuse_filled,
    remove_half_written,
    save_figure,
    shortened,
    write_json,
)  # fmt: skip


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path):
    def fail():
        with atomic(tmp_path / "a.txt") as temporary:
            temporary.write_text("half")
            raise RuntimeError

    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(RuntimeError):
        fail()
    assert (tmp_path / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("call", ["os.replace", "training.files.fsync", "pathlib.Path.mkdir"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_takes_no_more_is_told_with_the_name(tmp_path, monkeypatch, call, number):
    def fail(path, *arguments, **more):
        raise OSError(number, os.strerror(number), None if number == errno.ENOSPC else str(path))

    (tmp_path / "a.txt").write_text("old")
    monkeypatch.setattr(call, fail)
    told = rf"{re.escape(os.strerror(number))}; what was there before is kept: .*: '{tmp_path / 'a.txt'}'"
    with pytest.raises(OSError, match=told) as raised, atomic(tmp_path / "a.txt") as temporary:
        temporary.write_text("new")
    assert (raised.value.errno, raised.value.filename) == (number, str(tmp_path / "a.txt"))
    assert (tmp_path / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_other_failures_are_left_as_they_are(tmp_path):
    """Those of another file, and bugs."""
    for failure in (PermissionError(errno.EACCES, "no", "/other"), OSError(errno.EBADF, "no"), ValueError("no")):
        with pytest.raises(type(failure)) as raised, atomic(tmp_path / "a.txt"):
            raise failure
        assert raised.value is failure


def test_two_writers_of_one_file_do_not_meet(tmp_path):
    with atomic(tmp_path / "a.txt") as one, atomic(tmp_path / "a.txt") as other:
        assert one != other
        one.write_text("one")
        other.write_text("other")
    assert (tmp_path / "a.txt").read_text() == "one"


def test_only_what_was_left_half_written_is_removed(tmp_path):
    for name in (".a.12ab.tmp.txt", ".b.1.tmp", ".lock", "c.tmp.txt", ".hidden"):
        (tmp_path / name).touch()
    remove_half_written(tmp_path, tmp_path / "none")
    assert sorted(os.listdir(tmp_path)) == [".hidden", ".lock", "c.tmp.txt"]


def test_without_waiting_for_the_disk_it_is_atomic_too(tmp_path, monkeypatch):
    def never(_):
        raise AssertionError

    monkeypatch.setattr("training.files.fsync", never)
    with atomic(tmp_path / "a.txt", durable=False) as temporary:
        temporary.write_text("new")
        assert not (tmp_path / "a.txt").exists()
    write_json(tmp_path / "b.json", {}, durable=False)
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "b.json"]
    with pytest.raises(AssertionError), atomic(tmp_path / "c.txt") as temporary:
        temporary.touch()


def test_names_are_numbered_where_they_meet():
    wanted = [Path(name) for name in ("a.png", "A.png", "b/a.png", "a.png", "a-2.png", "a.npy")]
    assert [str(path) for path in distinct(wanted)] == ["a.png", "A-2.png", "b/a.png", "a-3.png", "a-2-2.png", "a.npy"]


def test_success_replaces_and_keeps_the_suffix_on_the_way(tmp_path):
    with atomic(tmp_path / "deep" / "a.wav") as temporary:
        assert temporary.suffix == ".wav"
        temporary.write_text("new")
    assert (tmp_path / "deep" / "a.wav").read_text() == "new"


def test_json_takes_numpy_and_paths_and_names_broken_files(tmp_path):
    write_json(tmp_path / "a.json", {"array": np.arange(3), "number": np.float32(0.5), "path": tmp_path})
    assert read_json(tmp_path / "a.json") == {"array": [0, 1, 2], "number": 0.5, "path": str(tmp_path)}
    (tmp_path / "b.json").write_text("{")
    with pytest.raises(InputError, match=r"b\.json is not readable JSON"):
        read_json(tmp_path / "b.json")
    with pytest.raises(InputError, match="not found"):
        read_json(tmp_path / "c.json")


def test_equal_stems_get_numbers_and_old_results_are_kept(tmp_path):
    taken = set()
    assert free_name(tmp_path, "a", (".png",), taken, False) == str(tmp_path / "a")
    assert free_name(tmp_path, "a", (".png",), taken, False) == str(tmp_path / "a-2")
    (tmp_path / "b.png").touch()
    with pytest.raises(InputError, match="exists already"):
        free_name(tmp_path, "b", (".json", ".png"), taken, False)
    refuse_existing(tmp_path / "b.png", force=True)


def test_file_names_of_any_encoding_come_back(tmp_path):
    name = os.fsdecode(b"caf\xe9.wav")
    write_json(tmp_path / "a.json", {"file": name})
    assert read_json(tmp_path / "a.json") == {"file": name}


LONG = ["x" * 255, "歌" * 85, "🎵" * 63, os.fsdecode(b"\xe9" * 255)]


@pytest.mark.parametrize("name", LONG)
def test_names_of_results_leave_room_for_more(tmp_path, name):
    found = shortened(name)
    assert found != shortened(name[:-1] + "y")
    for longer in (f"{found}-12.png.json", f"{found}.flac.json"):
        (tmp_path / longer).touch()
    assert shortened(found) == found
    assert shortened("歌" * 80) == "歌" * 80
    paths = distinct([Path(f"{name[:-4]}.wav"), Path(f"{name[:-4]}.wav")])
    assert len({*paths}) == 2
    assert {path.suffix for path in paths} == {".wav"}
    assert beside(tmp_path / name, ".json").name.endswith(".json")
    write_json(beside(tmp_path / name, ".json"), {})
    assert beside(Path("a.wav"), ".json") == Path("a.wav.json")
    for suffixes in ((".json", ".png"), (".json",)):
        (tmp_path / (Path(free_name(tmp_path, name, suffixes, set(), True)).name + ".json")).touch()


@pytest.mark.parametrize("name", LONG)
def test_a_name_as_long_as_can_be_is_written(tmp_path, name):
    with atomic(tmp_path / name) as temporary:
        temporary.write_text("whole")
    assert (tmp_path / name).read_text() == "whole"
    with atomic(tmp_path / name) as temporary:
        temporary.write_text("half")
        remove_half_written(tmp_path)  # finds it by its name, as long as that was
        assert os.listdir(tmp_path) == [name]
        temporary.touch()


def test_the_same_place_in_another_folder():
    assert placed(Path("out/a/b.mid"), Path("out"), Path("seen")) == Path("seen/a/b.png")
    assert placed(Path("b.mid"), Path("b.mid"), Path("seen"), ".wav") == Path("seen/b.wav")
    assert placed(Path("/x/b.mid"), Path("out"), Path("seen")) == Path("seen/b.png")


def test_on_windows_no_folder_is_opened_and_no_file_only_for_reading(tmp_path, monkeypatch):
    opened = []

    def watched(path, flags, *more, **named):
        opened.append((os.path.isdir(path), flags & os.O_RDWR))
        return real(path, flags, *more, **named)

    real = os.open
    monkeypatch.setattr(training.files, "WINDOWS", True)
    monkeypatch.setattr(os, "open", watched)
    with atomic(tmp_path / "a.txt") as path:
        path.write_text("whole")
    assert (tmp_path / "a.txt").read_text() == "whole"
    assert opened == [(False, os.O_RDWR)]


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_a_figure_is_saved(tmp_path, suffix):
    save_figure(Figure(figsize=(4, 3)), tmp_path / f"a{suffix}", dpi=50)
    assert os.listdir(tmp_path) == [f"a{suffix}"]
    if suffix == ".png":
        with Image.open(tmp_path / "a.png") as found:
            assert found.size == (200, 150)


def test_save_figure_refuses_what_it_does_not_know(tmp_path):
    with pytest.raises(InputError, match=r"must end in \.png, \.pdf or \.svg"):
        save_figure(Figure(), tmp_path / "a.wav")
    assert os.listdir(tmp_path) == []


def test_a_figure_that_fails_leaves_nothing(tmp_path, monkeypatch):
    def fail(path: os.PathLike, **_: object) -> None:
        with open(path, "wb") as file:
            file.write(b"half")
        raise OSError(28, "No space left on device")

    figure = Figure()
    monkeypatch.setattr(figure, "savefig", fail)
    with pytest.raises(OSError, match="No space"):
        save_figure(figure, tmp_path / "a.png")
    assert os.listdir(tmp_path) == []


def test_a_target_that_is_a_source_is_refused():
    assert conversions([Path("a"), Path("b")], [Path("c"), Path("d")]) == [(Path("a"), Path("c")), (Path("b"), Path("d"))]
    with pytest.raises(InputError, match=r"b would overwrite x/\.\./a, which is to be converted too"):
        conversions([Path("a"), Path("b")], [Path("c"), Path("x/../a")])


def test_results_join_no_others(tmp_path):
    refuse_filled(tmp_path / "new", force=False)
    refuse_filled(tmp_path, force=False)  # an empty folder may be filled
    (tmp_path / "thesis.txt").touch()
    for taken in (tmp_path, tmp_path / "thesis.txt"):
        with pytest.raises(InputError, match="exists already"):
            refuse_filled(taken, force=False)
        refuse_filled(taken, force=True)
