"""Scores: what MusicXML holds of a piece, read again by partitura, and what is told of the rest."""

from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

from midi import picture
from midi.codecs import codec_named
from midi.convert import Options, main
from midi.demo import compose
from midi.files.score import STEPS, changed_in_words, on_steps, write_score
from midi.files.writing import write
from midi.notes import SIGNATURE, Piece, make_piece, note_table
from training.errors import InputError


def read_again(path) -> list[tuple[float, float, int]]:
    """(onset and length in quarters, pitch) of every note of a score."""
    partitura = pytest.importorskip("partitura")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        notes = partitura.load_musicxml(path).note_array()
    start, length = (notes[f"{what}_div"] / notes["divs_pq"] for what in ("onset", "duration"))
    return sorted(zip(start.tolist(), length.tolist(), notes["pitch"].tolist(), strict=True))


def expected(piece: Piece) -> list[tuple[float, float, int]]:
    notes = on_steps(piece).notes
    return sorted((note["start"] / STEPS, (note["end"] - note["start"]) / STEPS, int(note["pitch"])) for note in notes)


@pytest.mark.parametrize("style", ["chorale", "rock"])
def test_every_note_comes_back(tmp_path, style):
    pytest.importorskip("partitura")
    piece = compose(style, 1, 4)
    changed = write_score(tmp_path / "a.musicxml", piece)
    assert read_again(tmp_path / "a.musicxml") == expected(piece)
    assert (changed["moved"], changed["velocities"]) == (0, len(piece))
    assert changed["drums"] == np.count_nonzero(piece.notes["drum"])
    text = (tmp_path / "a.musicxml").read_text()
    assert "<part-name>drums</part-name>" in text or style == "chorale"


def test_what_is_off_the_grid_is_moved_and_counted(tmp_path):
    pytest.importorskip("partitura")
    notes = note_table(3, start=[0, 483, 960], end=[2, 960, 1_441], pitch=[60, 64, 67])
    piece = make_piece(notes, signatures=np.array([(0, 3, 4)], SIGNATURE))
    changed = write_score(tmp_path / "a.musicxml", piece)
    assert read_again(tmp_path / "a.musicxml") == [(0.0, 1 / 12, 60), (1.0, 1.0, 64), (2.0, 1.0, 67)]
    assert changed_in_words(changed) == "1 onsets moved, 2 ends moved, 3 velocities lost"
    assert "<beats>3</beats>" in (tmp_path / "a.musicxml").read_text()


def test_files_and_pictures_become_scores(tmp_path, capsys):
    pytest.importorskip("partitura")
    piece, codec = compose("folk", 0, 4), codec_named("lossless")
    write(tmp_path / "in" / "a.mid", piece)
    picture.save(tmp_path / "in" / "b.png", codec.encode(piece), codec)
    main(Options((tmp_path / "in",), tmp_path / "out", to="musicxml"))
    printed = capsys.readouterr()
    assert [line.rsplit("/", 1)[1] for line in printed.out.split()] == ["a.musicxml", "b.musicxml"]
    assert printed.err.count("velocities lost") == 2
    assert read_again(tmp_path / "out" / "a.musicxml") == read_again(tmp_path / "out" / "b.musicxml") == expected(piece)
    with pytest.raises(InputError, match="--codec: for pictures to be made; received only scores"):
        main(Options((tmp_path / "in" / "a.mid",), tmp_path / "c.musicxml", codec="roll96"))


def test_without_partitura_the_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "partitura", None)
    with pytest.raises(InputError, match="python -m pip install partitura"):
        write_score(tmp_path / "a.musicxml", compose("folk", 0, 4))
    assert not list(tmp_path.iterdir())
