"""Recordings with their notes become clips as renderings do; no piece is in two parts; faults are told and counted."""

import csv
import shutil

import numpy as np
import pytest
import soundfile

from midi.files.reading import read
from training.corpora.split import split_corpus
from training.errors import InputError
from training.files import read_json
from transfer.contract import evaluate
from transfer.transcription.acoustics import loudness
from transfer.transcription.data import HELD_OUT, PARTS, RenderedClips
from transfer.transcription.notes import Thresholds, notes_of, roll_of
from transfer.transcription.pairs import Pair, PairedClips, excerpt, held_out_pairs, notes_in, open_pairs, read_pairs
from transfer.transcription.rendering import truth_of

RATE = 8_000
CLIPS = RenderedClips(RATE, 125, 1.0, 4.0)


def table(path, *rows, columns=("recording", "notes")):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return path


def test_a_table_tells_the_notes_of_a_midi_file(pieces, tmp_path):
    truth = truth_of(read(pieces / "waltz.mid"))
    rows = [(note["onset"], note["offset"], note["pitch"], note["velocity"]) for note in truth]
    notes, _ = notes_in(table(tmp_path / "notes.csv", *rows, columns=("onset", "offset", "pitch", "velocity")))
    np.testing.assert_array_equal(notes, truth)
    np.testing.assert_array_equal(notes_in(pieces / "waltz.mid")[0], truth)
    assert len(notes_in(table(tmp_path / "bare.csv", (0, 1, 60), columns=("onset", "offset", "pitch")))[0]) == 1


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ((2, 1, 60, 80), "line 3: expected 0 <= onset < offset in seconds; received 2 and 1"),
        ((0, 1, 261.6, 80), "expected a pitch of 0 to 127 and a velocity of 1 to 127; received 261.6 and 80"),
        ((0, 1, 60, 0), "received 60 and 0"),
        ((0, "nan", 60, 80), "received 0 and nan"),
        ((0, 1, "C4", 80), "could not convert string to float"),
    ],
)
def test_rows_that_are_no_notes_are_counted(tmp_path, row, told):
    path = table(tmp_path / "notes.csv", (0, 1, 60, 80), row, row, columns=("onset", "offset", "pitch", "velocity"))
    with pytest.raises(InputError, match="2 of 3 rows are no notes") as error:
        notes_in(path)
    assert told in str(error.value)
    with pytest.raises(InputError, match="expected a CSV with columns onset,offset,pitch"):
        notes_in(table(tmp_path / "other.csv", (0, 1, 60), columns=("start", "end", "pitch")))


def test_clips_of_a_recording_have_its_sound_and_its_notes(recorded, pieces):
    clips = PairedClips(**vars(CLIPS), notes=((str(recorded / "folk.wav"), str(pieces / "folk.mid")),))
    items = np.concatenate(list(clips(recorded / "folk.wav")))
    sound = soundfile.read(recorded / "folk.wav")[0].mean(axis=1)
    sound = np.pad(sound, (0, max(0, items["sound"].size - len(sound))))[: items["sound"].size]
    gain = 0.1 / loudness(sound, RATE)
    np.testing.assert_allclose(items["sound"].ravel() / 32_768, np.clip(gain * sound, -1, 1), atol=1e-4)
    truth = truth_of(read(pieces / "folk.mid"))
    for number, roll in enumerate(items["roll"]):
        np.testing.assert_array_equal(roll, roll_of(truth, clips.frames, RATE / 125, number))
    assert len(notes_of([items["roll"][0]], 64, Thresholds()))
    rendering = np.concatenate(list(clips(pieces / "folk.mid")))
    np.testing.assert_array_equal(rendering, np.concatenate(list(CLIPS(pieces / "folk.mid"))))


