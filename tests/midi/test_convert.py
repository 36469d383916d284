"""The convert command: folders, names, reports, and one bad file among good ones."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from midi import picture
from midi.convert import Options, main
from midi.files.reading import SUFFIXES, read
from midi.files.writing import write
from midi.notes import make_piece, note_table
from tests.data import real_data
from training.corpora.sources import find_sources
from training.errors import InputError
from training.options import check


def tune(path: Path, count: int = 4) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    starts = [480 * place for place in range(count)]
    write(path, make_piece(note_table(count, start=starts, end=[start + 240 for start in starts], pitch=60)))
    return path


def run(*files: Path, **options: object) -> None:
    main(Options(files, **{"codec": "roll96", **options}))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("to", ["png", "npy"])
def test_there_and_back_without_options(folder, to, capsys):
    tune(folder / "in.mid")
    run(folder / "in.mid", output=folder / "out", to=to, codec=None)
    main(Options((folder / f"out/in.{to}",), output=folder / "out"))
    assert capsys.readouterr().out.split() == [str(folder / f"out/in.{to}"), str(folder / "out/in.mid")]
    assert picture.load(folder / f"out/in.{to}").codec.name == "lossless"
    assert read(folder / "out/in.mid").notes.tolist() == read(folder / "in.mid").notes.tolist()


def test_fields_change_the_codec(folder):
    tune(folder / "in.mid")
    run(folder / "in.mid", low=40, high=70, columns=48, resolution=4, velocity=64)
    codec = picture.load(folder / "in.png").codec
    assert codec.shape == (31, 48, 1)
    main(Options((folder / "in.png",), folder / "back.mid"))
    assert set(read(folder / "back.mid").notes["velocity"]) == {64}
    with pytest.raises(InputError, match="codec lossless has the fields"):
        run(folder / "in.mid", codec="lossless", unit="second")


def test_folders_keep_their_tree_and_hidden_files_are_passed_over(folder, capsys):
    for name in (
        "my music/a.mid",
        "my music/house/a.MIDI",
        "my music/._a.mid",
        "my music/.hidden/a.mid",
        "my music/b c.kar",
    ):
        tune(folder / name)
    (folder / "my music/notes.txt").write_text("no music")
    run(folder / "my music", output=folder / "out")
    made = {str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*.png")}
    assert made == {"a.png", "house/a.png", "b c.png"}
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_files_of_one_name_do_not_overwrite_each_other(folder):
    names = ("a/x.mid", "b/x.mid", "b/X.midi", "c/x-2.mid")
    files = [tune(folder / name, count) for count, name in enumerate(names, 1)]
    run(*files, report=folder / "report.csv", parts="tracks")
    with (folder / "report.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["targets"] for row in rows] == ["x-1.png", "x-2-1.png", "X-3-1.png", "x-2-2-1.png"]
    assert [row["notes"] for row in rows] == ["1", "2", "3", "4"]


def test_one_bad_file_does_not_stop_the_others(folder, capsys):
    tune(folder / "good.mid")
    (folder / "bad.mid").write_bytes(b"no music")
    (folder / "photo.png").write_bytes(b"no picture")
    files = [folder / name for name in ("missing.mid", "bad.mid", "photo.png", "good.mid")]
    with pytest.raises(InputError, match="3 of 4 files"):
        run(*files, output=folder / "out", report=folder / "report.csv")
    told = capsys.readouterr()
    assert told.out.split() == [str(folder / "out/good.png")]
    errors = [line.strip() for line in told.err.replace("\r", "\n").splitlines() if line.startswith("error: ")]
    assert [Path(line.split()[1]).name for line in errors] == ["missing.mid", "bad.mid", "photo.png"]
    assert sorted(os.listdir(folder / "out")) == ["good.png", "good.png.json"]
    with (folder / "report.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["outcome"] for row in rows] == ["left out"] * 3 + ["converted"]
    assert [bool(row["reason"]) for row in rows] == [True] * 3 + [False]
    assert (rows[3]["onset_f1"], rows[3]["note_f1"], rows[3]["kept"]) == ("1.0", "1.0", "4")


@pytest.mark.parametrize("name", ["with space.mid", "ünïcode 🎵.mid", "new\nline.mid", "dots.in.name.mid", "-dash.mid"])
def test_any_name(folder, name):
    tune(folder / name)
    run(folder / name, output=folder / "out")
    main(Options((folder / "out" / name.replace(".mid", ".png"),), folder / "out"))
    assert len(read(folder / "out" / name)) == 4


def test_an_array_without_record_takes_the_codec_given(folder):
    tune(folder / "in.mid")
    run(folder / "in.mid", output=folder / "a.npy")
    (folder / "a.npy.json").unlink()
    with pytest.raises(InputError, match="give --codec"):
        run(folder / "a.npy", codec=None)
    run(folder / "a.npy")
    assert len(read(folder / "a.mid")) == 4


def test_drawings_lie_in_a_folder_of_their_own(folder):
    tune(folder / "in/a.mid")
    tune(folder / "in/low/a.mid")
    run(folder / "in", output=folder / "out", plot=folder / "seen")
    assert {str(path.relative_to(folder / "seen")) for path in (folder / "seen").rglob("*.png")} == {"a.png", "low/a.png"}
    with Image.open(folder / "seen/a.png") as drawing:
        assert len(drawing.convert("RGB").getcolors(1 << 24)) > 16
    main(Options((folder / "out/a.png",), folder / "back.mid", plot=folder / "seen back"))
    assert (folder / "seen back/back.png").exists()
    with pytest.raises(InputError, match=r"a\.png exists already"):
        main(Options((folder / "in/a.mid",), output=folder / "new", plot=folder / "seen"))
    assert not (folder / "new").exists()
    for place in ("in", "other"):
        with pytest.raises(InputError, match="another folder"):
            run(folder / "in/a.mid", output=folder / "other", plot=folder / place, force=True)


def test_the_record_tells_the_options(folder):
    tune(folder / "in.mid")
    run(folder / "in.mid", low=2)
    record = json.loads((folder / "in.png.json").read_text())
    assert (record["command"], record["options"]["low"], record["facts"]["low"]) == ("midi.convert", 2, 2)


def test_processes_give_the_same(folder, capsys):
    files = [tune(folder / f"in/{count}.mid", count) for count in range(1, 6)]
    (folder / "in/bad.mid").write_bytes(b"no music")
    for name, jobs in (("one", 1), ("two", 2)):
        with pytest.raises(InputError, match="1 of 6"):
            run(folder / "in", output=folder / name, jobs=jobs)
        assert capsys.readouterr().out.split() == [str(folder / name / f"{path.stem}.png") for path in files]
    for path in files:
        one, two = (folder / name / f"{path.stem}.png" for name in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


# what is refused


def test_no_input_is_overwritten_even_by_force(folder):
    tune(folder / "a.mid")
    run(folder / "a.mid")
    before = (folder / "a.mid").read_bytes()
    with pytest.raises(InputError, match="overwrite"):
        run(folder / "a.mid", folder / "a.png", force=True)
    assert (folder / "a.mid").read_bytes() == before
    with pytest.raises(InputError, match="--force"):
        run(folder / "a.mid")


@pytest.mark.parametrize(("files", "options", "said"), [
    ([], {}, "received none"), (["none.mid"], {}, "not found"), (["empty"], {}, "holds no file"),
    (["a.mid"], {"codec": "huge"}, "no codec 'huge'; expected one of roll64"), (["a.mid"], {"low": 130}, "low <= high"),
    (["a.mid"], {"output": Path("b.png"), "to": "npy"}, "contradict"),
    (["a.png"], {"low": 2, "velocity": 40}, "--codec, --low, --velocity: for pictures to be made"),
    (["a.mid"], {"output": Path("b.mid")}, "MIDI becomes a .png"),
    (["a.mid", "a.mid"], {"output": Path("b.png")}, "2 results"), (["a.mid"], {"report": Path("a.mid")}, "exists"),
    (["a.mid"], {"report": Path("a.mid"), "force": True}, "is one of the files")])  # fmt: skip
def test_what_is_refused(folder, files, options, said):
    tune(folder / "a.mid")
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match=said):
        run(*(folder / name for name in files), **options)
    assert sorted(os.listdir(folder)) == ["a.mid", "empty"]


def test_the_command(folder):
    tune(folder / "in.mid")
    (folder / "bad.mid").write_bytes(b"no music")
    command = [sys.executable, "-m", "midi.convert", "in.mid", "bad.mid", "--codec", "roll64", "--report", "r.csv"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    found = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert found.returncode == 1
    assert found.stdout == "in.png\n"
    assert "error: bad.mid is not a MIDI file" in found.stderr
    assert found.stderr.splitlines()[-1].startswith("error: 1 of 2 files could not be converted: ")
    assert "Traceback" not in found.stderr


def test_the_awkward_collection(folder):
    """Every file ends in a row: converted, or left out with a reason of one line."""
    found = [source.path for source in find_sources(real_data("awkward_midi"), SUFFIXES)][::29]
    with pytest.raises(InputError, match="could not be converted"):
        run(*found, output=folder / "out", report=folder / "report.csv", codec=None)
    with (folder / "report.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["source"] for row in rows] == [str(path) for path in found]
    assert all((row["outcome"] == "converted") == (not row["reason"]) == bool(row["targets"]) for row in rows)
    assert all(float(row["exact"]) == 1 for row in rows if row["outcome"] == "converted")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"low": -1}, "--low must be from 0 to 127"),
        ({"high": 128}, "--high must be from 0 to 127"),
        ({"columns": 0}, "--columns must be 1 or more"),
        ({"resolution": 0}, "--resolution must be 1 or more"),
        ({"velocity": 0}, "--velocity must be from 1 to 127"),
        ({"jobs": 0}, "--jobs must be 1 or more"),
    ],
)
def test_numbers_out_of_range(change, message):
    with pytest.raises(InputError, match=message):
        check(Options((Path("a.mid"),), **change))
