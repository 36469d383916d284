"""The corpus command: any folder, a kill in the middle, with the same bytes; on a cluster: tests/training/test_cluster."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from midi.codecs import codec_named, from_facts
from midi.corpus import Options, main
from midi.files.reading import read
from midi.files.writing import write
from tests.data import real_data
from tests.midi.test_conversion import band
from tests.midi.test_convert import tune
from training.corpora.corpus import Corpus, read_table
from training.errors import InputError
from training.options import check

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def content(directory):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in directory.iterdir() if path.name != ".lock"}


@pytest.fixture
def folder(tmp_path):
    """70 files of two labels: three shards."""
    for count in range(1, 70):
        tune(tmp_path / "my music" / ("one" if count % 2 else "two") / f"{count} x.mid", count)
    write(tmp_path / "my music" / "band.mid", band())
    return tmp_path / "my music"


def test_a_folder_with_everything_wrong_in_it(folder, tmp_path, capsys):
    (folder / "empty.mid").touch()
    (folder / "text.mid").write_text("no music")
    (folder / "copy.mid").write_bytes((folder / "band.mid").read_bytes())
    main(Options(folder, tmp_path / "out", jobs=1))
    assert capsys.readouterr().out.strip() == str(tmp_path / "out")
    corpus = Corpus(tmp_path / "out")
    assert {row["name"]: bool(row["reason"]) for row in corpus.left_out} == dict.fromkeys(
        ("copy.mid", "empty.mid", "text.mid"), True
    )
    assert corpus.labels == ("", "one", "two")
    remarks = {row["name"]: row["remark"] for row in read_table(tmp_path / "out" / "items.csv")}
    assert remarks["band.mid"].startswith("7 of 7 notes kept; moved 1,")
    assert remarks["one/1 x.mid"] == ""
    assert remarks["copy.mid"] == ""
    number = next(number for number, row in enumerate(corpus.rows) if row["name"] == "two/30 x.mid")
    codec = from_facts(corpus.manifest["facts"]["codec"])
    images = codec.encode(read(folder / "two" / "30 x.mid")).images
    np.testing.assert_array_equal(corpus[np.flatnonzero(corpus.source_of == number)], images)


def test_options_reach_the_codec(folder, tmp_path):
    main(Options(folder / "one", tmp_path / "out", codec="roll64", low=50, high=70, resolution=8, parts="tracks", jobs=1))
    facts = Corpus(tmp_path / "out").manifest["facts"]
    assert facts["codec"] == codec_named("roll64", low=50, high=70, resolution=8).facts()
    assert (facts["parts"], facts["strict"]) == ("tracks", False)
    for options, said in (
        ({"codec": "none"}, "no codec"),
        ({"low": 99}, "low <= high"),
        ({"data": tmp_path / "no"}, "not found"),
        ({"low": 50, "scheduler": "here"}, "no scheduler at here"),
    ):
        with pytest.raises(InputError, match=said):
            main(Options(**{"data": folder, "output": tmp_path / "none", **options}))


def test_kill_9_then_the_same_command_gives_the_same_bytes(folder, tmp_path):
    slow = (
        "import sys, time, midi.images as e; from midi.corpus import *\n"
        "work = e.read\n"
        "def late(*a, **k): time.sleep(0.03); return work(*a, **k)\n"
        "e.read = late\n"
        "from pathlib import Path; main(Options(Path(sys.argv[1]), Path(sys.argv[2]), jobs=1))"
    )
    process = subprocess.Popen([sys.executable, "-c", slow, str(folder), str(tmp_path / "out")], env=ENVIRONMENT)
    while not (tmp_path / "out" / "shard-00000.csv").exists():
        assert process.poll() is None
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert not (tmp_path / "out" / "manifest.json").exists()
    for name in ("out", "whole"):
        main(Options(folder, tmp_path / name, jobs=1))
    assert content(tmp_path / "out") == content(tmp_path / "whole")
    assert len(list((tmp_path / "whole").glob("shard-*.npy"))) == 3


def test_the_real_folders(tmp_path):
    for name, least in (("js_fakes", 490), ("freedoom_rock_metal", 100)):
        main(Options(real_data(f"midi/{name}"), tmp_path / name, jobs=1))
        assert len(Corpus(tmp_path / name).rows) >= least


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"low": -1}, "--low must be from 0 to 127"),
        ({"high": 128}, "--high must be from 0 to 127"),
        ({"columns": 0}, "--columns must be 1 or more"),
        ({"resolution": -1}, "--resolution must be 1 or more"),
        ({"variations": -1}, "--variations must be 0 or more"),
        ({"jobs": 0}, "--jobs must be 1 or more"),
    ],
)
def test_numbers_out_of_range(change, message):
    with pytest.raises(InputError, match=message):
        check(Options(Path("in"), **change))
