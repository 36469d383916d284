"""One file converted: what is kept, counted, measured and refused."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from midi import conversion, picture
from midi.codecs import codec_named
from midi.codecs.registry import CODECS
from midi.conversion import COLUMNS, Conversion, convert, inputs
from midi.files.reading import read
from midi.files.writing import write
from midi.measures.fidelity import exact
from midi.notes import TEMPO, make_piece, note_table, with_notes
from training.errors import InputError

ROLL = Conversion(codec_named("roll96"), measure=True)
LOSSLESS = Conversion(codec_named("lossless"), measure=True)


def band():
    """A tune off the grid, a chord and drums, on three tracks, at 96 beats a minute."""
    notes = note_table(
        7,
        start=[0, 490, 960, 1920, 1920, 0, 960],
        end=[480, 960, 1440, 3840, 3840, 100, 1060],
        pitch=[60, 64, 67, 48, 55, 36, 38],
        velocity=[90, 80, 70, 60, 60, 110, 110],
        program=[73, 73, 73, 32, 32, 0, 0],
        track=[0, 0, 0, 1, 1, 2, 2],
        drum=[False] * 5 + [True] * 2,
    )
    return make_piece(notes, 480, 625_000)


@pytest.fixture
def tune(tmp_path):
    write(tmp_path / "tune.mid", band())
    return tmp_path / "tune.mid"


@pytest.mark.parametrize("suffix", ["png", "npy"])
def test_lossless_there_and_back(tune, tmp_path, suffix):
    there = convert(tune, tmp_path / f"tune.{suffix}", LOSSLESS)
    back = convert(there.targets[0], tmp_path / "back.mid", ROLL)
    assert (there.error, there.warnings, back.error) == ("", [], "")
    assert exact(read(tune), read(tmp_path / "back.mid")) == (1.0, 0)
    assert read(tmp_path / "back.mid").tempos.tolist() == [(0, 625_000)]
    assert {name: there.row[name] for name in ("onset_f1", "note_f1", "exact", "notes", "kept")} == {
        "onset_f1": 1, "note_f1": 1, "exact": 1, "notes": 7, "kept": 7
    }  # fmt: skip


def test_losses_are_told_and_counted(tune, tmp_path):
    found = convert(tune, tmp_path / "a.png", ROLL)
    assert found.warnings == [
        f"{tune}: 7 of 7 notes kept; moved 1, resized 2, largest shift 0.0208333, velocities 7, programs 7"
    ]
    assert (found.row["moved"], found.row["programs"], found.row["pictures"]) == (1, 7, 1)
    assert found.row["onset_f1"] == pytest.approx(5 / 7)  # the drums come back pitched
    assert found.row["exact"] == 0
    assert set(found.row) <= set(COLUMNS)
    record = json.loads((tmp_path / "a.png.json").read_text())
    assert record["losses"]["velocities"] == 7
    assert record["facts"] == ROLL.codec.facts()
    assert record["versions"]["numpy"] == np.__version__


def test_the_picture_carries_the_tempo(tune, tmp_path):
    convert(tune, tmp_path / "a.png", ROLL)
    convert(tmp_path / "a.png", tmp_path / "b.mid", ROLL)
    back = read(tmp_path / "b.mid")
    assert back.tempo_at(0) == 625_000
    assert back.seconds(back.notes["start"]).max() == pytest.approx(band().seconds(1920))
    assert json.loads((tmp_path / "b.mid.json").read_text())["notes"] == 7


@pytest.mark.parametrize("tempos", [[(0, 500_000), (1920, 1_000_000), (3840, 250_000)], [(1, 1_000_000)]])
@pytest.mark.parametrize("codec", CODECS)
def test_tempo_changes_travel_with_the_pictures(tmp_path, codec, tempos):
    """Whatever the pixels tell of them, also if the first one stands behind tick 0."""
    starts = 480 * np.arange(12)
    before = make_piece(note_table(12, start=starts, end=starts + 240, pitch=60), 480, np.array(tempos, TEMPO))
    write(tmp_path / "in.mid", before)
    found = convert(tmp_path / "in.mid", tmp_path / "a.png", Conversion(codec_named(codec), measure=True))
    assert (found.row["tempos"], found.row["onset_f1"]) == (0, 1)
    assert "tempos" not in "".join(found.warnings)
    convert(tmp_path / "a.png", tmp_path / "b.mid", ROLL)
    after = read(tmp_path / "b.mid")
    np.testing.assert_allclose(after.seconds(after.notes["start"]), before.seconds(starts), atol=0.026)
    ticks = np.arange(0, 5760, 240)
    np.testing.assert_allclose(after.seconds(ticks * after.division // 480), before.seconds(ticks), atol=0.003)


def test_far_apart_notes_and_advice_that_helps(tmp_path, monkeypatch):
    """A track of far-apart events and of several layers: what the line says to do works."""
    monkeypatch.setattr(picture, "MAX_BYTES", 1 << 26)
    starts = np.array([0, 240, 480 * 4_000])
    notes = note_table(3, start=starts, end=starts + 480, pitch=60)
    write(tmp_path / "in.mid", make_piece(notes))
    refused = convert(tmp_path / "in.mid", tmp_path / "a.png", Conversion(codec_named("lossless"))).error
    advice = re.search(r"501 windows of time and 2 layers .*: use --resolution (\d+), here it is 12$", refused)
    coarser = Conversion(codec_named("lossless", resolution=int(advice[1])))
    assert convert(tmp_path / "in.mid", tmp_path / "a.png", coarser).targets
    convert(tmp_path / "a.png", tmp_path / "b.mid", coarser)
    assert read(tmp_path / "b.mid").notes["start"].tolist() == starts.tolist()


def test_a_picture_for_each_track(tune, tmp_path):
    found = convert(tune, tmp_path / "a.png", Conversion(codec_named("roll96"), parts="tracks", measure=True))
    assert [path.name for path in found.targets] == ["a-1.png", "a-2.png", "a-3.png"]
    assert (found.row["notes"], found.row["kept"], found.row["pictures"]) == (7, 7, 3)
    assert found.row["onset_f1"] == pytest.approx(5 / 7)
    convert(tmp_path / "a-2.png", tmp_path / "b.mid", ROLL)
    assert sorted(read(tmp_path / "b.mid").notes["pitch"].tolist()) == [48, 55]


def test_a_track_beyond_the_rows_is_counted(tune, tmp_path):
    high = Conversion(codec_named("roll96", low=60, high=90), parts="tracks")
    found = convert(tune, tmp_path / "a.png", high)
    assert [path.name for path in found.targets] == ["a-1.png"]
    assert (found.row["notes"], found.row["kept"], found.row["out_of_range"]) == (7, 3, 4)
    none = convert(tune, tmp_path / "b.png", Conversion(codec_named("roll96", low=90, high=96), parts="tracks"))
    assert "no note within the pitches 90 to 96" in none.error


def test_what_cannot_be_converted(tmp_path, monkeypatch):
    (tmp_path / "bad.mid").write_bytes(b"no music")
    write(tmp_path / "empty.mid", make_piece(note_table(0)))
    for name, said in [("bad.mid", "not a MIDI file"), ("empty.mid", "holds no notes"), ("none.mid", "not found")]:
        for how in (ROLL, Conversion(codec_named("roll96"), parts="tracks")):
            found = convert(tmp_path / name, tmp_path / "a.png", how)
            assert said in found.error
            assert (found.row["outcome"], found.row["reason"], found.targets) == ("left out", found.error, [])
    write(tmp_path / "tune.mid", band())
    monkeypatch.setattr(conversion, "read", lambda *_, **__: (_ for _ in ()).throw(MemoryError))
    assert "memory" in convert(tmp_path / "tune.mid", tmp_path / "a.png", ROLL).error
    assert not (tmp_path / "a.png").exists()


def test_black_pictures_become_an_empty_file(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros((2, *ROLL.codec.shape), np.uint8))
    found = convert(tmp_path / "a.npy", tmp_path / "a.mid", Conversion(ROLL.codec, decoder=ROLL.codec))
    assert found.warnings == [f"{tmp_path / 'a.npy'}: its pictures show no note"]
    assert len(read(tmp_path / "a.mid")) == 0


def test_a_crowd_is_not_measured_but_converted(tune, tmp_path, monkeypatch):
    monkeypatch.setattr("midi.measures.fidelity.MAX_PAIRS", 3)
    write(tune, with_notes(band(), np.repeat(band().notes[:1], 4)))
    found = convert(tune, tmp_path / "a.png", ROLL)
    assert found.error == ""
    assert any("not measured" in line for line in found.warnings)
    assert "onset_f1" not in found.row


def test_results_are_not_overwritten(tune, tmp_path):
    assert convert(tune, tmp_path / "a.png", ROLL).error == ""
    for taken in ("a.png", "a.png.json"):
        assert f"{taken} exists already" in convert(tune, tmp_path / "a.png", ROLL).error
        (tmp_path / taken).unlink()
    convert(tune, tmp_path / "a.png", ROLL)
    assert convert(tune, tmp_path / "a.png", Conversion(codec_named("roll64"), force=True)).error == ""
    assert picture.load(tmp_path / "a.png").codec.name == "roll64"


def test_files_stay_and_folders_give_what_is_below(tmp_path):
    for name in ("b.npy", "low/a.MID", "low/c.png", "notes.txt", ".hidden/d.mid", "._e.mid"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).touch()
    odd = tmp_path / "missing.xyz"
    assert inputs([odd, tmp_path / "in"]) == [
        (odd, Path("missing.xyz")),
        *((tmp_path / "in" / name, Path(name)) for name in ("b.npy", "low/a.MID", "low/c.png")),
    ]


def test_nothing_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected MIDI files, pictures or folders; received none"):
        inputs([])
    with pytest.raises(InputError, match="holds no file that ends in"):
        inputs([tmp_path])
