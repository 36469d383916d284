"""Content kept, strength, windows, and the swap, against known answers and pretty_midi."""

import numpy as np
import pytest

from midi.augment import transpose
from midi.demo import compose
from midi.notes import TEMPO, make_piece, note_table
from transfer.dtn.measures import VIEW, chroma, content_kept, nearest_in_content, strength_of, view
from transfer.dtn.pitched import pitched

QUARTER = 480


def line(*pitches):
    """One pitch after the other, a whole note each: two seconds."""
    starts = np.arange(len(pitches)) * 4 * QUARTER
    return make_piece(note_table(len(pitches), start=starts, end=starts + 4 * QUARTER, pitch=pitches))


def test_chroma_is_pretty_midis():
    pretty_midi = pytest.importorskip("pretty_midi")
    piece = pitched(compose("ragtime", 3, 8))
    instrument = pretty_midi.Instrument(0)
    times = (piece.seconds(piece.notes[side]) + 1e-6 for side in ("start", "end"))  # 1e-6: it rounds 2.9999999 down
    instrument.notes = [
        pretty_midi.Note(1, int(pitch), *span)
        for pitch, span in zip(piece.notes["pitch"], zip(*times, strict=True), strict=True)
    ]
    expected = instrument.get_chroma(fs=12)
    found = chroma(piece)
    np.testing.assert_array_equal(found, expected[:, : found.shape[1]])
    assert not expected[:, found.shape[1] :].any()


def test_content_kept_has_known_answers():
    assert content_kept(line(60, 62), line(60, 62)) == pytest.approx(1)
    assert content_kept(line(60, 62), line(72, 38)) == pytest.approx(1), "octaves do not matter"
    assert content_kept(line(60), line(61)) == 0
    silent = make_piece(note_table(0))
    assert content_kept(line(60), silent) == 0
    assert np.isnan(content_kept(silent, silent))
    # averaged columns, 24 wide every 12: C, C, C and D, D, D against C, C, C and C, C, C
    assert content_kept(line(60, 62), line(60, 60)) == pytest.approx((2 + np.sqrt(0.5)) / 5)


def test_content_kept_knows_no_side_and_no_loudness():
    one, other = pitched(compose("folk", 0, 8)), pitched(compose("rock", 0, 8))
    assert content_kept(one, other) == pytest.approx(content_kept(other, one))
    louder = make_piece(one.notes.copy(), one.division, one.tempos)
    louder.notes["velocity"] = 127
    assert content_kept(one, louder) == pytest.approx(1)
    assert content_kept(one, transpose(one, 6)) < content_kept(one, one) - 0.2


def test_tempo_counts():
    slow = make_piece(line(60, 62).notes, QUARTER, np.array([(0, 1_000_000)], TEMPO))
    assert chroma(slow).shape[1] == 2 * chroma(line(60, 62)).shape[1] == 2 * 48


def test_strength_is_how_far_belief_moves():
    assert strength_of(np.zeros(3), np.ones(3)) == 1
    assert strength_of(np.array([0.2, 0.4]), np.array([0.2, 0.4])) == 0
    assert strength_of(np.array([0.9]), np.array([0.4])) == pytest.approx(-0.5)


def test_view_takes_the_windows_asked_for():
    piece = line(60, 62, 64, 65, 67)
    places, images = view(piece)
    assert places.tolist() == [0, 1]
    places, images = view(piece, np.array([1, 5]))
    np.testing.assert_array_equal(images[0], VIEW.encode(piece).images[1])
    assert not images[1].any()
    assert view(make_piece(note_table(0)))[1].shape == (0, *VIEW.shape)
    assert not view(line(5), np.array([0]))[1].any(), "below the view"


def test_the_swap_finds_the_nearest_chroma():
    library = np.concatenate([view(line(*pitches))[1] for pitches in ((60, 62, 64, 65), (61, 63, 66, 68), (70, 58, 58, 70))])
    wanted = np.concatenate([view(line(*pitches))[1] for pitches in ((73, 75, 78, 80), (48, 50, 53, 53))])
    assert nearest_in_content(wanted, library).tolist() == [1, 0]
    assert nearest_in_content(library, library).tolist() == [0, 1, 2]
