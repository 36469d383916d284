"""MIDI files as items of a corpus."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from midi import images
from midi.codecs import codec_named, from_facts
from midi.files.reading import read
from midi.files.writing import write
from midi.images import MidiImages
from midi.notes import make_piece, note_table
from tests.midi.test_conversion import band
from training.errors import InputError


def drain(generator):
    """(items, remark)."""
    blocks = []
    while True:
        try:
            blocks.append(next(generator))
        except StopIteration as end:
            return blocks, end.value


def test_items_are_the_windows_that_have_notes(tmp_path):
    codec = codec_named("roll96")
    piece = make_piece(note_table(2, start=[0, 48_000], end=[480, 48_480], pitch=60))
    write(tmp_path / "a.mid", piece)
    blocks, remark = drain(MidiImages(codec)(tmp_path / "a.mid"))
    np.testing.assert_array_equal(np.concatenate(blocks), codec.encode(read(tmp_path / "a.mid"), keep_empty=False).images)
    assert len(np.concatenate(blocks)) == 2
    assert remark == ""


def test_long_pieces_come_in_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr(images, "BLOCK", 3)
    starts = np.arange(8) * 3840
    write(tmp_path / "a.mid", make_piece(note_table(8, start=starts, end=starts + 480, pitch=60)))
    blocks, _ = drain(MidiImages(codec_named("roll96"))(tmp_path / "a.mid"))
    assert [len(block) for block in blocks] == [3, 3, 2]


def test_variations_follow_a_file_and_depend_on_it_alone(tmp_path):
    codec = codec_named("roll96")
    piece = make_piece(note_table(3, start=[0, 480, 960], end=[480, 960, 1440], pitch=[60, 64, 67]))
    for name in ("a.mid", "b.mid"):
        write(tmp_path / name, piece)
    varied = MidiImages(codec, variations=12)
    found, again = (np.concatenate(drain(varied(tmp_path / name))[0]) for name in ("a.mid", "b.mid"))
    np.testing.assert_array_equal(found, again)
    (plain,) = codec.encode(piece).images
    np.testing.assert_array_equal(found[0], plain)
    shifts = {int(np.flatnonzero(image.any(axis=(1, 2)))[0] - np.flatnonzero(plain.any(axis=(1, 2)))[0]) for image in found}
    assert len(found) == 13
    assert len(shifts) > 3
    for shift in shifts:
        assert any(np.array_equal(np.roll(plain, shift, axis=0), image) for image in found)
    assert varied.facts() != MidiImages(codec).facts()
    assert MidiImages(codec).serves(varied.facts())
    assert not MidiImages(codec_named("roll64")).serves(varied.facts())
    with pytest.raises(InputError, match="0 or more"):
        MidiImages(codec, variations=-1)


def test_what_is_lost_is_remarked(tmp_path):
    write(tmp_path / "a.mid", band())
    _, remark = drain(MidiImages(codec_named("roll96"))(tmp_path / "a.mid"))
    assert remark.startswith("7 of 7 notes kept; moved 1,")
    _, remark = drain(MidiImages(codec_named("lossless"))(tmp_path / "a.mid"))
    assert remark == ""


def test_lenient_reading_is_remarked(tmp_path, capsys):
    write(tmp_path / "a.mid", band())
    content = (tmp_path / "a.mid").read_bytes()
    (tmp_path / "a.mid").write_bytes(content + b"more")
    _, remark = drain(MidiImages(codec_named("lossless"))(tmp_path / "a.mid"))
    assert remark == "read leniently: bytes follow the last track; left out 4 lost bytes"
    assert capsys.readouterr().err == ""


def test_tracks_by_themselves(tmp_path):
    write(tmp_path / "a.mid", band())
    blocks, _ = drain(MidiImages(codec_named("roll96"), parts="tracks")(tmp_path / "a.mid"))
    together, _ = drain(MidiImages(codec_named("roll96"))(tmp_path / "a.mid"))
    np.testing.assert_array_equal(np.concatenate(blocks).max(axis=0), together[0][0])
    assert len(blocks) == 3


def test_facts_name_codec_and_options():
    plain, strict = MidiImages(codec_named("roll64")), MidiImages(codec_named("roll64"), strict=True)
    assert plain.shape == (64, 64, 1)
    assert from_facts(plain.facts()["codec"]) == plain.codec
    assert plain.facts() != strict.facts() != MidiImages(codec_named("roll64"), parts="tracks").facts()
    assert pickle.loads(pickle.dumps(strict)) == strict  # noqa: S301


def test_files_without_notes_are_refused(tmp_path):
    write(tmp_path / "a.mid", make_piece(note_table(0)))
    for parts in ("together", "tracks"):
        with pytest.raises(InputError, match="it holds no notes"):
            drain(MidiImages(codec_named("roll96"), parts=parts)(tmp_path / "a.mid"))
