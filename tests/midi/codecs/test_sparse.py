"""One pixel a note: golden values, the inverse of lengths and tempos, saturation, tempo changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.codecs import codec_named
from midi.codecs.codec import ONSET, SUSTAIN
from midi.codecs.sparse import alpha_of, lengths_of_red, red_of, tempos_of_alpha
from midi.notes import TEMPO, make_piece, note_table
from tests.midi.codecs.pieces import piece_of, pieces, times
from training.errors import InputError

few = settings(max_examples=40, deadline=None)
CODEC = codec_named("sparse88")
QUARTERS = codec_named("sparse88", unit="quarter", resolution=12)
GOLDEN = {1 / 64: 243, 1 / 32: 232, 1 / 16: 209, 1 / 8: 165, 1 / 4: 96, 1 / 2: 29, 1: 6, 2: 5}


def test_golden():
    piece = piece_of(*((number, 4 * length, 108 - number) for number, length in enumerate(GOLDEN)))
    image = CODEC.encode(piece).images[0]
    assert image.shape == (88, 200, 4)
    for number, red in enumerate(GOLDEN.values()):
        assert image[number, 10 * number].tolist() == [red, 0, 100, 247]
    assert np.count_nonzero((image != (0, 0, 0, 255)).any(axis=-1)) == len(GOLDEN)


def test_golden_lengths_come_back():
    lengths = lengths_of_red(480)
    assert [lengths[red] / 1920 for red in GOLDEN.values()] == [*list(GOLDEN)[:-1], 1.25]


@pytest.mark.parametrize("division", [24, 96, 480, 483, 600])
def test_the_length_read_is_one_of_the_level(division):
    lengths = lengths_of_red(division)
    levels = np.arange(5, 256 if division >= 480 else 250)
    if division >= 480:
        np.testing.assert_array_equal(red_of(lengths[levels] / (4 * division)), levels)
    assert (np.diff(lengths) <= 0).all()
    assert (lengths[:5] == lengths[5]).all()
    assert lengths.min() == 1


def test_the_length_read_is_near_the_formulas_inverse():
    """artanh((255 - R) / 250) / 3 whole notes, as far as half a level."""
    levels = np.arange(6, 255)
    exact = np.arctanh((255 - levels) / 250) / 3
    step = np.arctanh((255.5 - levels) / 250) / 3 - np.arctanh((254.5 - levels) / 250) / 3
    assert (np.abs(lengths_of_red(480)[levels] / 1920 - exact) <= step + 1 / 1920).all()


def test_usual_lengths_and_tempos_come_back():
    for wholes in (1 / 32, 3 / 32, 1 / 24, 1 / 16, 3 / 16, 1 / 12, 1 / 6, 1 / 3, 3 / 8, 5 / 8, 3 / 4, 7 / 8):
        assert lengths_of_red(480)[red_of(wholes)] == round(1920 * wholes)
    for beats in (60, 80, 90, 100, 120, 150, 180, 240):
        assert tempos_of_alpha()[alpha_of(6e7 / beats)] == round(6e7 / beats)


def test_the_tempo_read_is_one_of_the_level():
    tempos = tempos_of_alpha()
    np.testing.assert_array_equal(alpha_of(tempos), np.arange(256))
    assert tempos.min() >= 1
    assert tempos.max() <= 16_777_215


@given(pieces())
@pytest.mark.parametrize(
    "codec", [QUARTERS, codec_named("sparse88", rounding="floor", resolution=33)], ids=["quarters", "floor"]
)
@few
def test_pictures_of_decoded_pictures_are_the_same(codec, piece):
    images = codec.encode(piece).images
    back = codec.decode(images)
    np.testing.assert_array_equal(codec.encode(back).images, images)


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.002, 0.02]))
@settings(max_examples=20, deadline=None)
def test_onsets_of_any_picture_come_back(seed, density):
    """Whatever tempos alpha tells, from 1800 to 4 beats a minute, an onset is found in its column again."""
    random = np.random.default_rng(seed)
    images = random.integers(0, 256, (2, *CODEC.shape)).astype(np.uint8)
    images[..., 0] *= random.random(images.shape[:3]) < density
    images[0, 0, 0] = 100, 0, 100, 247
    decoded = CODEC.decode(images)
    again = np.concatenate(CODEC.encode(decoded).images, axis=1)[..., 0] >= CODEC.threshold
    given_ = np.concatenate(images, axis=1)[..., 0] >= CODEC.threshold
    np.testing.assert_array_equal(again, given_[:, : again.shape[1]])
    assert not given_[:, again.shape[1] :].any()


def test_velocity_program_and_tempo_changes_come_back():
    notes = note_table(4, start=[0, 480, 960, 1440], end=[480, 960, 1440, 1920], pitch=[60, 60, 64, 108])
    notes["velocity"], notes["program"] = [1, 64, 127, 90], [0, 5, 127, 1]
    piece = make_piece(notes, 480, np.array([(0, 500_000), (960, 1_000_000)], TEMPO))
    encoded = CODEC.encode(piece)
    back = CODEC.decode(encoded.images)
    assert back.notes.tolist() == piece.notes.tolist()
    assert back.tempos.tolist() == piece.tempos.tolist()
    assert not any(encoded.losses.get(name, 0) for name in ("velocities", "programs", "tempos", "resized", "saturated"))


def test_a_given_tempo_counts_instead_of_alpha():
    piece = piece_of((0, 1, 60), (2, 1, 62), tempos=1_000_000)
    back = CODEC.decode(CODEC.encode(piece).images, tempo=500_000)
    assert back.tempos["microseconds"].tolist() == [500_000]
    assert times(back) == [(0, 1, 60), (4, 5, 62)]


def test_the_published_velocity():
    piece = piece_of((0, 1, 60), (1, 1, 61), velocity=[30, 100])
    codec = codec_named("sparse88", published_velocity=True)
    assert codec.encode(piece).images[0, [48, 47], [0, 10], 2].tolist() == [100, 100]
    assert codec.encode(piece).losses["velocities"] == 1
    assert CODEC.encode(piece).losses.get("velocities", 0) == 0


def test_losses_of_lengths():
    losses = CODEC.encode(
        piece_of((0, 8, 60), (0, 3.9, 61), (0, 1, 62), (0.5, 2, 62), (0, 1, 63), drum=[False] * 4 + [True])
    ).losses
    assert (losses["saturated"], losses["resized"], losses["shortened"], losses["programs"]) == (1, 1, 1, 1)
    assert (losses["kept"], losses["lengthened"]) == (5, 0)


def test_notes_in_one_cell_are_counted():
    losses = CODEC.encode(piece_of((0, 1, 60), (0.02, 2, 60))).losses
    assert (losses["merged"], losses["kept"]) == (1, 1)


def test_faint_pixels_are_background():
    images = np.zeros((1, 88, 200, 4), np.uint8)
    images[0, 0, 0], images[0, 1, 1] = (2, 0, 100, 247), (3, 200, 0, 247)
    notes = CODEC.decode(images).notes
    assert notes[["pitch", "program", "velocity"]].tolist() == [(107, 127, 1)]
    assert len(codec_named("sparse88", threshold=2).decode(images)) == 2
    with pytest.raises(InputError, match="1 to 255; received 0"):
        codec_named("sparse88", threshold=0)


def test_classes_last_as_red_tells():
    images = CODEC.encode(piece_of((0, 1, 108), (18, 4, 108), (0, 2, 107), (1, 1, 107))).images
    classes = CODEC.classes(images)
    assert classes[0, 0, :12].tolist() == [ONSET] + [SUSTAIN] * 9 + [0, 0]
    assert classes[0, 0, 180:].tolist() == [ONSET] + [SUSTAIN] * 19
    assert classes[0, 1, :21].tolist() == [ONSET] + [SUSTAIN] * 9 + [ONSET] + [SUSTAIN] * 9 + [0]
    assert CODEC.from_classes(classes)[0, 0, 0].tolist() == [96, 0, 100, 247]
    assert CODEC.from_classes(classes)[0, 5, 5].tolist() == [0, 0, 0, 255]
