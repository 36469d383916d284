"""The order of instants, the values, the skyline against a note-by-note reading, and both ways of decoding."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.codecs import codec_named
from midi.codecs.codec import ONSET, REST, SUSTAIN
from midi.notes import with_notes
from tests.midi.codecs.pieces import melodies, piece_of, pieces, times
from training.errors import InputError

few = settings(max_examples=40, deadline=None)
CODEC = codec_named("interleaved32")
ROBUST = codec_named("interleaved32", reading="robust")


def values_of(piece, codec=CODEC):
    return codec.encode(piece).images.reshape(-1)


def test_the_order_of_instants():
    """Instant t at pixel t div 3, row by row, channel t mod 3."""
    notes = [(instant / 4, 0.25, 1 + instant % 120) for instant in range(3072)]
    images = CODEC.encode(piece_of(*notes)).images
    assert images.shape == (1, 32, 32, 3)
    for instant in (0, 1, 2, 3, 95, 96, 97, 1000, 3071):
        pixel, channel = divmod(instant, 3)
        assert images[0, pixel // 32, pixel % 32, channel] == 2 * (1 + instant % 120 + 1)


def test_the_values():
    values = values_of(piece_of((0.25, 0.75, 60), (1, 0.5, 60), (1.5, 0.25, 126), (2, 0.25, 0)))
    assert values[:10].tolist() == [0, 122, 121, 121, 122, 121, 254, 0, 2, 0]
    assert not values[10:].any()


def test_pitch_127_has_no_value():
    losses = CODEC.encode(piece_of((0, 1, 127), (2, 1, 60))).losses
    assert (losses["out_of_range"], losses["kept"]) == (1, 1)


def test_the_highest_note_sounds():
    piece = piece_of((0, 1, 60), (0, 1, 67), (0, 2, 64), (2, 4, 60), (3, 1, 72), (5, 0.5, 48))
    encoded = CODEC.encode(piece)
    assert times(CODEC.decode(encoded.images)) == [(0, 1, 67), (2, 3, 60), (3, 4, 72), (5, 5.5, 48)]
    assert (encoded.losses["hidden"], encoded.losses["shortened"], encoded.losses["kept"]) == (2, 1, 4)


def skyline(notes):
    """[(first, last, pitch)] in columns -> the same of the voice, onset by onset."""
    voice = []
    for first in sorted({note[0] for note in notes}):
        _, last, pitch = max((note for note in notes if note[0] == first), key=lambda note: note[2])
        if voice and voice[-1][1] > first:
            if voice[-1][2] > pitch:
                continue
            voice[-1][1] = first
        voice.append([first, last, pitch])
    return [tuple(note) for note in voice]


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 8), st.integers(60, 66)), min_size=1, max_size=14))
@few
def test_the_skyline_onset_by_onset(drawn):
    longest = {}
    for first, length, pitch in drawn:
        longest[first, pitch] = max(longest.get((first, pitch), 0), first + length)
    notes = []
    for (first, pitch), last in longest.items():
        following = min((other for other, same in longest if same == pitch and other > first), default=last)
        notes.append((first, min(last, following), pitch))
    back = times(CODEC.decode(CODEC.encode(piece_of(*((f / 4, n / 4, p) for f, n, p in drawn))).images))
    assert [(4 * start, 4 * end, pitch) for start, end, pitch in back] == skyline(notes)


def test_one_track_alone():
    piece = piece_of((0, 1, 60), (0, 1, 72), (1, 1, 62), track=[0, 1, 0])
    codec = codec_named("interleaved32", track=0)
    encoded = codec.encode(piece)
    assert times(codec.decode(encoded.images)) == [(0, 1, 60), (1, 2, 62)]
    assert (encoded.losses["notes"], encoded.losses["hidden"], encoded.losses["kept"]) == (3, 1, 2)
    with pytest.raises(InputError, match=r"track 5 has no note; tracks with notes: \[0, 1\]"):
        codec_named("interleaved32", track=5).encode(piece)


@given(pieces())
@few
def test_a_track_looks_like_a_piece_of_its_own(piece):
    track = int(piece.notes["track"][-1])
    if not (piece.notes["pitch"][piece.notes["track"] == track] < 127).any():
        return
    alone = with_notes(piece, piece.notes[piece.notes["track"] == track])
    encoded = codec_named("interleaved32", track=track).encode(piece)
    np.testing.assert_array_equal(encoded.images, CODEC.encode(alone).images)


def test_robust_reading_joins_equal_neighbours():
    piece = piece_of((0, 1, 60), (1, 1, 60), (2, 1, 62))
    assert times(CODEC.decode(CODEC.encode(piece).images)) == times(piece)
    encoded = ROBUST.encode(piece)
    assert times(ROBUST.decode(encoded.images)) == [(0, 2, 60), (2, 3, 62)]
    assert (encoded.losses["run_together"], encoded.losses["kept"]) == (1, 2)


@given(pieces())
@few
def test_robust_reading_gives_back_what_it_says(piece):
    encoded = ROBUST.encode(piece)
    assert len(ROBUST.decode(encoded.images)) == encoded.losses["kept"]


@given(melodies(), st.integers(0, 2**32 - 1))
@few
def test_robust_reading_stands_noise_of_less_than_a_value(piece, seed):
    images = CODEC.encode(piece).images
    noise = np.random.default_rng(seed).uniform(-0.49, 0.49, images.shape) / 127.5
    np.testing.assert_array_equal(CODEC.from_model(CODEC.to_model(images) + noise), images)
    onset = images % 2 == 0
    wrong = np.where((images > 0) & ~onset, images + 1, images)  # every instant an onset
    assert times(ROBUST.decode(wrong)) == times(piece)
    assert len(CODEC.decode(wrong)) == np.count_nonzero(images)


def test_a_pitch_that_only_goes_on_is_a_note():
    values = np.zeros(3072, np.uint8)
    values[[5, 6, 7, 8]] = 121, 121, 123, 124
    assert times(CODEC.decode(values.reshape(1, 32, 32, 3))) == [(1.25, 1.75, 60), (1.75, 2, 61), (2, 2.25, 61)]


def test_values_beyond_the_range_are_its_ends():
    codec = codec_named("interleaved32", low=40, high=80)
    values = np.zeros(3072, np.uint8)
    values[:3] = 255, 0, 2
    assert times(codec.decode(values.reshape(1, 32, 32, 3))) == [(0, 0.25, 80), (0.5, 0.75, 40)]


@pytest.mark.parametrize("top", ["high", "low"])
def test_classes_are_a_roll_of_the_voice(top):
    codec = codec_named("interleaved32", top=top, low=20)
    images = codec.encode(piece_of((0, 0.5, 60), (0.5, 0.5, 64))).images
    classes = codec.classes(images)
    assert classes.shape == (1, 107, 3072)
    rows = [126 - 60, 126 - 64] if top == "high" else [40, 44]
    assert classes[0, rows, :5].tolist() == [
        [ONSET, SUSTAIN, REST, REST, REST], [REST, REST, ONSET, SUSTAIN, REST]
    ]  # fmt: skip
    classes[0, rows[0], :4] = SUSTAIN  # of two pitches at once the highest is taken
    np.testing.assert_array_equal(codec.from_classes(classes).reshape(-1)[:5], [121, 121, 130, 129, 0])


def test_other_sizes():
    codec = codec_named("interleaved32", columns=3 * 7 * 7, resolution=12)
    piece = piece_of(*((start, 1, 60) for start in range(30)))
    encoded = codec.encode(piece)
    assert encoded.images.shape == (3, 7, 7, 3)
    assert times(codec.decode(encoded.images)) == times(piece)
    with pytest.raises(InputError, match="columns must be 3 n n"):
        codec_named("interleaved32", columns=3073)
    with pytest.raises(InputError, match="pitches up to 126"):
        codec_named("interleaved32", high=127)
