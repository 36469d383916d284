"""Strips: what stands never changes, what is free is drawn once, and a pattern goes on across the joints of pictures."""

from dataclasses import replace

import numpy as np
import pytest

from generators.pictures.filling import Songs, continuation, filling, silence, song_of
from generators.pictures.holes import hole_of
from generators.pictures.latents import windows_of
from midi.codecs import codec_named
from midi.codecs.codec import REST
from midi.files.writing import write
from midi.measures.continuation import columns_in_bar
from midi.notes import SIGNATURE, make_piece, note_table
from midi.tempo import TEMPO
from training.errors import InputError

CODECS = ("roll64", "roll96", "beats88", "frames88")


class Scale:
    """A sampler that goes up a row a column, after what is known (from row 0), and comes back from the highest to row 0."""

    batch, any_width = 4, False

    def __init__(self, codec):
        self.codec, self.seen = codec, []

    def draw(self, seeds, labels=None, temperature=1.0, known=None):
        """White on black; only what stands before a column counts."""
        out = np.zeros((len(seeds), *self.codec.shape), np.uint8)
        mask = np.zeros(out.shape, bool) if known is None else known.mask
        self.seen.append(int(mask[0].all(axis=(0, 2)).sum()))
        for picture in range(len(seeds)):
            row = -1
            for column in range(self.codec.columns):
                if mask[picture, :, column].all():
                    out[picture, :, column] = known.pictures[picture, :, column]
                    row = int(out[picture, :, column, 0].argmax())
                else:
                    row = (row + 1) % self.codec.rows
                    out[picture, row, column] = 255
        return out


class Everything:
    """A sampler that turns every cell white, known or not."""

    batch = 4

    def __init__(self, codec, any_width=False):
        self.codec, self.any_width, self.widths = codec, any_width, []

    def draw(self, seeds, labels=None, temperature=1.0, known=None):
        """White."""
        shape = self.codec.shape if known is None else known.pictures.shape[1:]
        self.widths.append(shape[1])
        return np.full((len(seeds), *shape), 255, np.uint8)


def song(codec, cells):
    """One piece."""
    return Songs(codec, cells[None], ("song.mid",))


def scale(codec, columns):
    """The pattern of `Scale` from the beginning."""
    strip = silence(codec, columns)
    strip[np.arange(columns) % codec.rows, np.arange(columns)] = 255
    return strip


@pytest.mark.parametrize("name", ["roll64", "roll96", "frames88"])
@pytest.mark.parametrize("begun", [0, 1, 37, 48, 200])
@pytest.mark.parametrize("bars", [1, 9])
def test_a_scale_goes_on_across_the_joints(name, begun, bars):
    codec = codec_named(name)
    sampler, bar = Scale(codec), columns_in_bar(codec)
    source = continuation(song(codec, scale(codec, begun)), bars, 2)
    whole = scale(codec, begun + bars * bar)
    images = source.pictures(sampler, range(2), None, 0).reshape(2, source.windows, *codec.shape)
    for item in images:
        strip = item.transpose(1, 0, 2, 3).reshape(codec.rows, -1, 1)
        np.testing.assert_array_equal(strip[:, : whole.shape[1]], whole)
        assert not strip[:, whole.shape[1] :].any(), "filled up with silence"
    assert all(seen >= min(bar, begun) for seen in sampler.seen[:1])
    assert all(seen >= bar for seen in sampler.seen[1:])
    assert all(first % bar == 0 for first, _ in source.parts), "pictures begin on bar lines"


def test_every_item_has_its_own_label_piece_and_seed():
    codec, seen = codec_named("roll64"), []

    class Seeing(Everything):
        def draw(self, seeds, labels=None, temperature=1.0, known=None):
            seen.append((seeds.tolist(), labels.tolist(), temperature, known.pictures[:, :, 0].argmax(axis=1).tolist()))
            return super().draw(seeds, labels, temperature, known)

    primers = Songs(codec, np.concatenate([silence(codec, 1)[None]] * 2), ("a", "b"))
    primers.cells[[0, 1], [10, 20]] = 255
    source = continuation(primers, 5, 9, temperature=0.5)
    source.strips(Seeing(codec), range(4, 7), np.array([2, 0, 1]), 3)
    assert [len(source.parts), len(seen)] == [2, 2]
    assert len({seed for seeds, *_ in seen for seed in seeds}) == 6
    assert [labels for _, labels, *_ in seen] == [[2, 0, 1]] * 2
    assert seen[0][2:] == (0.5, [[10], [20], [10]])
    assert [source.about(item)["primer"] for item in range(3)] == ["a", "b", "a"]


