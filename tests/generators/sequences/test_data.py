"""Pieces in blocks of steps: any stretch of one, whole pieces in parts, the same for a seed."""

from dataclasses import replace

import numpy as np
import pytest

from generators.sequences.columns import Columns
from generators.sequences.data import BLOCK, PARTS, PieceEncoder, Pieces, blocks_of, open_pieces, warn_of_short
from midi.codecs import codec_named
from midi.codecs.codec import ONSET
from midi.columns import PAD
from midi.demo import write_corpus
from midi.files.reading import SUFFIXES, read
from midi.files.writing import write
from midi.notes import make_piece, note_table
from training.corpora.build import build_corpus
from training.corpora.corpus import Corpus
from training.corpora.sources import find_sources
from training.corpora.user_cache import open_corpus
from training.errors import InputError

LENGTHS = (3 * BLOCK, 5, 2 * BLOCK + 7, BLOCK)
COLUMNS = Columns(codec_named("beats88"))


@pytest.fixture(scope="module")
def music(tmp_path_factory):
    folder = tmp_path_factory.mktemp("music")
    write_corpus(folder, pieces_per_style=3, bars=8)
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def pieces_of(*lengths):
    """(the columns, Pieces of them, all in the training part)."""
    columns = [np.random.default_rng(length).integers(0, 3, (length, 4)).astype(np.uint8) for length in lengths]
    blocks = [blocks_of(piece, PAD) for piece in columns]
    counts = np.array([len(block) for block in blocks])
    parts = {"train": np.arange(len(lengths)), "validation": np.arange(0), "test": np.arange(1)}
    names = tuple(map(str, lengths))
    return columns, Pieces(np.concatenate(blocks), np.cumsum(counts) - counts, np.array(lengths), parts, names, "")


@pytest.mark.parametrize("number", range(len(LENGTHS)))
def test_any_stretch_is_a_slice_of_the_whole(number):
    columns, pieces = pieces_of(*LENGTHS)
    whole = columns[number]
    np.testing.assert_array_equal(pieces.steps(number), whole)
    borders = sorted({place + by for place in range(0, len(whole) + 1, BLOCK) for by in (-1, 0, 1) if place + by >= 0})
    for first in borders:
        if first < len(whole):
            np.testing.assert_array_equal(pieces.steps(number, first), whole[first:])
        for last in borders:
            if first < min(last, len(whole)):
                np.testing.assert_array_equal(pieces.steps(number, first, last), whole[first:last])
    assert pieces.steps(number, 0, 0).shape == (0, 4)
    np.testing.assert_array_equal(pieces.steps(number, 1, len(whole) + 100), whole[1:])


def test_parts_hold_whole_files_and_no_file_twice(music, cache):
    pieces = open_pieces(music, COLUMNS, cache=cache)
    assert tuple(pieces.parts) == PARTS
    members = np.concatenate(list(pieces.parts.values()))
    assert sorted(members) == list(range(len(pieces.names)))
    assert all(len(pieces.parts[name]) for name in PARTS)
    shares = [pieces.lengths[pieces.parts[name]].sum() / pieces.lengths.sum() for name in PARTS]
    np.testing.assert_allclose(shares, [0.7, 0.2, 0.1], atol=0.08)
    for number, name in enumerate(pieces.names):
        expected, _ = COLUMNS.encode(read(music / name))
        np.testing.assert_array_equal(pieces.steps(number), expected)
        assert (pieces.steps(number) != PAD).all()


def test_parts_follow_the_seed(music, cache):
    def parts(seed):
        return {name: members.tolist() for name, members in open_pieces(music, COLUMNS, seed, cache).parts.items()}

    assert parts(3) == parts(3)
    assert len({str(parts(seed)) for seed in range(4)}) > 1


def test_data_that_are_not_there_are_one_line(tmp_path):
    with pytest.raises(InputError, match="none not found"):
        open_pieces(tmp_path / "none", COLUMNS)


def test_short_pieces_are_told_of(capsys):
    _, pieces = pieces_of(*LENGTHS)
    warn_of_short(pieces, "train", BLOCK + 1)
    assert f"2 of 4 pieces (train) are shorter than {BLOCK + 1} steps" in capsys.readouterr().err
    warn_of_short(pieces, "train", 5)
    assert capsys.readouterr().err == ""
    with pytest.raises(InputError, match="no piece in the validation part"):
        warn_of_short(pieces, "validation", 5)


def random_piece(seed, count=60):
    """Notes on few pitches, some out of range."""
    rng = np.random.default_rng(seed)
    start = 2 * rng.integers(0, 3_000, count) + 1
    return make_piece(note_table(count, start=start, end=start + 240, pitch=rng.integers(30, 50, count)))


@pytest.mark.parametrize("length", [1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK])
def test_blocks_are_filled_up_with_pad(length):
    columns = np.random.default_rng(length).integers(0, 3, (length, 5)).astype(np.uint8)
    blocks = blocks_of(columns, PAD)
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
        write(folder / name, random_piece(seed))
    (folder / "b.mid").write_bytes(b"no music at all")
    return folder


def test_a_corpus_has_whole_pieces_and_a_reason_for_a_bad_file(folder, tmp_path, capsys):
    sources = find_sources(folder, SUFFIXES)
    build_corpus(sources, PieceEncoder(COLUMNS), tmp_path / "corpus", jobs=1)
    corpus = Corpus(tmp_path / "corpus")
    assert [row["name"] for row in corpus.rows] == ["a.mid", "c.mid"]
    for number, row in enumerate(corpus.rows):
        columns, _ = COLUMNS.encode(read(folder / row["name"]))
        np.testing.assert_array_equal(corpus[np.flatnonzero(corpus.source_of == number)], blocks_of(columns, PAD))
        assert "of 60 notes kept" in row["remark"]
    (bad,) = corpus.left_out
    assert bad["name"] == "b.mid"
    assert "MIDI" in bad["reason"]
    assert str(folder) not in bad["reason"]
    assert capsys.readouterr().err == ""


def test_a_corpus_serves_its_codec_whatever_the_length_of_its_pictures(folder, tmp_path, capsys):
    corpus = open_corpus(folder, PieceEncoder(COLUMNS), SUFFIXES, tmp_path / "cache")
    assert "left out: b.mid" in capsys.readouterr().err
    assert corpus.manifest["shape"] == [BLOCK, 88]
    again = open_corpus(corpus.directory, PieceEncoder(Columns(replace(COLUMNS.codec, columns=200))), SUFFIXES)
    np.testing.assert_array_equal(again[np.arange(len(again))], corpus[np.arange(len(corpus))])
    with pytest.raises(InputError, match="is a corpus of name beats88"):
        open_corpus(corpus.directory, PieceEncoder(Columns(codec_named("levels88"))), SUFFIXES)


def test_long_pieces_come_in_few_blocks_at_a_time(tmp_path):
    last = (256 * BLOCK + 1) * 120
    write(tmp_path / "a.mid", make_piece(note_table(2, start=[0, last - 120], end=[120, last], pitch=60)))
    blocks = list(PieceEncoder(COLUMNS)(tmp_path / "a.mid"))
    assert [len(block) for block in blocks] == [256, 1]
    assert blocks[1][0, 0, 48] == ONSET
    assert (blocks[1][0, 1:] == PAD).all()
