"""Pieces in blocks of steps: any stretch of one, whole pieces in parts, the same for a seed."""

import numpy as np
import pytest

from generators.sequences.columns import Columns
from generators.sequences.data import PARTS, Pieces, blocks_of, open_pieces, warn_of_short
from midi.codecs import codec_named
from midi.columns import BLOCK, PAD
from midi.demo import write_corpus
from midi.files.reading import read
from training.cli import InputError

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
