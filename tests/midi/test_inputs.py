"""Files and folders that commands take."""

from pathlib import Path

import pytest

from midi.inputs import inputs
from training.cli import InputError


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