def test_what_cannot_be_used_is_left_out_and_told(recorded, pieces, tmp_path, capsys):
    soundfile.write(tmp_path / "silent.wav", np.zeros(RATE), RATE)
    soundfile.write(tmp_path / "short.wav", np.random.default_rng(0).normal(0, 0.1, RATE), RATE)
    good, midi = recorded / "folk.wav", pieces / "folk.mid"
    rows = [(good, midi), (good, midi), (good, ""), ("silent.wav", midi), ("short.wav", midi), ("gone.wav", midi)]
    rows += [(recorded / "ragtime.wav", "gone.mid")]
    corpus = open_pairs(table(tmp_path / "pairs.csv", *rows), None, CLIPS, tmp_path / "cache")
    assert [row["name"] for row in corpus.rows] == [str(good)]
    reasons = {row["name"].rpartition("/")[2]: row["reason"] for row in corpus.left_out}
    assert reasons["silent.wav"] == "silent"
    assert "but it ends at 1.0 s" in reasons["short.wav"]
    assert "No such file" in reasons["gone.wav"]
    assert reasons["ragtime.wav"].startswith("its notes: ")
    assert "not found" in reasons["ragtime.wav"]
    told = capsys.readouterr().err
    assert "line 4 of" in told
    assert "1 rows that say again" in told
    with pytest.raises(InputError, match="line 3 has other notes or another group"):
        read_pairs(table(tmp_path / "two.csv", (good, midi), (good, pieces / "waltz.mid")))
    with pytest.raises(InputError, match="has no row with a recording and its notes"):
        read_pairs(table(tmp_path / "none.csv", (good, "")))
    with pytest.raises(InputError, match="takes no --pairs beside it"):
        open_pairs(tmp_path / "pairs.csv", corpus.directory, CLIPS)


def test_no_piece_is_in_two_parts(recorded, pieces, tmp_path):
    corpus = open_pairs(recorded / "pairs.csv", pieces, CLIPS, tmp_path)
    assert len(corpus.rows) == 4 + 4
    for seed in range(5):
        split = split_corpus(corpus, seed=seed, labelled=False)
        for part in (split.train, split.validation, split.test):
            stems = [corpus.rows[row]["name"].partition(".")[0] for row in np.unique(corpus.source_of[part])]
            assert all(stems.count(stem) == 2 for stem in stems if stem != "waltz")
    waltz = pieces / "waltz.mid"
    rows = [(recorded / "folk.wav", waltz, "one"), (recorded / "ragtime.wav", waltz, "other")]
    with pytest.raises(InputError, match="is of group other, its notes also of one; give one group"):
        open_pairs(table(tmp_path / "x.csv", *rows, columns=("recording", "notes", "group")), None, CLIPS, tmp_path)


def test_recordings_are_held_out_as_their_pieces_are(run, recorded, tmp_path):
    for part in PARTS:
        (pair,) = held_out_pairs(run, part)
        assert read_json(run / HELD_OUT)[part].keys() == {pair.name, pair.notes.name}
    moved = tmp_path / "moved.csv"
    moved.write_text((recorded / "pairs.csv").read_text().replace(pair.name, "gone.wav"))
    with pytest.raises(InputError, match=f"has no {pair.name} that the run was trained beside"):
        evaluate(run, pairs=moved, output=tmp_path / "again")
    (tmp_path / "others.csv").write_text("onset,offset,pitch\n0,1,60\n")
    moved.write_text((recorded / "pairs.csv").read_text().replace(str(pair.notes), str(tmp_path / "others.csv")))
    shutil.copytree(recorded, tmp_path, dirs_exist_ok=True)
    with pytest.raises(InputError, match=rf"the notes of {pair.name}, .*others.csv, are gone or not those"):
        held_out_pairs(run, PARTS[-1], moved)


def test_an_excerpt_begins_with_a_note(recorded, pieces):
    pair = Pair("folk.wav", recorded / "folk.wav", pieces / "folk.mid")
    sound, notes = excerpt(pair, np.random.default_rng(3), rate=RATE, seconds=2.0)
    assert len(sound) == 2 * RATE
    assert loudness(sound, RATE) == pytest.approx(0.1, rel=1e-4)
    whole = soundfile.read(recorded / "folk.wav")[0].mean(axis=1)
    first = int(np.correlate(whole, sound, "valid").argmax())
    assert np.corrcoef(sound, whole[first : first + len(sound)])[0, 1] > 0.999
    truth = notes_in(pair.notes)[0]
    truth = truth[(truth["onset"] >= first / RATE - 1e-3) & (truth["onset"] < first / RATE + 2)]
    np.testing.assert_allclose(notes["onset"], truth["onset"] - first / RATE, atol=1e-3)
    assert notes["onset"].min() == pytest.approx(0.1)
    assert notes["offset"].max() == 2
