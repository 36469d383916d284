"""Columns: what an independent painting shows, the codec's own notes, and whole pieces in a corpus."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from midi.codecs import codec_named
from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.columns import BLOCK, PAD, MidiColumns, blocks_of, columns_of, images_of, piece_of
from midi.files.reading import SUFFIXES, read
from midi.files.writing import write
from midi.notes import TEMPO, make_piece, note_table
from tests.midi.codecs.pieces import pieces
from training.cli import InputError
from training.corpora.build import build_corpus
from training.corpora.corpus import Corpus
from training.corpora.sources import find_sources
from training.corpora.user_cache import open_corpus

CHANGE = 960
"""Tick at which the pieces here become twice as fast."""


def drawn(seed, count=60):
    """Notes on few pitches, some out of range, that meet and overlap; odd ticks, so that none lies between two columns."""
    rng = np.random.default_rng(seed)
    start = 2 * rng.integers(0, 3_000, count) + 1
    end = start + 2 * rng.integers(1, 500, count)
    pitch = rng.choice([20, 21, 60, 61, 62, 108, 109], count)
    tempos = np.array([(0, 500_000), (CHANGE, 250_000)], TEMPO)
    return make_piece(note_table(count, start=start, end=end, pitch=pitch), tempos=tempos)


def quarter_column(tick):
    return round(Fraction(4 * int(tick), 480))


def second_column(tick):
    slow, fast = min(int(tick), CHANGE), max(int(tick) - CHANGE, 0)
    return round(20 * (Fraction(slow, 960) + Fraction(fast, 1_920)))


def painted(piece, column_of):
    """Cell by cell: the note that began last in a row is what it shows; of notes that began together the longest."""
    cells = np.zeros((1_000, 88), np.uint8)
    for row in range(88):
        notes = {}
        for note in piece.notes[piece.notes["pitch"] == 108 - row]:
            first = column_of(note["start"])
            notes[first] = max(column_of(note["end"]), first + 1, notes.get(first, 0))
        for column in range(len(cells)):
            first = max((first for first in notes if first <= column), default=None)
            if first is not None and column < notes[first]:
                cells[column, row] = ONSET if column == first else SUSTAIN
    return cells[: np.flatnonzero(cells.any(axis=1))[-1] + 1]


@pytest.mark.parametrize(("name", "column_of"), [("beats88", quarter_column), ("levels88", second_column)])
@pytest.mark.parametrize("seed", range(3))
def test_columns_are_an_independent_painting(name, column_of, seed):
    piece = drawn(seed)
    columns, losses = columns_of(piece, codec_named(name))
    assert columns.dtype == np.uint8
    np.testing.assert_array_equal(columns, painted(piece, column_of))
    assert {REST, ONSET, SUSTAIN} == set(columns.ravel())
    assert losses["notes"] == len(piece)
    assert losses["kept"] == (columns == ONSET).sum()
    assert losses["out_of_range"] == np.isin(piece.notes["pitch"], [20, 109]).sum() > 0


@pytest.mark.parametrize("name", ["beats88", "levels88", "frames88", "roll96"])
@given(piece=pieces())
@settings(max_examples=25, deadline=None)
def test_the_piece_and_the_pictures_are_those_of_the_codec(name, piece):
    codec = replace(codec_named(name), columns=16)
    columns, _ = columns_of(piece, codec)
    encoded = codec.encode(piece)
    expected = codec.decode(encoded.images, tempo=400_000)
    found = piece_of(columns, codec, tempo=400_000)
    np.testing.assert_array_equal(found.notes, expected.notes)
    assert (found.division, found.tempo_at(0)) == (expected.division, 400_000)
    np.testing.assert_array_equal(images_of(columns, codec), encoded.images)
    np.testing.assert_array_equal(codec.decode(images_of(columns, codec)).notes, piece_of(columns, codec).notes)


def test_pictures_are_filled_up_with_silence():
    codec = codec_named("beats88")
    columns = np.full((codec.columns + 1, 88), SUSTAIN, np.uint8)
    images = images_of(columns, codec)
    assert images.shape == (2, *codec.shape)
    assert images[0].all()
    assert images[1, :, 0].all()
    assert not images[1, :, 1:].any()


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_blocks_are_filled_up_with_beyond(length):
    columns = np.random.default_rng(length).integers(0, 3, (length, 5)).astype(np.uint8)
    blocks = blocks_of(columns)
    assert blocks.shape == (-(-length // BLOCK), BLOCK, 5)
    assert blocks.dtype == np.uint8
    row = blocks.reshape(-1, 5)
    np.testing.assert_array_equal(row[:length], columns)
    assert (row[length:] == PAD).all()


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "music"
    folder.mkdir()
    for seed, name in enumerate(("a.mid", "c.mid")):
        write(folder / name, drawn(seed))
    (folder / "b.mid").write_bytes(b"no music at all")
    return folder


def test_a_corpus_has_whole_pieces_and_a_reason_for_a_bad_file(folder, tmp_path, capsys):
    codec = codec_named("beats88")
    sources = find_sources(folder, SUFFIXES)
    build_corpus(sources, MidiColumns(codec), tmp_path / "corpus", jobs=1)
    corpus = Corpus(tmp_path / "corpus")
    assert [row["name"] for row in corpus.rows] == ["a.mid", "c.mid"]
    for number, row in enumerate(corpus.rows):
        columns, _ = columns_of(read(folder / row["name"]), codec)
        np.testing.assert_array_equal(corpus[np.flatnonzero(corpus.source_of == number)], blocks_of(columns))
        assert "of 60 notes kept" in row["remark"]
    (bad,) = corpus.left_out
    assert bad["name"] == "b.mid"
    assert "MIDI" in bad["reason"]
    assert str(folder) not in bad["reason"]
    assert capsys.readouterr().err == ""


def test_a_corpus_serves_its_codec_whatever_the_length_of_its_pictures(folder, tmp_path, capsys):
    codec = codec_named("beats88")
    corpus = open_corpus(folder, MidiColumns(codec), SUFFIXES, tmp_path / "cache")
    assert "left out: b.mid" in capsys.readouterr().err
    assert corpus.manifest["shape"] == [BLOCK, 88]
    again = open_corpus(corpus.directory, MidiColumns(replace(codec, columns=200)), SUFFIXES)
    np.testing.assert_array_equal(again[np.arange(len(again))], corpus[np.arange(len(corpus))])
    with pytest.raises(InputError, match="is a corpus of name beats88"):
        open_corpus(corpus.directory, MidiColumns(codec_named("levels88")), SUFFIXES)


def test_long_pieces_come_in_few_blocks_at_a_time(tmp_path):
    last = (256 * BLOCK + 1) * 120
    write(tmp_path / "a.mid", make_piece(note_table(2, start=[0, last - 120], end=[120, last], pitch=60)))
    blocks = list(MidiColumns(codec_named("beats88"))(tmp_path / "a.mid"))
    assert [len(block) for block in blocks] == [256, 1]
    assert blocks[1][0, 0, 48] == ONSET
    assert (blocks[1][0, 1:] == PAD).all()


@pytest.mark.parametrize("name", ["interleaved32", "lossless"])
def test_codecs_without_columns_are_refused(name):
    with pytest.raises(InputError, match=f"{name} do not show one cell a pitch; use beats88 or levels88"):
        columns_of(drawn(0), codec_named(name))


def test_a_piece_without_notes_or_columns_is_refused(tmp_path):
    codec = codec_named("beats88")
    with pytest.raises(InputError, match="it holds no notes"):
        columns_of(make_piece(note_table(0)), codec)
    with pytest.raises(InputError, match="no note within the pitches 21 to 108"):
        columns_of(make_piece(note_table(1, end=480, pitch=20)), codec)
    write(tmp_path / "a.mid", make_piece(note_table(0)))
    with pytest.raises(InputError, match="it holds no notes"):
        list(MidiColumns(codec)(tmp_path / "a.mid"))
    with pytest.raises(InputError, match="one column or more; received none"):
        piece_of(np.zeros((0, 88), np.uint8), codec)
