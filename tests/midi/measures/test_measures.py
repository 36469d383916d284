"""The measures command: table, JSON, picture; folders and corpora; one bad file among good ones."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from midi.codecs import codec_named
from midi.files.writing import write
from midi.images import MidiImages
from midi.measures.__main__ import Options, main
from midi.measures.tables import measure_set
from midi.notes import make_piece, note_table
from training.corpora.build import build_corpus
from training.corpora.sources import find_sources
from training.errors import InputError
from training.options import check


def write_folder(folder, count=12, low=48, high=84, drums=False):
    rng = np.random.default_rng(low)
    for number in range(count):
        start = np.sort(rng.integers(0, 64, 40)) * 120
        notes = note_table(40, start=start, end=start + 120, pitch=rng.integers(low, high, 40), drum=drums)
        write(folder / f"{number:02}.mid", make_piece(notes))
    return folder


@pytest.fixture
def sets(tmp_path):
    return write_folder(tmp_path / "a"), write_folder(tmp_path / "b", low=60, high=96)


def run(data, **options):
    main(Options(data, **{"repeats": 3} | options))


def test_table_json_and_picture(sets, tmp_path, capsys):
    output, plot = tmp_path / "out/found.json", tmp_path / "out/found.png"
    run(sets[0], against=sets[1], halves=True, output=output, plot=plot)
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == [str(output), str(plot)]
    assert lines[0] == f"A: {sets[0]}, 12 pieces"
    assert [line.split()[0] for line in lines[3:6]] == ["empty", "length", "note_count"]
    assert lines[3].split()[1:3] == ["0", "±"]
    assert "1.000 [1.000, 1.000]" in lines[3]
    found = json.loads(output.read_text(), parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert found["command"] == "midi.measures"
    assert found["options"]["repeats"] == 3
    assert {"against", "halves", "difference", "versions"} <= found.keys()
    a, b = [each["measures"]["pitch_histogram"]["mean"] for each in found["sets"]]
    assert np.flatnonzero(a)[0] >= 48
    assert np.flatnonzero(b)[-1] <= 95
    np.testing.assert_allclose(np.subtract(b, a), found["difference"]["pitch_histogram"])
    assert found["against"]["pitch_histogram"]["a"]["overlap"] < found["halves"]["pitch_histogram"]["a"]["overlap"]
    assert np.array(Image.open(plot)).std() > 10


def test_one_set_alone(sets, tmp_path, capsys):
    run(sets[0], output=tmp_path / "found.json")
    assert "overlap" not in capsys.readouterr().out
    found = json.loads((tmp_path / "found.json").read_text())
    assert len(found["sets"]) == 1
    assert not {"against", "halves", "difference"} & found.keys()


def test_the_same_seed_gives_the_same(sets, tmp_path):
    names = [tmp_path / f"{number}.json" for number in range(3)]
    for name, seed in zip(names, (1, 1, 2), strict=True):
        run(sets[0], against=sets[1], count=8, seed=seed, output=name)
    first, again, other = (json.loads(name.read_text()) for name in names)
    assert first["against"] == again["against"] != other["against"]
    assert first["sets"][0]["pieces"] == 8


def test_a_bad_file_is_one_line(sets, capsys):
    (sets[0] / "bad.mid").write_bytes(b"no music")
    with pytest.raises(InputError, match=r"^1 of 13 files could not be measured: .*bad\.mid$"):
        run(sets[0])
    captured = capsys.readouterr()
    assert "12 pieces" in captured.out
    assert [line for line in captured.err.splitlines() if "bad.mid" in line] == [
        f"error: {sets[0] / 'bad.mid'} is not a MIDI file: it begins with b'no m'"
    ]


def test_a_corpus_against_its_files(sets, tmp_path, capsys):
    codec = codec_named("roll96")
    build_corpus(find_sources(sets[0], {".mid"}), MidiImages(codec), tmp_path / "corpus", jobs=1)
    run(tmp_path / "corpus", against=sets[0])
    out = capsys.readouterr().out
    assert f"A: {tmp_path / 'corpus'}, 24 pieces" in out
    pictures, files = measure_set(tmp_path / "corpus"), measure_set(sets[0])
    assert pictures.table["note_count"].sum() <= files.table["note_count"].sum()
    assert abs(pictures.means("pitch_histogram") - files.means("pitch_histogram")).max() < 0.02


def test_drums_alone_have_no_pitches(sets, tmp_path, capsys):
    drums = write_folder(tmp_path / "drums", low=35, high=50, drums=True)
    run(sets[0], against=drums, plot=tmp_path / "found.svg", output=tmp_path / "found.json")
    assert "undefined" in capsys.readouterr().out
    assert json.loads((tmp_path / "found.json").read_text())["difference"]["pitch_histogram"] is None
    assert (tmp_path / "found.svg").stat().st_size > 10_000
    run(drums, drums=True)
    assert "undefined" not in capsys.readouterr().out


def test_a_set_that_is_one_piece(sets, tmp_path, capsys):
    run(write_folder(tmp_path / "one", count=1), against=sets[0], plot=tmp_path / "one.png")
    assert "undefined" in capsys.readouterr().out


def test_bad_input(sets, tmp_path):
    with pytest.raises(InputError, match="not found"):
        run(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="holds no file"):
        run(tmp_path / "empty")
    with pytest.raises(InputError, match="count must be 1 or more; received 0"):
        measure_set(sets[0], count=0)
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad/a.mid").write_bytes(b"")
    with pytest.raises(InputError, match=r"nothing that can be measured: .*it is empty"):
        run(tmp_path / "bad")
    with pytest.raises(InputError, match=r"must end in \.png"):
        run(sets[0], plot=tmp_path / "found.gif", output=tmp_path / "found.json")
    assert not (tmp_path / "found.json").exists()
    (tmp_path / "half").mkdir()
    (tmp_path / "half/plan.json").write_text("{}")
    with pytest.raises(InputError, match="interrupted"):
        run(tmp_path / "half")


def test_nothing_is_overwritten(sets, tmp_path):
    (tmp_path / "found.json").write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        run(sets[0], output=tmp_path / "found.json")
    assert (tmp_path / "found.json").read_text() == "mine"
    run(sets[0], output=tmp_path / "found.json", force=True)
    assert json.loads((tmp_path / "found.json").read_text())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"count": 0}, "--count must be 1 or more"),
        ({"limit": 1}, "--limit must be 2 or more"),
        ({"repeats": -1}, "--repeats must be 0 or more"),
        ({"seed": -1}, "--seed must be from 0"),
        ({"jobs": 0}, "--jobs must be 1 or more"),
    ],
)
def test_numbers_out_of_range(change, message):
    with pytest.raises(InputError, match=message):
        check(Options(Path("in"), **change))
