"""The generators that ship: small, those that their cards tell of; they go on with a tune or sound and need no run."""

import csv
import hashlib
import re

import numpy as np
import pytest

from generators.contract import run_family
from generators.pretrained import path
from generators.sample import main, options_for
from generators.sequences.data import SequenceRun
from generators.sounds import ShippedSoundOptions
from generators.sounds.data import SoundRun
from midi.demo import compose
from midi.files.reading import read
from midi.files.writing import write
from spectro.audio import read as read_sound
from spectro.audio import write as write_sound
from training.errors import InputError


def sample(output, **options):
    """The folder's rows, and the pieces, of the shipped model's options as the command has them."""
    main(options_for([])(output, **{"count": 2, "columns": 32} | options))
    rows = list(csv.DictReader((output / "manifest.csv").read_text().splitlines()))
    return rows, [read(output / row["files"]) for row in rows]


@pytest.fixture(scope="module")
def tune(tmp_path_factory):
    tune = tmp_path_factory.mktemp("primer") / "folk.mid"
    write(tune, compose("folk", 987_654, bars=4))
    return tune


def test_it_is_small_and_its_card_tells_of_these_weights():
    assert sum(file.stat().st_size for file in path().iterdir()) < 5_000_000
    card = (path() / "README.md").read_text()
    weights = (path() / "model.keras").read_bytes()
    assert hashlib.sha256(weights).hexdigest() in card
    parameters = re.search(r"([\d,]+) parameters", card)
    assert int(parameters[1].replace(",", "")) == SequenceRun(path()).model.count_params()
    for told in ("generators.train music_transformer", "Limits", "CC BY 4.0", "Omar Peracha", "BSD"):
        assert told in card


def test_a_line_without_a_run_asks_for_it():
    options = options_for(["--primer", "song.mid", "--output", "more"])
    assert isinstance(run_family(path()), type(run_family(options("more").run)))
    assert issubclass(options, run_family(path()).sampling)
    assert options("more").run == path()


@pytest.mark.parametrize("line", [["--primer", "song.WAV"], ["--seconds", "3", "--primer=my songs/a.b.flac"]])
def test_a_line_with_sound_asks_for_the_one_of_sound(line):
    options = options_for(line)
    assert options is ShippedSoundOptions
    assert issubclass(options, run_family(options("more").run).sampling)
    assert options("more").run == path("pointer")


def test_the_one_of_sound_is_small_and_its_card_tells_of_these_weights():
    assert sum(file.stat().st_size for file in path("pointer").iterdir()) < 100_000
    card = (path("pointer") / "README.md").read_text()
    assert hashlib.sha256((path("pointer") / "model.keras").read_bytes()).hexdigest() in card
    parameters = re.search(r"([\d,]+) parameters", card)
    assert int(parameters[1].replace(",", "")) == SoundRun(path("pointer")).model.count_params()
    for told in ("generators.train sound_pointer", "Limits", "CC0"):
        assert told in card


def test_the_one_of_sound_goes_on_with_a_loop_in_time(tmp_path):
    """A loop of noise, stereo and at a rate of its own: what follows is the loop, sample by sample."""
    loop = np.random.default_rng(0).normal(0, 0.1, (2, 12_345)) * np.geomspace(1, 0.01, 12_345)
    known = np.tile(loop, 9)[:, :100_000].astype(np.float32)
    write_sound(tmp_path / "loop.wav", known, 16_000, "FLOAT")
    options = {"seconds": 3.0, "primer": tmp_path / "loop.wav", "temperature": 0.0, "format": "wav"}
    main(options_for(["--primer", "loop.wav"])(tmp_path / "more", **options))
    found, rate = read_sound(tmp_path / "more" / "wav" / "000000.wav")
    assert rate == 16_000
    expected = np.tile(loop, 13)[:, 100_000 - 32_000 : 100_000 + 48_000]
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_it_goes_on_with_a_tune_by_the_seed(tune, tmp_path):
    rows, pieces = sample(tmp_path / "more", primer=tune)
    before = read(tune)
    for row, piece in zip(rows, pieces, strict=True):
        assert row["primer"] == str(tune)
        new = piece.notes[piece.notes["start"] * before.division >= before.end * piece.division]
        assert len(new) > 4
        assert np.isin(new["pitch"], np.arange(21, 109)).all()
        assert float(row["longest"]) <= 2
    _, [again] = sample(tmp_path / "again", primer=tune, items=(1,))
    assert again.notes.tolist() == pieces[1].notes.tolist() != pieces[0].notes.tolist()


def test_it_composes_from_nothing(tmp_path):
    rows, pieces = sample(tmp_path / "new")
    assert all(not row["primer"] and len(piece) > 4 for row, piece in zip(rows, pieces, strict=True))


def test_a_tune_that_is_none_is_one_line(tmp_path):
    (tmp_path / "song.mid").write_bytes(b"no music")
    with pytest.raises(InputError, match=r"song\.mid") as raised:
        sample(tmp_path / "out", primer=tmp_path / "song.mid")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()