def test_only_what_is_new():
    codec = codec_named("roll64")
    both, new = (continuation(song(codec, scale(codec, 50)), 5, 1, only_new=only) for only in (False, True))
    drawn = [source.pictures(Scale(codec), range(1), None, 0) for source in (both, new)]
    joined = [images.transpose(1, 0, 2, 3).reshape(64, -1) for images in drawn]
    np.testing.assert_array_equal(joined[1][:, : 5 * 16], joined[0][:, 50 : 50 + 5 * 16])
    assert both.joints[0] == 50
    assert (both.shown, new.shown) == (0, 0)
    assert continuation(song(codec, scale(codec, 130)), 1, 1).shown == 2


@pytest.mark.parametrize("name", CODECS)
@pytest.mark.parametrize("any_width", [False, True])
def test_what_stands_never_changes_and_every_free_cell_is_drawn(name, any_width):
    codec, rng = codec_named(name), np.random.default_rng(5)
    for trial in range(8):
        columns = int(rng.integers(1, 5 * codec.columns))
        piece = rng.choice(codec.levels, (codec.rows, columns, 1)).astype(np.uint8)
        hole = rng.random((codec.rows, columns)) < 0.5
        hole[:, : int(rng.integers(columns))] = False
        hole[0, -1] = True
        sampler = Everything(codec, any_width)
        source = filling(song(codec, piece), hole, 3, any_width=any_width)
        for strip in source.strips(sampler, range(3), None, trial):
            np.testing.assert_array_equal(strip[:, :columns][~hole], piece[~hole])
            assert (strip[:, :columns][hole] == 255).all()
            assert not strip[:, columns:].any(), "silence"
        assert len(sampler.widths) == len(source.parts)
        assert any_width or set(sampler.widths) == {codec.columns}


def test_a_sampler_of_any_width_has_a_picture_before_and_after_the_hole_in_sight():
    codec = codec_named("roll64")
    piece = np.zeros((64, 64 * 10, 1), np.uint8)
    sampler = Everything(codec, any_width=True)
    filling(song(codec, piece), hole_of(("17-20bars",), codec, 640), 1, any_width=True).strips(sampler, range(1), None, 0)
    assert sampler.widths == [3 * 64]


def test_a_hole_wider_than_a_picture_is_told(capsys):
    codec = codec_named("roll64")
    piece = np.zeros((64, 640, 1), np.uint8)
    assert len(filling(song(codec, piece), hole_of(("5-6bars",), codec, 640), 1).parts) == 1
    assert capsys.readouterr().err == ""
    assert len(filling(song(codec, piece), hole_of(("5-10bars",), codec, 640), 1).parts) == 2
    assert "it takes 2, from left to right, of which the first do not have in sight" in capsys.readouterr().err


