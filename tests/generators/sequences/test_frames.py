"""Files of piano-roll frames: pieces and parts as written, bad files in one line, the published splits."""

import hashlib

import numpy as np
import pytest
import scipy.io

from generators.sequences.columns import Columns
from generators.sequences.data import BLOCK, open_pieces
from generators.sequences.frames import frames_of
from midi.codecs import codec_named
from midi.codecs.codec import ONSET, REST
from midi.columns import PAD
from tests.data import real_data
from training.errors import InputError

CODEC = codec_named("frames88")
LENGTHS = {"traindata": (5, BLOCK, BLOCK + 1), "validdata": (2 * BLOCK + 3,), "testdata": (1, 70)}


def frames():
    rng = np.random.default_rng(0)
    return {key: [rng.integers(0, 2, (length, 88)).astype(np.uint8) for length in LENGTHS[key]] for key in LENGTHS}


def save(path, frames):
    """A file like the published ones: a cell array (1, pieces) a part."""
    cells = {}
    for key, pieces in frames.items():
        cells[key] = np.empty((1, len(pieces)), object)
        cells[key][0] = [*pieces, None][:-1]  # a list of arrays that NumPy does not stack
    scipy.io.savemat(path, cells)
    return path


def test_parts_and_pieces_are_as_written(tmp_path, capsys):
    written = frames()
    path = save(tmp_path / "chorales.mat", written)
    found, lengths, parts, fingerprint = frames_of(path, CODEC)
    everything = [piece for pieces in written.values() for piece in pieces]
    assert lengths.tolist() == [len(piece) for piece in everything]
    assert {part: members.tolist() for part, members in parts.items()} == {
        "train": [0, 1, 2],
        "validation": [3],
        "test": [4, 5],
    }
    assert fingerprint == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.shape == (sum(map(len, everything)), 88)
    pieces = open_pieces(path, Columns(CODEC))
    assert pieces.blocks.shape == (1 + 1 + 2 + 3 + 1 + 2, BLOCK, 88)
    for number, piece in enumerate(everything):
        np.testing.assert_array_equal(pieces.steps(number), np.where(piece, ONSET, REST))
    assert (pieces.blocks == PAD).sum() == 88 * (10 * BLOCK - lengths.sum())
    assert pieces.names == ("train 0", "train 1", "train 2", "validation 0", "test 0", "test 1")
    assert "6 pieces of 336 frames" in capsys.readouterr().err


def test_rows_are_keys_from_the_lowest(tmp_path):
    column = np.zeros((1, 88), np.uint8)
    column[0, 60 - 21] = 1
    path = save(tmp_path / "c.mat", {key: [column] for key in LENGTHS})
    piece = CODEC.decode(CODEC.from_classes(np.repeat(open_pieces(path, Columns(CODEC)).steps(0).T[None], 64, axis=2)))
    assert piece.notes["pitch"].tolist() == [60]


def test_bad_files_are_one_line(tmp_path):
    def refused(path, match, codec=CODEC):
        with pytest.raises(InputError, match=match) as caught:
            frames_of(path, codec)
        assert "\n" not in str(caught.value)
        assert str(path) in str(caught.value)

    refused(tmp_path / "none.mat", "none.mat not found")
    (tmp_path / "text.mat").write_text("These are no frames, " * 20)
    refused(tmp_path / "text.mat", "no file of piano-roll frames.*expected traindata, validdata, testdata")
    (tmp_path / "folder.mat").mkdir()
    refused(tmp_path / "folder.mat", "Is a directory")
    good = save(tmp_path / "good.mat", frames())
    for length in (0, 50, 128, 200, 1_000, -1):
        (tmp_path / "half.mat").write_bytes(good.read_bytes()[:length])
        refused(tmp_path / "half.mat", "no file of piano-roll frames")
    refused(save(tmp_path / "a.mat", {key: pieces for key, pieces in frames().items() if key != "validdata"}), "validdata")
    refused(save(tmp_path / "b.mat", frames() | {"testdata": [np.ones((4, 87))]}), r"\(frames, 88\).*received \(4, 87\)")
    refused(save(tmp_path / "c.mat", frames() | {"testdata": [np.full((4, 88), 2)]}), "of 0 and 1")
    refused(save(tmp_path / "d.mat", frames() | {"testdata": [np.full((4, 88), 0.5)]}), "of 0 and 1")
    refused(save(tmp_path / "e.mat", frames() | {"testdata": [np.ones((0, 88))]}), r"\(frames, 88\)")
    refused(good, "--codec frames88, not beats88", codec_named("beats88"))


@pytest.mark.parametrize(("name", "counts"), [("JSB_Chorales", (229, 76, 77)), ("Nottingham", (694, 173, 170))])
def test_the_published_splits(name, counts):
    pieces = open_pieces(real_data(f"midi/polyphonic_mat/{name}.mat"), Columns(CODEC))
    assert tuple(map(len, pieces.parts.values())) == counts
    assert tuple(pieces.parts) == ("train", "validation", "test")
    assert len(pieces.lengths) == len(pieces.names) == sum(counts)
    on = pieces.blocks[:, :, :] == ONSET
    assert 2 < on.sum() / pieces.lengths.sum() < 6  # notes that sound at once
