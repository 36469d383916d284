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
    told = f"passed over: {tmp_path / 'bass'} cannot be read: Permission denied"
    assert capsys.readouterr().err.splitlines() == [told, "passed over: no file to be read in bass"]


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


def test_what_is_passed_over_is_counted_by_kind(tmp_path, capsys):
    made(tmp_path, "alto/a.txt", "alto/b.JPG", "bass/c.jpg", "bass/.hidden", ".git/d", "bass/readme", "e.midi2", "._f.txt")
    assert [source.name for source in find_sources(tmp_path, {".txt"})] == ["alto/a.txt"]
    assert capsys.readouterr().err.splitlines() == [
        f"passed over in {tmp_path}: 3 hidden, 2 .jpg, 1 .midi2, 1 without a suffix",
        "passed over: no file to be read in bass",
    ]
    made(tmp_path / "clean", "alto/a.txt")
    find_sources(tmp_path / "clean", {".txt"})
    assert capsys.readouterr().err == ""


def test_a_linked_label_folder_is_read(tmp_path, capsys):
    made(tmp_path, "data/alto/a.txt", "disk/b.txt")
    (tmp_path / "data/bass").symlink_to(tmp_path / "disk")
    assert [source.label for source in find_sources(tmp_path / "data", {".txt"})] == ["alto", "bass"]
    assert capsys.readouterr().err == ""


def test_suffixes_may_tell_why_their_files_cannot_be_used(tmp_path):
    made(tmp_path, "a.txt", "b.M4A")
    (tmp_path / "t.csv").write_text("path,label\na.txt,x\nb.M4A,y\n")
    for data in (tmp_path, tmp_path / "t.csv"):
        found = find_sources(data, {".txt": "", ".m4a": "needs a friend"})
        assert [(source.name, source.reason) for source in found] == [("a.txt", ""), ("b.M4A", "needs a friend")]


def test_a_path_has_one_label(tmp_path, capsys):
    table = tmp_path / "t.csv"
    table.write_text("path, label\na.wav,rock\nb.wav,pop\n./a.wav,rock\n")
    assert [(source.name, source.label) for source in find_sources(table, {".wav"})] == [("a.wav", "rock"), ("b.wav", "pop")]
    assert capsys.readouterr().err == f"passed over in {table}: 1 rows that say again what another one says\n"
    table.write_text("path,label\na.wav,rock\nb.wav,pop\n./a.wav,pop\n")
    with pytest.raises(InputError, match=r"a\.wav has the label rock on line 2 and pop on line 4; expected one row"):
        find_sources(table, {".wav"})
    table.write_text("path,label,fold\na.wav,rock,1\na.wav,rock,\n")
    with pytest.raises(InputError, match=r"has the fold 1 on line 2 and \(none\) on line 3"):
        find_sources(table, {".wav"})


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
