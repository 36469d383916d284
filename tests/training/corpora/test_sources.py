"""Folders and tables of files, as users have them."""

import os

import pytest

from training.corpora.sources import find_sources, read_csv
from training.errors import InputError


def test_the_first_folder_is_the_label_and_hidden_files_are_passed_over(tmp_path):
    for name in ("house/a.wav", "house/album 1/b.WAV", "house/._a.wav", ".git/c.wav", "loose.wav", "house/note.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = find_sources(tmp_path, {".wav"})
    assert [(source.name, source.label) for source in found] == [
        ("house/a.wav", "house"),
        ("house/album 1/b.WAV", "house"),
        ("loose.wav", ""),
    ]


def made(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def test_links_to_folders_are_followed_once_and_never_in_circles(tmp_path, capsys):
    made(tmp_path, "data/alto/a.txt", "elsewhere/bass/b.txt", "elsewhere/bass/more/c.txt")
    for name, target in (
        ("data/bass", "elsewhere/bass"),
        ("data/drums", "gone"),
        ("data/again", "data/alto"),
        ("data/alto/up", "data"),
        ("data/alto/self", "data/alto"),
        ("elsewhere/bass/more/back", "data"),
        ("elsewhere/bass/more/above", "elsewhere"),
        ("data/zither", "elsewhere/bass"),
    ):
        (tmp_path / name).symlink_to(tmp_path / target)
    found = find_sources(tmp_path / "data", {".txt"})
    assert [(source.name, source.label) for source in found] == [
        ("again/a.txt", "again"), ("alto/a.txt", "alto"), ("bass/b.txt", "bass"), ("bass/more/c.txt", "bass")
    ]  # fmt: skip
    told = capsys.readouterr().err.splitlines()
    assert sorted(line.split(" leads ")[0].removeprefix(f"passed over: {tmp_path}/data/") for line in told) == [
        "again/self", "again/up", "alto/self", "alto/up", "bass/more/above", "bass/more/back", "drums", "zither"
    ]  # fmt: skip


def test_folders_that_link_to_each_other_end_soon(tmp_path):
    names = [f"label {number}" for number in range(12)]
    made(tmp_path, *(f"{name}/song.txt" for name in names))
    for name in names:
        for other in names:
            if other != name:
                (tmp_path / name / f"to {other}").symlink_to(tmp_path / other)
    assert len(find_sources(tmp_path, {".txt"})) <= 24


def test_a_folder_that_cannot_be_listed_is_told(tmp_path, monkeypatch, capsys):
    made(tmp_path, "alto/a.txt", "bass/b.txt")

    def refuse(path):
        if str(path).endswith("bass"):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    real = os.scandir
    monkeypatch.setattr(os, "scandir", refuse)
    assert [source.name for source in find_sources(tmp_path, {".txt"})] == ["alto/a.txt"]
    assert capsys.readouterr().err == f"passed over: {tmp_path / 'bass'} cannot be read: Permission denied\n"


def test_a_table_gives_label_group_and_fold(tmp_path):
    (tmp_path / "t.csv").write_text("\ufeffpath,label,group,fold\nx/a.wav,rock,mix 1,2\n,empty,,\n", encoding="utf-8")
    (source,) = find_sources(tmp_path / "t.csv", {".wav"})
    assert (source.path, source.label, source.group, source.fold) == (tmp_path / "x/a.wav", "rock", "mix 1", "2")


@pytest.mark.parametrize(("content", "message"), [("file,genre\na,b\n", "columns path"), ("path,label\n", "holds no file")])
def test_tables_that_cannot_be_used_say_why(tmp_path, content, message):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        find_sources(tmp_path / "t.csv", {".wav"})


def test_nothing_there(tmp_path):
    with pytest.raises(InputError, match="not found"):
        find_sources(tmp_path / "nowhere", {".wav"})
    with pytest.raises(InputError, match="right folder"):
        find_sources(tmp_path, {".wav"})


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission(tmp_path):
    tmp_path.chmod(0)
    with pytest.raises(InputError, match="permission denied"):
        find_sources(tmp_path, {".wav"})
    tmp_path.chmod(0o700)


def test_a_csv_as_spreadsheets_write_it(tmp_path):
    table = tmp_path / "t.csv"
    table.write_bytes(b'\xef\xbb\xbfinput, truth,note\r\n"two\nlines.wav", b.wav ,x\r\n,,\r\n\r\nc\xe9.wav\r\n')
    assert read_csv(table, ("input", "truth"), ("group",)) == [
        {"input": "two\nlines.wav", "truth": "b.wav", "group": "", "line": "3"},
        {"input": "c\udce9.wav", "truth": "", "group": "", "line": "6"},
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"expected a CSV with columns input,truth\[,group\]; received ''"),
        (b"input,group\na,b\n", "received 'input, group'"),
        (b"input,truth\na\0,b\n", "NUL bytes"),
        ("input,truth\na,b\n".encode("utf-16"), "UTF-16"),
        (b"input,truth\n" + b"x" * 200_000, "is not a CSV"),
    ],
)
def test_a_csv_that_cannot_be_used_says_why_in_one_line(tmp_path, content, message):
    (tmp_path / "t.csv").write_bytes(content)
    with pytest.raises(InputError, match=message) as error:
        read_csv(tmp_path / "t.csv", ("input", "truth"), ("group",))
    assert "\n" not in str(error.value)


def test_a_csv_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="not found; expected a CSV with columns input"):
        read_csv(tmp_path / "none.csv", ("input",))
    with pytest.raises(InputError, match="is a folder"):
        read_csv(tmp_path, ("input",))