def test_a_mask_means_bars_of_a_score_and_midi_pitches():
    codec = codec_named("roll64")  # row 0 is pitch 31
    hole = hole_of(("2-3bars", "60-62pitches"), codec, 70)
    assert hole.shape == (64, 80), "whole bars"
    assert np.flatnonzero(hole.any(axis=1)).tolist() == [29, 30, 31]
    assert np.flatnonzero(hole.any(axis=0)).tolist() == list(range(16, 48))
    assert hole.sum() == 3 * 32
    high = codec_named("roll96")  # row 0 is pitch 96
    assert np.flatnonzero(hole_of(("60pitches",), high, 96).any(axis=1)).tolist() == [36]
    np.testing.assert_array_equal(hole_of(("5bars",), codec, 80), hole_of(("5-5bars",), codec, 80))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("4-8",), "takes bars or pitches, as 5-8bars or 60-72pitches; received '4-8'"),
        (("4 bars",), "takes bars or pitches"),
        (("1bars", "3bars"), "takes bars once and pitches once; received 1bars 3bars"),
        (("0-2bars",), "expected bars of the piece from 1 to 5, the lower one first"),
        (("4-6bars",), "expected bars of the piece from 1 to 5, the lower one first"),
        (("3-2bars",), "from 1 to 5, the lower one first"),
        (("20-40pitches",), "expected pitches of roll64 from 31 to 94"),
        (("1-5bars",), "covers all of the piece"),
        (("31-94pitches", "1-5bars"), "covers all of the piece"),
    ],
)
def test_masks_that_cannot_be_meant(words, message):
    with pytest.raises(InputError, match=message):
        hole_of(words, codec_named("roll64"), 70)


def test_a_strip_is_the_file_up_to_its_last_note(tmp_path, capsys):
    path, codec = tmp_path / "waltz.mid", codec_named("roll64")
    notes = note_table(3, start=[0, 480, 960], end=[480, 960, 1560], pitch=[60, 100, 67])
    write(path, make_piece(notes, 480, 600_000, signatures=np.array([(0, 3, 4)], SIGNATURE)))
    found = song_of(path, codec)
    strip = found.cells[0]
    assert strip.shape == (64, 13, 1)
    np.testing.assert_array_equal(song_of(path, codec, 5).cells[0], strip[:, :5])
    assert (found.tempo.changes["microseconds"].tolist(), found.names) == ([600_000], (str(path),))
    told = capsys.readouterr().err
    assert "has bars of 3/4; all bars are counted as 4/4" in told
    assert "out of range 1" in told
    write(path, make_piece(note_table(1, start=0, end=480, pitch=120), 480))
    with pytest.raises(InputError, match=r"waltz\.mid: no note within the pitches 31 to 94"):
        song_of(path, codec)
    with pytest.raises(InputError, match="do not show one cell a pitch"):
        song_of(path, codec_named("interleaved32"))


@pytest.mark.parametrize("name", [*CODECS, "sparse88", "dense88", "levels88"])
def test_silence_is_silent(name):
    codec = codec_named(name)
    assert silence(codec, 0).shape == (codec.rows, 0, codec.shape[2])
    images = silence(codec, codec.columns)[None]
    assert (codec.classes(images) == REST).all()
    assert len(codec.decode(images)) == 0


def test_what_does_not_fit_is_one_line():
    codec = codec_named("roll96")  # pictures of two bars
    with pytest.raises(InputError, match="--overlap-bars 2 leaves no bar to draw in pictures of roll96, which have 2 bars"):
        continuation(song(codec, silence(codec, 10)), 4, 1, overlap=2)
    with pytest.raises(InputError, match="--bars must be from 1 to 10,922"):
        continuation(song(codec, silence(codec, 10)), 10_923, 1)
    with pytest.raises(InputError, match="--bars needs a codec that counts quarters; levels88 does not"):
        continuation(Songs.unbegun(codec_named("levels88")), 4, 1)
    assert windows_of(codec, 3) == 2


def test_what_follows_a_primer_alone_begins_at_the_tempo_there(tmp_path):
    """Without the primer, its tempos up to the joint are passed over: here from the second bar on."""
    path, codec = tmp_path / "slower.mid", codec_named("roll64")
    tempos = np.array([(0, 500_000), (1920, 600_000), (5760, 700_000)], TEMPO)
    write(path, replace(make_piece(note_table(1, start=0, end=3840, pitch=60), 480), tempos=tempos))
    song = song_of(path, codec)
    whole, new = (continuation(song, 4, 1, only_new=only_new).tempo for only_new in (False, True))
    quarters = [
        [(tick / each.division, tempo) for tick, tempo in each.effective().changes.tolist()] for each in (whole, new)
    ]
    assert quarters == [[(0, 500_000), (4, 600_000), (12, 700_000)], [(0, 600_000), (4, 700_000)]]
