"""What holds for every codec of the registry."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.codecs import codec_named, from_facts
from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.codecs.losses import NAMES, added, in_words
from midi.codecs.registry import CODECS
from midi.files.reading import read
from midi.notes import make_piece, note_table
from tests.data import real_data
from tests.midi.codecs.pieces import melodies, piece_of, pieces, times
from training.errors import InputError

every_codec = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS.keys())
few = settings(max_examples=25, deadline=None)


def again(codec, encoded, **options):
    return codec.decode(encoded.images, encoded.windows, encoded.layers, **options)


def class_view(codec, images):
    try:
        return codec.classes(images)
    except InputError:
        pytest.skip(f"{codec.name} has no view of classes")


@every_codec
@given(pieces())
@few
def test_pictures_and_the_notes_that_come_back(codec, piece):
    encoded = codec.encode(piece)
    assert encoded.images.dtype == np.uint8
    assert encoded.images.shape == (len(encoded.windows), *codec.shape)
    assert len(encoded.windows) == len(encoded.layers)
    assert set(encoded.losses) <= set(NAMES)
    assert encoded.losses["notes"] == len(piece)
    back = again(codec, encoded)
    assert len(back) == encoded.losses["kept"]
    if codec.levels is not None:
        assert np.isin(encoded.images, codec.levels).all()


@every_codec
@given(pieces())
@few
def test_every_note_is_kept_or_counted(codec, piece):
    losses = codec.encode(piece).losses
    gone = sum(losses.get(name, 0) for name in ("out_of_range", "merged", "hidden", "run_together"))
    assert losses["kept"] + gone == losses["notes"]


@every_codec
@given(pieces())
@few
def test_pictures_of_decoded_pictures_are_the_same(codec, piece):
    encoded = codec.encode(piece)
    second = codec.encode(again(codec, encoded))
    np.testing.assert_array_equal(second.images, encoded.images)
    np.testing.assert_array_equal(second.windows, encoded.windows)
    lost = ("out_of_range", "merged", "hidden", "run_together", "shortened", "lengthened", "saturated")
    assert not any(second.losses.get(name, 0) for name in lost)


@every_codec
@pytest.mark.parametrize("folder", ["nottingham", "js_fakes", "groove_drums", "freedoom_rock_metal"])
def test_real_pieces(codec, folder):
    for path in sorted(real_data(f"midi/{folder}").rglob("*.mid*"))[::40][:3]:
        encoded = codec.encode(read(path))
        back = again(codec, encoded)
        assert len(back) == encoded.losses["kept"]
        np.testing.assert_array_equal(codec.encode(back).images, encoded.images)


@every_codec
@given(melodies())
@few
def test_a_melody_on_the_grid_comes_back_exactly(codec, piece):
    encoded = codec.encode(piece)
    assert times(again(codec, encoded, tempo=500_000)) == times(piece)
    unkept = (
        "out_of_range",
        "merged",
        "hidden",
        "run_together",
        "gaps",
        "shortened",
        "lengthened",
        "saturated",
        "moved",
        "resized",
    )
    assert not any(encoded.losses.get(name, 0) for name in (*unkept, "largest_shift"))


@every_codec
@pytest.mark.parametrize("offset", [0, 1, 2])
def test_notes_over_joints_and_at_edges(codec, offset):
    """Every third quarter a note of two: some lie over a joint, some end or begin at one."""
    piece = piece_of(*((start, 2, 60) for start in range(offset, 800, 3)))
    encoded = codec.encode(piece)
    assert len(set(encoded.windows)) > 1
    assert times(again(codec, encoded, tempo=500_000)) == times(piece)


@every_codec
def test_empty_windows_are_left_out_or_kept(codec):
    piece = piece_of((0, 1, 60), (2000, 1, 64), (2001, 1, 65))
    whole, parts = codec.encode(piece), codec.encode(piece, keep_empty=False)
    assert len(parts.images) < len(whole.images)
    assert (np.diff(parts.windows) > 1).any()
    assert times(again(codec, whole)) == times(again(codec, parts))
    assert parts.losses == whole.losses


@every_codec
def test_orientation(codec):
    """A high early note and a low late one, so that no transposition or reflection looks the same."""
    images = codec.encode(piece_of((0, 1, 90), (5, 2, 40))).images[:1]
    (row, low_row), column = (
        np.nonzero(class_view(codec, images)[0] == ONSET)[0],
        np.nonzero(codec.classes(images)[0] == ONSET)[1],
    )
    high_on_top = getattr(codec, "top", "high") == "high"
    if not high_on_top:
        row, low_row, column = low_row, row, column[::-1]
    assert abs(low_row - row) == 50
    assert (row < low_row) == high_on_top
    assert column[0] == 0
    assert column[1] > column[0]


@every_codec
@given(melodies())
@few
def test_classes_there_and_back(codec, piece):
    images = codec.encode(piece).images
    classes = class_view(codec, images)
    assert classes.dtype == np.uint8
    assert classes.ndim == 3
    assert set(np.unique(classes)) <= {REST, ONSET, SUSTAIN}
    images_of_classes = codec.from_classes(classes)
    assert images_of_classes.dtype == np.uint8
    assert images_of_classes.shape == images.shape
    np.testing.assert_array_equal(codec.classes(images_of_classes), classes)


@every_codec
def test_classes_of_another_shape_or_value(codec):
    classes = class_view(codec, codec.encode(piece_of((0, 1, 60))).images)
    with pytest.raises(InputError, match="classes are"):
        codec.from_classes(classes[:, 1:])
    with pytest.raises(InputError, match="classes are"):
        codec.from_classes(classes + 3)


@every_codec
@pytest.mark.parametrize("low", [-1.0, 0.0])
def test_the_networks_scale(codec, low):
    images = codec.encode(piece_of((0, 1, 60), (1, 2, 72), (3, 0.5, 45))).images
    values = codec.to_model(images, low)
    assert values.dtype == np.float32
    assert low <= values.min() < values.max() <= 1
    np.testing.assert_array_equal(codec.from_model(values, low), images)
    np.testing.assert_array_equal(codec.from_model(values + 0.001, low), images)


@every_codec
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.1, 1.0, 3.0]))
@settings(max_examples=5, deadline=None)
def test_any_values_are_understood(codec, seed, spread):
    values = np.random.default_rng(seed).normal(0, spread, (2, *codec.shape))
    images = codec.from_model(values)
    assert images.dtype == np.uint8
    assert codec.levels is None or np.isin(images, codec.levels).all()
    for picture in (images, np.random.default_rng(seed).integers(0, 256, images.shape).astype(np.uint8)):
        notes = codec.decode(picture).notes
        assert (notes["end"] > notes["start"]).all()
        assert (
            (notes["velocity"] > 0) & (notes["velocity"] < 128) & (notes["program"] < 128) & (notes["pitch"] < 128)
        ).all()


@every_codec
def test_what_is_not_a_number(codec):
    with pytest.raises(InputError, match="NaN"):
        codec.from_model(np.full((1, *codec.shape), np.nan))


@every_codec
def test_facts_make_the_codec_again(codec):
    assert from_facts(json.loads(json.dumps(codec.facts()))) == codec
    assert hash(from_facts(codec.facts())) == hash(codec)
    assert CODECS[codec.name] is codec


@every_codec
def test_a_piece_that_cannot_be_shown(codec):
    with pytest.raises(InputError, match="no note"):
        codec.encode(make_piece(note_table(0)))
    with pytest.raises(InputError, match="column"):
        codec.encode(make_piece(note_table(2, start=np.array([0, 2**40]), end=np.array([480, 2**40 + 480]), pitch=60)))


@every_codec
def test_no_pictures_make_an_empty_piece(codec):
    assert len(codec.decode(np.zeros((0, *codec.shape), np.uint8))) == 0
    assert len(codec.decode(codec.encode(piece_of((0, 1, 60))).images * 0)) == 0


@every_codec
def test_pictures_of_another_shape_or_type(codec):
    images = codec.encode(piece_of((0, 1, 60))).images
    for wrong in (images[:, 1:], images[0], images.astype(float)):
        with pytest.raises(InputError, match="made with another codec"):
            codec.decode(wrong)


@every_codec
def test_windows_that_are_no_places(codec):
    images = np.concatenate([codec.encode(piece_of((0, 1, 60))).images] * 2)
    for windows in ([0], [-1, 0], [0, 10**9]):
        with pytest.raises(InputError, match="window"):
            codec.decode(images, np.array(windows))


@every_codec
def test_a_tempo_that_midi_has_not(codec):
    images = codec.encode(piece_of((0, 1, 60))).images
    for tempo in (0, 1 << 24):
        with pytest.raises(InputError, match="tempo"):
            codec.decode(images, tempo=tempo)


def test_unknown_codecs_and_fields():
    with pytest.raises(InputError, match="no codec 'roll'; expected one of roll64, roll96"):
        codec_named("roll")
    with pytest.raises(InputError, match=r"roll96 has the fields name, columns, .*; received colums"):
        codec_named("roll96", colums=3)
    with pytest.raises(InputError, match="'quarter' or 'second'; received 'bar'"):
        codec_named("roll96", unit="bar")
    with pytest.raises(InputError, match="columns must be int; received '96'"):
        codec_named("roll96", columns="96")
    with pytest.raises(InputError, match="gap must be bool; received 1"):
        codec_named("roll96", gap=1)
    for facts in (None, {}, {"name": ["roll96"]}, {"name": "roll96", "size": 3}):
        with pytest.raises(InputError, match=r"expected|has the fields"):
            from_facts(facts)


def test_losses_of_pieces_together():
    first, second = (
        CODECS["roll96"].encode(piece_of(*notes)).losses for notes in ([(0, 1, 60), (1 / 7, 1, 100)], [(0.01, 1, 60)])
    )
    both = added([first, second])
    assert (both["notes"], both["kept"], both["out_of_range"], both["moved"]) == (3, 2, 1, 1)
    assert first["largest_shift"] == 0  # the note that was moved is out of range
    assert both["largest_shift"] == pytest.approx(0.01, abs=0.0005)  # to the nearest of 480 ticks
    assert in_words(both).startswith("2 of 3 notes kept; out of range 1")
