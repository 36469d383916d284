"""Renderings sound as their notes say, whatever is varied."""

import numpy as np
import pytest

from midi.demo import compose
from midi.notes import make_piece, note_table
from transfer.transcription import acoustics, rendering
from transfer.transcription.acoustics import LEVEL, levelled, loudness
from transfer.transcription.notes import LOWEST, PITCHES
from transfer.transcription.rendering import _of_one_line, _repeated, _under_pedal, _with_strokes, once_each, rendered

RATE = 16_000


def piece(*notes, **columns):
    """(start, end, pitch) in milliseconds, at 120 quarters a minute."""
    start, end, pitch = np.array(notes).T
    return make_piece(note_table(len(notes), start=start, end=end, pitch=pitch, **columns), 500)


def test_the_truth_is_where_the_sound_is():
    """Each note alone: its pitch in cents by the strongest frequency around it, its onset by the rise of power."""
    line = piece(*((1_000 * k, 1_000 * k + 600, 48 + 5 * k) for k in range(6)), program=19)
    for seed in range(3):
        sound, notes = rendered(line, np.random.default_rng(seed), rate=RATE, seconds=20, instruments=19)
        assert len(notes) == 6
        for onset, offset, pitch, velocity, _ in notes.tolist():
            assert velocity == 100
            assert abs(offset - onset - 0.6) < 0.002
            inside = sound[round((onset + 0.1) * RATE) : round((onset + 0.5) * RATE)]
            spectrum = np.abs(np.fft.rfft(inside * np.hanning(len(inside)), 1 << 17))
            hertz = 440 * 2 ** ((pitch - 69) / 12)
            near = np.abs(np.log2(np.maximum(np.arange(len(spectrum)), 1) * RATE / (1 << 17) / hertz)) < 1 / 24
            best = np.where(near, spectrum, 0).argmax() * RATE / (1 << 17)
            assert abs(1_200 * np.log2(best / hertz)) < 10
            before, after = (np.abs(sound[round((onset + d) * RATE) :][: RATE // 100]).max() for d in (-0.02, 0.02))
            assert after > 3 * before


def test_variations_differ_by_seed_and_keep_the_range():
    waltz, found = compose("waltz", 3, 16), []
    for seed in range(6):
        sound, notes = rendered(waltz, np.random.default_rng(seed), rate=RATE, seconds=6)
        assert sound.dtype == np.float32
        assert loudness(sound, RATE) == pytest.approx(LEVEL, rel=1e-3)
        assert ((notes["pitch"] >= LOWEST) & (notes["pitch"] < LOWEST + PITCHES)).all()
        assert (notes["offset"] > notes["onset"]).all()
        found.append(sound[: 2 * RATE])
    again, _ = rendered(waltz, np.random.default_rng(5), rate=RATE, seconds=6)
    np.testing.assert_array_equal(again[: 2 * RATE], found[-1])
    assert len({sound.tobytes() for sound in found}) == 6


def test_tones_sound_at_the_pitches_of_their_notes(monkeypatch):
    """The strongest frequency of each is its own or an overtone's, however it swells and dies away."""
    monkeypatch.setattr(rendering, "TONES", 1.0)
    monkeypatch.setattr(rendering, "VOICE", 0.0)
    monkeypatch.setattr(rendering, "REPEATED", 0.0)  # notes too short to tell a low pitch by
    line = piece(*((1_000 * k, 1_000 * k + 600, 60 + 5 * k) for k in range(5)))
    for seed in range(5):
        sound, notes = rendered(line, np.random.default_rng(seed), rate=RATE, seconds=20)
        for note in notes[notes["velocity"] > 40]:  # noise may be louder than softer ones
            inside = sound[round(note["onset"] * RATE) : round(note["offset"] * RATE)]
            spectrum = np.abs(np.fft.rfft(inside * np.hanning(len(inside)), 1 << 17))
            ratio = spectrum.argmax() * RATE / (1 << 17) / 440 * 2 ** ((69 - int(note["pitch"])) / 12)
            assert 1 <= round(ratio) <= 1 + acoustics.OVERTONES
            assert abs(1_200 * np.log2(ratio / round(ratio))) < rendering.CENTS + 10


@pytest.mark.parametrize("part", ["DRUMS", "STROKES", "LINE", "REPEATED", "VOICE", "FILTERED", "PEDAL"])
def test_what_is_added_or_taken_out_leaves_level_and_notes(part, monkeypatch):
    monkeypatch.setattr(rendering, part, 1.0)
    sound, notes = rendered(compose("rock", 3, 8), np.random.default_rng(1), rate=RATE, seconds=6)
    assert len(notes)
    assert notes["offset"].max() < len(sound) / RATE
    assert loudness(sound, RATE) == pytest.approx(LEVEL, rel=1e-3)


def test_a_line_has_one_note_at_a_time_and_drums_stay():
    notes = piece((0, 500, 60), (100, 900, 64), (500, 700, 62), (600, 800, 65), (800, 900, 67)).notes
    assert _of_one_line(notes).tolist() == [True, False, True, False, True]
    notes["drum"][2] = True
    assert _of_one_line(notes).tolist() == [True, False, False, True, True]


def test_strokes_drawn_anew_are_drums_within_the_excerpt_and_no_notes():
    waltz = compose("waltz", 3, 16).notes
    waltz = waltz[~waltz["drum"]]
    for seed in range(5):
        struck = _with_strokes(waltz, np.random.default_rng(seed))
        np.testing.assert_array_equal(struck[: len(waltz)], waltz)
        strokes = struck[len(waltz) :]
        assert strokes["drum"].all()
        assert strokes["start"].max(initial=0) < waltz["end"].max()
        assert len(np.unique(strokes["pitch"])) <= rendering.KIT


def test_repeated_notes_fill_the_time_of_the_notes_they_were():
    notes = piece((0, 2_000, 60), (100, 900, 64), (500, 520, 62), (600, 600, 65)).notes
    notes["drum"][1], counts = True, set()
    for seed in range(8):
        again = _repeated(notes, np.random.default_rng(seed))
        for note in notes:
            mine = again[again["pitch"] == note["pitch"]]
            assert (mine["start"][0], mine["end"][-1]) == (note["start"], note["end"])
            assert (mine["start"][1:] == mine["end"][:-1]).all()
            assert len(mine) == 1 or np.diff(mine["start"]).min() >= rendering.REPEATS[0] - 1
        assert len(again[again["drum"]]) == 1
        counts.add(len(again[again["pitch"] == 60]))
    assert 1 in counts
    assert max(counts) > 4
    assert len(_repeated(notes[:0], np.random.default_rng(0))) == 0


def test_under_a_pedal_notes_last_until_it_comes_up_or_their_pitch_is_struck_again():
    notes = piece(*((150 * k, 150 * k + 100, 60 + k % 5) for k in range(80))).notes
    for seed in range(5):
        ends = _under_pedal(notes, np.random.default_rng(seed))
        again = notes["start"] + 750
        at_release = ends[(ends > notes["end"]) & (ends < again)]
        assert (ends >= notes["end"]).all()
        assert (ends <= np.minimum(again, notes["end"].max())).all()
        assert 2 <= len(np.unique(at_release)) <= 25
        assert len(at_release) > len(np.unique(at_release))


def test_two_parts_that_play_a_note_are_heard_as_one():
    notes = piece((0, 500, 60), (10, 900, 60), (600, 1_000, 60), (0, 500, 64)).notes
    kept = once_each(notes)
    assert sorted(zip(kept["start"].tolist(), kept["end"].tolist(), kept["pitch"].tolist(), strict=True)) == [
        (0, 500, 64), (0, 600, 60), (600, 1_000, 60),
    ]  # fmt: skip


@pytest.mark.parametrize("instruments", ["own", "varied"])
def test_drums_alone_have_no_notes(instruments, monkeypatch):
    for part in ("PIANO", "PEDAL", "STROKES", "LINE", "REPEATED"):
        monkeypatch.setattr(rendering, part, 1.0)
    drums = piece((0, 500, 38), (600, 900, 36), drum=True)
    sound, notes = rendered(drums, np.random.default_rng(0), rate=RATE, seconds=5, instruments=instruments)
    assert not len(sound)
    assert not len(notes)


def test_silence_stays_silent():
    assert not levelled(np.zeros(100, np.float32), RATE).any()
