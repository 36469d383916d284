"""Notes of MIDI files against true ones: files or folders, counted as transcriptions are."""

import json
import shutil

import numpy as np
import pytest

from midi.demo import compose
from midi.files.reading import read
from midi.files.writing import write
from training.cli import guarded
from training.errors import InputError
from transfer.scores.notes import Options, main


@pytest.fixture
def folders(tmp_path):
    """(true, found): two pieces; of the second one half of the notes were found."""
    true, found = tmp_path / "true", tmp_path / "found"
    for seed, style in enumerate(("waltz", "folk")):
        write(true / f"{style}.mid", compose(style, seed, 4))
    shutil.copytree(true, found)
    piece = read(true / "folk.mid")
    piece.notes["pitch"][np.arange(len(piece)) % 2 == 1] += 1
    write(found / "folk.mid", piece)
    return true, found


def rows(capsys):
    lines = [line.strip("| ").split(" | ") for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    return {name: [float(cell) for cell in cells] for name, *cells in lines[1:]}


def test_two_files_and_two_folders(folders, tmp_path, capsys):
    true, found = folders
    main(Options(true / "waltz.mid", found / "waltz.mid"))
    assert rows(capsys) == {"waltz.mid": [1] * 5}
    main(Options(true, found, tmp_path / "figures.json"))
    told = rows(capsys)
    assert told["waltz"] == [1] * 5
    assert 0.3 < told["folk"][0] < 0.7
    assert told["mean of 2"][0] == pytest.approx((1 + told["folk"][0]) / 2, abs=1e-3)
    figures = json.loads((tmp_path / "figures.json").read_text())["figures"]
    assert figures["folk"]["onset_f1"] == pytest.approx(told["folk"][0], abs=1e-3)


def test_what_cannot_be_counted_is_told(folders, capsys):
    true, found = folders
    (found / "waltz.mid").unlink()
    assert guarded(main, Options(true, found)) == 1
    caught = capsys.readouterr()
    assert "folk" in caught.out
    assert "1 of 2 files could not be counted" in caught.err
    assert "waltz.mid" in caught.err
    with pytest.raises(InputError, match="expected two files or two folders"):
        main(Options(true, found / "folk.mid"))
