"""Content kept, strength, windows, and the swap, against known answers and pretty_midi."""

import numpy as np
import pytest

from midi.augment import transpose
from midi.demo import compose
from midi.notes import TEMPO, make_piece, note_table
from transfer.dtn import measures as dtn_measures
from transfer.dtn.measures import (
    MAX_SEMITONES,
    VIEW,
    chroma,
    content_preservation,
    nearest_in_content,
    probability,
    strength_of,
    trained_judge,
    varied,
    view,
)
from transfer.dtn.pieces import pitched

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


def test_content_preservation_has_known_answers():
    assert content_preservation(line(60, 62), line(60, 62)) == pytest.approx(1)
    assert content_preservation(line(60, 62), line(72, 38)) == pytest.approx(1), "octaves do not matter"
    assert content_preservation(line(60), line(61)) == 0
    silent = make_piece(note_table(0))
    assert content_preservation(line(60), silent) == 0
    assert np.isnan(content_preservation(silent, silent))
    # averaged columns, 24 wide every 12: C, C, C and D, D, D against C, C, C and C, C, C
    assert content_preservation(line(60, 62), line(60, 60)) == pytest.approx((2 + np.sqrt(0.5)) / 5)


def test_content_preservation_knows_no_side_and_no_loudness():
    one, other = pitched(compose("folk", 0, 8)), pitched(compose("rock", 0, 8))
    assert content_preservation(one, other) == pytest.approx(content_preservation(other, one))
    louder = make_piece(one.notes.copy(), one.division, one.tempos)
    louder.notes["velocity"] = 127
    assert content_preservation(one, louder) == pytest.approx(1)
    assert content_preservation(one, transpose(one, 6)) < content_preservation(one, one) - 0.2


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


def pictures(count: int, length: int, seed: int) -> np.ndarray:
    """Pictures with notes of `length` columns in rows by chance."""
    rng, images = np.random.default_rng(seed), np.zeros((count, *VIEW.shape), np.uint8)
    for image in images:
        for first in range(0, VIEW.columns, length + 1):
            image[rng.integers(10, 54), first : first + length] = 255
    return images


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dtn_measures, "EPOCHS", 2)
        patch.setattr(dtn_measures, "STEPS", 40)
        folder = tmp_path_factory.mktemp("judge")
        judge = trained_judge(folder, pictures(20, 15, 0), pictures(60, 2, 1))
        again = trained_judge(folder, pictures(20, 15, 0), pictures(60, 2, 1))
    assert all(np.array_equal(*pair) for pair in zip(judge.get_weights(), again.get_weights(), strict=True))
    return judge


def test_it_tells_what_it_never_saw_though_one_kind_is_rare(judge):
    assert probability(judge, pictures(20, 15, 2)).max() < 0.5
    assert probability(judge, pictures(20, 2, 3)).min() > 0.5


def test_stray_cells_and_keys_do_not_change_its_mind(judge):
    long, rng = pictures(20, 15, 4), np.random.default_rng(0)
    noisy = np.where(rng.random(long.shape) < 0.05, 255 - long, long)
    assert np.mean(probability(judge, noisy) > 0.5) < 0.2
    assert np.mean(probability(judge, np.roll(long, 5, axis=1)) > 0.5) == 0


def test_silence_is_no_music_of_the_target(judge):
    assert probability(judge, np.zeros((2, *VIEW.shape), np.uint8)).tolist() == [0, 0]
    assert probability(judge, np.zeros((0, *VIEW.shape), np.uint8)).shape == (0,)


def test_varied_pictures_are_moved_and_sprinkled(monkeypatch):
    shown = VIEW.to_model(pictures(8, 15, 5))
    labels = np.ones((8, 1))
    monkeypatch.setattr(dtn_measures, "MAX_STRAY_CELLS", 0.0)
    made, same = varied(shown, labels, np.random.default_rng(0))
    assert same is labels
    shifts = range(-MAX_SEMITONES, MAX_SEMITONES + 1)
    found = [
        [shift for shift in shifts if np.array_equal(np.roll(one, shift, axis=0), other)]
        for one, other in zip(shown, made, strict=True)
    ]
    assert all(len(shift) == 1 for shift in found)
    assert len({shift[0] for shift in found}) > 2
    monkeypatch.undo()
    sprinkled, _ = varied(shown, labels, np.random.default_rng(0))
    assert 0 < np.mean(sprinkled != made) < 0.1
