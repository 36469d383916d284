"""Every note there and back; what is left when pictures are missing, edited or a network's."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from midi.codecs import codec_named
from midi.codecs.codec import ONSET
from midi.codecs.facts_plane import SIZE
from midi.codecs.lossless import MAX_BYTES, Lossless
from midi.files.reading import SUFFIXES, read
from midi.files.writing import to_bytes
from midi.notes import NOTE, SIGNATURE, TEMPO, Piece, make_piece, note_table
from tests.data import real_data
from training.errors import InputError

FACTS = 7
"""The channel of the facts plane."""
USUAL = codec_named("lossless")


def small(**fields):
    """Twelve rows, four columns: 48 cells, of which the header takes 32."""
    return Lossless(**({"name": "lossless", "low": 60, "high": 71, "columns": 4, "resolution": 4} | fields))


def sorted_by_all(notes):
    """`in_order`, where equal start, track, pitch, end and velocity are ordered by program and drum too."""
    return np.sort(notes, order=["start", "track", "pitch", "end", "velocity", "program", "drum"])


def assert_same(back, piece):
    np.testing.assert_array_equal(sorted_by_all(back.notes), sorted_by_all(piece.notes))
    np.testing.assert_array_equal(back.tempos, piece.tempos)
    np.testing.assert_array_equal(back.signatures, piece.signatures)
    assert back.division == piece.division


@st.composite
def any_pieces(draw, low=60, high=71):
    """Any valid table: notes without length, overlaps of equal pitch, re-strikes, changes also behind the last note."""
    division = draw(st.one_of(st.integers(1, 32_767), st.sampled_from([1, 2, 480, 21_846, 32_767])))
    ticks = st.one_of(st.integers(0, 8), st.integers(0, 6 * division))
    pitches = st.one_of(st.just(low), st.integers(low, high))
    voices = st.sampled_from([(0, False, 0), (0, True, 0), (127, False, 0), (5, False, 3), (5, False, 32_767), (0, True, 9)])
    drawn = draw(st.lists(st.tuples(ticks, ticks, pitches, st.integers(0, 127), voices), min_size=1, max_size=12))
    start, length, pitch, velocity, voice = zip(*drawn, strict=True)
    program, drum, track = zip(*voice, strict=True)
    columns = {"pitch": pitch, "velocity": velocity, "program": program, "drum": drum, "track": track}
    notes = note_table(len(drawn), start=start, end=np.add(start, length), **columns)
    tempos = draw(st.lists(st.tuples(st.integers(0, 1 << 31), st.integers(1, (1 << 24) - 1)), max_size=4))
    meters = st.tuples(st.integers(0, 1 << 31), st.integers(1, 255), st.sampled_from([1, 2, 4, 128]))
    signatures = draw(st.lists(meters, max_size=3))
    return make_piece(notes, division, np.array(tempos, TEMPO), np.array(signatures, SIGNATURE))


def piece_with_overlaps():
    """Two voices; in the first, three notes of one pitch of which two begin at once and two run on into a third window."""
    notes = note_table(5, start=[0, 0, 7, 500, 481], end=[480, 2300, 2301, 500, 960], pitch=[60, 60, 60, 64, 67])
    notes["velocity"], notes["program"], notes["track"] = [1, 2, 3, 127, 80], [0, 0, 0, 0, 33], [0, 0, 0, 0, 2]
    tempos = np.array([(0, 600_000), (9000, 1), (90_000, 999_999)], TEMPO)
    return make_piece(notes, 480, tempos, np.array([(0, 3, 4), (480, 7, 8)], SIGNATURE))


@given(any_pieces(), st.sampled_from([1, 2, 3, 4, 12, 96]), st.booleans())
@settings(max_examples=150, deadline=None)
@example(make_piece(note_table(1, start=16_384, end=16_384, pitch=60), 32_767), 1, True)  # ends 1.5 columns early
@example(make_piece(note_table(1, start=16_384, end=49_150, pitch=60), 32_767), 1, True)  # ends half a column late
def test_everything_comes_back(piece, resolution, keep_empty):
    codec = small(resolution=resolution)
    encoded = codec.encode(piece, keep_empty=keep_empty)
    assert_same(codec.decode(encoded.images), piece)
    lost = {name: value for name, value in encoded.losses.items() if value}
    assert lost == {"notes": len(piece), "kept": len(piece)}


@given(any_pieces(low=0, high=127))
@settings(max_examples=15, deadline=None)
def test_everything_comes_back_at_the_usual_size(piece):
    assert_same(USUAL.decode(USUAL.encode(piece).images), piece)


@given(any_pieces(), st.randoms(use_true_random=False))
@settings(max_examples=30, deadline=None)
def test_the_order_of_pictures_and_the_arguments_do_not_matter(piece, random):
    codec = small()
    images = list(codec.encode(piece).images)
    random.shuffle(images)
    back = codec.decode(np.stack(images), np.zeros(len(images), int), np.full(len(images), 3), tempo=1)
    assert_same(back, piece)


@given(any_pieces())
@settings(max_examples=30, deadline=None)
def test_pictures_are_ordered_and_hold_one_note_a_cell(piece):
    codec = small()
    encoded, sparse = codec.encode(piece), codec.encode(piece, keep_empty=False)
    place = list(zip(encoded.windows.tolist(), encoded.layers.tolist(), strict=True))
    assert place == sorted(set(place))
    assert (encoded.images[..., 0] == 255).sum() == len(piece)
    assert set(np.unique(encoded.images[..., :2])) <= {0, 255}
    full = encoded.images.any(axis=(1, 2, 3))
    np.testing.assert_array_equal(encoded.images[full], sparse.images)
    np.testing.assert_array_equal(encoded.windows[full], sparse.windows)
    np.testing.assert_array_equal(encoded.layers[full], sparse.layers)


def test_cells_as_documented():
    note = note_table(1, start=41 + 480, end=479 + 480, pitch=72, velocity=33)
    image = USUAL.encode(make_piece(note)).images[0]
    row = image[127 - 72]
    assert row[13].tolist() == [255, 255, 33, 0, 1, 255, 255, 0]  # a tick behind column 13, ends one before column 24
    assert row[14:24].tolist() == [[0, 255, 33, 0, 0, 0, 0, 0]] * 10
    image[127 - 72, 13:24] = 0
    assert not image[..., :FACTS].any()
    assert bytes(image[0, :3, FACTS]) == b"LSL"


def test_layers_keep_notes_of_one_pitch_apart():
    piece = piece_with_overlaps()
    encoded = USUAL.encode(piece)
    assert encoded.layers.max() == 3  # three of pitch 60 in the first voice, one in the second
    assert_same(USUAL.decode(encoded.images), piece)


def test_a_note_runs_on_through_the_windows_of_its_layer():
    piece = make_piece(note_table(2, start=[0, 480], end=[480 * 30, 960], pitch=[60, 61]))
    images = USUAL.encode(piece).images
    assert len(images) == 4
    sounding = images[:, 127 - 60]
    assert (sounding[..., 0] > 0).sum() == 1
    assert (sounding[..., 1] > 0).sum() == 360
    back = USUAL.decode(images[[0, 1, 3]])  # what goes on behind a missing picture is a note of its own
    assert back.notes[["start", "end", "pitch"]].tolist() == [(0, 192 * 40, 60), (480, 960, 61), (288 * 40, 360 * 40, 60)]


def test_missing_pictures_take_their_notes_along_alone():
    piece = piece_with_overlaps()
    encoded = USUAL.encode(piece)
    voice = encoded.layers == 3
    back = USUAL.decode(encoded.images[voice])
    assert_same(back, Piece(piece.notes[piece.notes["track"] == 2], 480, piece.tempos, piece.signatures))


def test_changes_are_spread_over_pictures():
    """48 cells hold 16 bytes each: two thirds of a change."""
    tempos = np.array([(tick * 100, 400_000 + tick) for tick in range(31)], TEMPO)
    piece = make_piece(note_table(2, start=[0, 480], end=[480, 960], pitch=[60, 62]), 480, tempos)
    encoded = small().encode(piece, keep_empty=False)
    assert len(encoded.images) == -(-31 * 24 // (48 - SIZE))
    assert (encoded.images[..., 1].any(axis=(1, 2))).sum() == 2
    assert_same(small().decode(encoded.images[::-1]), piece)
    back = small().decode(np.delete(encoded.images, 30, axis=0))
    assert 0 < len(tempos) - len(back.tempos) <= 2
    assert set(back.tempos.tolist()) < set(tempos.tolist())


def test_every_picture_holds_all_changes_that_fit():
    piece = piece_with_overlaps()
    for image in USUAL.encode(piece, keep_empty=False).images:
        back = USUAL.decode(image[None])
        np.testing.assert_array_equal(back.tempos, piece.tempos)
        np.testing.assert_array_equal(back.signatures, piece.signatures)


def test_without_headers_the_arguments_count():
    piece = piece_with_overlaps()
    encoded = USUAL.encode(piece)
    images = encoded.images.copy()
    images[..., FACTS] = 0
    back = USUAL.decode(images, encoded.windows, encoded.layers, tempo=300_000)
    columns = ["start", "end", "pitch", "velocity"]
    assert (
        np.sort(back.notes[columns]).tolist()
        == np.sort(
            np.where(piece.notes["start"] == 500, np.array((500, 540, 64, 127, 0, 0, 0), NOTE), piece.notes)[columns]
        ).tolist()
    )  # the note without length covers a column
    assert back.tempos.tolist() == [(0, 300_000)]
    assert sorted(set(back.notes["track"])) == [0, 1, 2, 3]


@given(any_pieces())
@settings(max_examples=30, deadline=None)
def test_without_headers_pitches_and_columns_stay(piece):
    codec = small()
    encoded = codec.encode(piece)
    images = encoded.images.copy()
    images[..., FACTS] = 0
    notes = codec.decode(images, encoded.windows, encoded.layers).notes
    onset = np.argwhere(encoded.images[..., 0] > 0)
    column = encoded.windows[onset[:, 0]] * 4 + onset[:, 2]
    expected = sorted(zip(column.tolist(), (71 - onset[:, 1]).tolist(), encoded.layers[onset[:, 0]].tolist(), strict=True))
    columns = np.rint(notes["start"] / 120).astype(int)
    assert sorted(zip(columns.tolist(), notes["pitch"].tolist(), notes["track"].tolist(), strict=True)) == expected
    assert (notes["end"] > notes["start"]).all()


def test_one_damaged_header_in_many():
    piece = piece_with_overlaps()
    encoded = USUAL.encode(piece)
    images = encoded.images.copy()
    images[1, 0, 20, FACTS] ^= 1
    back = USUAL.decode(images, encoded.windows, encoded.layers)
    columns = ["start", "end", "pitch", "velocity"]
    np.testing.assert_array_equal(np.sort(back.notes[columns]), np.sort(piece.notes[columns]))


def test_edited_pictures():
    """A header stays valid when notes are painted or erased."""
    image = USUAL.encode(piece_with_overlaps()).images[:1].copy()
    image[0, 127 - 60] = 0
    image[0, 127 - 80, 24:36, 1] = 255
    image[0, 127 - 80, 24, 3:7] = 100  # no tick of that column
    notes = USUAL.decode(image).notes
    added = notes[notes["pitch"] == 80]
    assert added[["start", "end", "track"]].tolist() == [(960, 1440, 0)]
    assert 60 not in notes["pitch"]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("codec", [small(), USUAL, small(columns=5, resolution=1000)])
def test_any_values_decode(codec, seed):
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (3, *codec.shape), dtype=np.uint8)
    images[:, 0, :3, FACTS] = np.frombuffer(b"LSL", np.uint8)
    images[:, 0, 3, FACTS] = 1
    notes = codec.decode(images).notes
    assert (notes["start"] >= 0).all()
    assert (notes["end"] > notes["start"]).all()
    assert ((notes["pitch"] >= codec.low) & (notes["pitch"] <= codec.high)).all()


def test_read_only_and_strided_pictures():
    piece = piece_with_overlaps()
    images = np.repeat(USUAL.encode(piece).images, 2, axis=0)[::2]
    images.flags.writeable = False
    assert_same(USUAL.decode(images), piece)


def test_classes_and_back():
    codec = small()
    encoded = codec.encode(make_piece(note_table(2, start=[0, 240], end=[240, 480], pitch=60)))
    classes = codec.classes(encoded.images)
    assert classes[0, 11].tolist() == [ONSET, 2, ONSET, 2]
    notes = codec.decode(codec.from_classes(classes)).notes
    assert notes[["start", "end", "pitch", "velocity"]].tolist() == [(0, 240, 60, 100), (240, 480, 60, 100)]


def test_pitches_without_a_row_are_counted():
    piece = make_piece(note_table(3, start=0, end=480, pitch=[59, 60, 72]))
    encoded = small().encode(piece)
    assert (encoded.losses["notes"], encoded.losses["kept"], encoded.losses["out_of_range"]) == (3, 1, 2)
    assert small().decode(encoded.images).notes["pitch"].tolist() == [60]


def test_what_a_piece_had_left_out_is_told():
    notes = note_table(1, end=480, pitch=60)
    losses = USUAL.encode(make_piece(notes, left_out={"controllers": 12, "pitch_bends": 3, "texts": 1})).losses
    assert (losses["controllers"], losses["pitch_bends"], losses["texts"]) == (12, 3, 1)


def test_more_than_can_be_shown():
    many = note_table(1 << 20, end=480, pitch=60)
    with pytest.raises(InputError, match=r"more than 2,730 notes of one voice and pitch sound at once"):
        USUAL.encode(Piece(many))
    many["pitch"] = np.arange(len(many)) % 128
    many["program"] = np.arange(len(many)) // 128 % 16
    with pytest.raises(InputError, match=r"8,192 pictures are needed, for 8,192 layers of 1 windows"):
        USUAL.encode(Piece(many))
    far = note_table(2, start=[0, 1 << 28], end=[480, (1 << 28) + 480], pitch=60)
    with pytest.raises(InputError, match=r"ends in column 6,710,898; at most 524,288"):
        USUAL.encode(Piece(far))
    assert len(USUAL.encode(Piece(far, 32_767), keep_empty=False).images) == 2
    assert MAX_BYTES // (128 * 96 * 8) == 2_730


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"low": 72, "high": 71}, "0 <= low <= high <= 127"),
        ({"high": 128}, "0 <= low <= high <= 127"),
        ({"columns": 0}, "columns must be from 1 to 524,288, and resolution above 0"),
        ({"resolution": 0}, "columns must be from 1 to 524,288, and resolution above 0"),
        ({"columns": 2}, "more than 32 cells, for its header; received 12 rows and 2 columns"),
        ({"tempo": 0}, "a tempo is"),
        ({"velocity": 0}, "velocity must be 1 to 127"),
    ],
)
def test_fields_that_cannot_be(fields, reason):
    with pytest.raises(InputError, match=reason):
        small(**fields)


def test_arguments_that_are_no_places():
    images = USUAL.encode(piece_with_overlaps()).images
    for windows in (np.zeros(1, int), np.full(len(images), -1), np.full(len(images), 1 << 40), np.zeros(len(images))):
        with pytest.raises(InputError, match="expected the windows of"):
            USUAL.decode(images, windows)


def test_real_files():
    """A sample of the whole, through pictures and through MIDI files written from what came back."""
    files = sorted(path for path in real_data("midi").rglob("*") if path.suffix.lower() in SUFFIXES)
    chosen = np.random.default_rng(7).choice(len(files), 120, replace=False)
    for number in chosen:
        piece = read(files[number])
        back = USUAL.decode(USUAL.encode(piece, keep_empty=False).images)
        assert_same(back, piece)


def test_real_files_through_midi_files(tmp_path):
    files = sorted(path for path in real_data("midi").rglob("*") if path.suffix.lower() in SUFFIXES)
    columns = ["start", "end", "pitch", "velocity", "program", "drum"]
    for number in np.random.default_rng(8).choice(len(files), 40, replace=False):
        piece = read(files[number])
        written = tmp_path / "back.mid"
        written.write_bytes(to_bytes(USUAL.decode(USUAL.encode(piece, keep_empty=False).images)))
        again = read(written)
        np.testing.assert_array_equal(np.sort(again.notes[columns]), np.sort(piece.notes[columns]))
        np.testing.assert_array_equal(again.tempos, piece.tempos)
