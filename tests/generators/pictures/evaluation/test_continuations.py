"""Continuations and fillings of test pieces: what they are compared with, and what cannot be."""

import numpy as np
import pytest

from generators.pictures.data import PictureRun, data_of
from generators.pictures.evaluation import continuations
from generators.pictures.evaluation.continuations import HeldOut, go_on, rolls
from generators.pictures.evaluation.report import kept_tables
from midi.codecs.codec import REST
from midi.codecs.grid import MAX_COLUMNS
from midi.codecs.registry import CODECS
from midi.measures.continuation import DISTANCES, FIGURES, SEAMS
from training.errors import InputError


class Oracle:
    """A sampler that knows the test pieces: what it is to draw it knows by what it is given to keep."""

    batch, any_width = 3, True

    def __init__(self, pieces, width):
        self.pieces, self.width = pieces, width

    def draw(self, seeds, labels=None, temperature=1.0, known=None):
        """The window of a piece that agrees in all known cells."""
        count, _, width, _ = known.pictures.shape
        longer = np.concatenate([self.pieces, np.zeros_like(self.pieces)], axis=2)
        places = [(piece, first) for piece in longer for first in range(0, self.pieces.shape[2], 4)]
        out = np.zeros_like(known.pictures)
        for number in range(count):
            mask, given = known.mask[number], known.pictures[number]
            windows = (piece[:, first : first + width] for piece, first in places)
            out[number] = next(window for window in windows if (window[mask] == given[mask]).all())
        return out


class Refusing:
    """A sampler that keeps nothing."""

    batch, any_width = 3, False

    def draw(self, *_, **__):
        """Never."""
        raise InputError("it keeps no cells: train another")


@pytest.fixture(scope="module")
def run(runs):
    """A quick run of pictures: only its codec and its data matter here."""
    return PictureRun(runs["dcgan"])


@pytest.fixture(scope="module")
def about(run, runs):
    return data_of(run, cache=runs["vae"].parent / "cache")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """The composed pieces have eight bars."""
    for name, bars in {"PROMPT_BARS": 4, "GENERATED_BARS": 4, "HOLE_BARS": 2}.items():
        monkeypatch.setattr(continuations, name, bars)


def test_pieces_are_those_of_the_test_part(run, about):
    firsts, pieces = about.beginnings(run.codec, 2 * run.codec.columns)
    assert set(firsts) <= set(about.split.test)
    for first, piece in zip(firsts, pieces, strict=True):
        images = about.corpus[[first, first + 1]]
        np.testing.assert_array_equal(piece, np.concatenate(images, axis=1))
    assert about.beginnings(run.codec, MAX_COLUMNS)[1].shape == (0, *run.codec.shape[:1], MAX_COLUMNS, run.codec.shape[2])


def test_who_knows_the_pieces_is_like_them_in_everything(run, about, tmp_path):
    held_out = HeldOut(run, about, 2, 0)
    samples = np.zeros((3, *run.codec.shape), np.uint8)
    found = go_on(run, Oracle(held_out.pieces, run.codec.columns), about, samples, 2, 0, tmp_path)
    going, filled = found["continuations"], found["filling"]
    assert going["pieces"]["names"] == filled["pieces"]["names"] == held_out.names
    assert set(going["figures"]) == set(FIGURES)
    assert set(going["seams"]) == set(SEAMS)
    assert going["joints"][0] == held_out.prompt
    assert going["pieces"]["real"] == going["pieces"]["generated"] == 2
    for row in (going["figures"] | going["seams"]).values():
        assert row["generated"] == row["real"][1], "the same pieces"
    assert filled["distances"]["filled"] == pytest.approx(dict.fromkeys(DISTANCES, 0))
    assert filled["distances"]["unseen"] == pytest.approx(dict.fromkeys(DISTANCES, 1)), "black samples"
    assert 0 < filled["distances"]["copied"]["cells"] <= 1
    assert filled["nearer_than_copied"]["cells"] == 1
    assert (tmp_path / going["file"]).exists()
    texts = kept_tables({"continuations": going, "filling": filled})
    assert len(texts) == 2
    assert "2 test pieces: 4 bars are read, 4 generated" in texts[0]
    assert "2 bars of 2 test pieces drawn anew" in texts[1]


def test_what_a_model_cannot_do_is_told(run, about, tmp_path, capsys):
    samples = np.zeros((3, *run.codec.shape), np.uint8)
    nothing = {"continuations": None, "filling": None}
    assert go_on(run, Refusing(), about, samples, 2, 0, tmp_path) == nothing
    told = capsys.readouterr().err
    assert "no continuations of test pieces: it keeps no cells: train another" in told
    assert "no filling of test pieces: it keeps no cells: train another" in told
    assert go_on(run, run.sampler(), about, samples, 2, 0, tmp_path) == nothing
    assert go_on(run, Refusing(), about, samples, 0, 0, tmp_path) == nothing
    assert capsys.readouterr().err == "", "models of latents, and none asked for"
    assert kept_tables(nothing) == []


def test_too_few_or_no_whole_pieces_are_told(run, about, tmp_path, capsys, monkeypatch):
    samples = np.zeros((3, *run.codec.shape), np.uint8)
    monkeypatch.setattr(continuations, "PROMPT_BARS", 1_000)
    assert go_on(run, Refusing(), about, samples, 2, 0, tmp_path)["filling"] is None
    assert "0 of them last 1004 bars; two are needed: train on more files" in capsys.readouterr().err
    monkeypatch.undo()
    monkeypatch.setitem(about.corpus.manifest["facts"], "parts", "tracks")
    go_on(run, Refusing(), about, samples, 2, 0, tmp_path)
    assert "has pictures of tracks or of variations: they are no whole pieces" in capsys.readouterr().err


def test_rolls_are_classes_of_the_whole_strip():
    codec = CODECS["roll64"]
    strip = np.zeros((1, 64, 100, 1), np.uint8)
    strip[0, 10, 60:70] = 255
    found = rolls(strip, codec)
    assert found.shape == (1, 100, 64)
    assert (found[0, :, 10] != REST).sum() == 10
    assert (found == 1).sum() == 1, "a note that crosses the edge of a picture begins once"
