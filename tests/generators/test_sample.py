"""The command: what its options come to, and those that do not go together."""

import csv
from pathlib import Path

import pytest

from generators.pictures import PictureSampleOptions as Options
from generators.sample import main
from midi.files.reading import read
from training.errors import InputError
from training.files import read_json


@pytest.fixture
def piece(pieces):
    return sorted(pieces.rglob("*.mid"))[0]


def test_bars_tempo_and_formats(runs, tmp_path, capsys):
    main(Options(runs["vae"], tmp_path / "out", count=2, bars=3, tempo=90.0, format="midi, npy"))
    manifest = Path(capsys.readouterr().out.strip())
    rows = list(csv.DictReader(manifest.read_text().splitlines()))
    assert [row["files"] for row in rows] == [f"midi/00000{item}.mid npy/00000{item}.npy" for item in (0, 1)]
    assert read(tmp_path / "out" / "midi" / "000001.mid").tempo_at(0) == 666_667


def test_steps_of_another_count_are_other_samples(runs, piece, tmp_path):
    options = {"run": runs["vae"], "output": tmp_path / "out", "interpolate": (piece, piece)}
    main(Options(**options, count=2))
    assert "2 steps from" in read_json(tmp_path / "out" / "sample.json")["source"]
    with pytest.raises(InputError, match=r"other settings \(source\)"):
        main(Options(**options, count=3))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"count": 0}, "--count must be from 1 to"),
        ({"count": 10**20}, "--count must be from 1 to"),
        ({"seed": -1}, "--seed must be from 0"),
        ({"grid": True, "around": Path("a.mid")}, "--held-out, --fill; received --grid and --around"),
        ({"grid": True, "count": 5}, "--count does not go with --grid"),
        ({"around": Path("a.mid"), "bars": 2}, "--bars does not go with --around"),
        ({"between": (0, 1), "mix": (0, 1)}, "received --between and --mix"),
        ({"between": (0, -1)}, "--between must be 0 or more"),
        ({"between": (0, 1), "bars": 2}, "--bars does not go with --between"),
        ({"mix": (0, 1), "count": 5}, "--count does not go with --mix"),
        ({"mix": (0, 1)}, "--mix is for models with styles of several layers, such as stylegan2; vae has none"),
        ({"truncation": 1.5}, "--truncation must be from 0 to 1"),
        ({"truncation": 0.7}, "--truncation is for models with a mean style, such as stylegan2; vae has none"),
        ({"truncation": 0.7, "around": Path("a.mid")}, "--truncation does not go with --around"),
        ({"similarity": 0.5}, "--similarity does not go with plain draws"),
        ({"spread": 2.0}, "--spread does not go with plain draws"),
        ({"bars": 2, "similarity": 1.5}, "--similarity must be from 0 to 1"),
        ({"bars": 10**9}, "--bars must be from 1 to 10,922"),
        (
            {"primer": Path("a.mid")},
            "vae makes whole pictures of latents, so there is no --primer: train a model that draws c",
        ),
        ({"fill": Path("a.mid"), "mask": ("1-2bars",)}, "so there is no --fill: train a model that draws cells"),
        ({"temperature": 0.5}, "so there is no --temperature"),
        ({"bars": 4, "overlap_bars": 2}, "so there is no --overlap-bars"),
        ({"guidance": 2.0}, "--guidance is for models that draw cells"),
        ({"tempo": 0.0}, "--tempo must be from 4 to 1,000,000"),
    ],
)
def test_options_that_cannot_be_meant_are_one_line(runs, tmp_path, options, message):
    with pytest.raises(InputError, match=message):
        main(Options(runs["vae"], tmp_path / "out", **options))
    assert not (tmp_path / "out").exists()
