"""A training keeps what was held out, chooses its thresholds there, and is measured there."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

from midi.demo import compose
from midi.files.writing import write
from training.cli import guarded
from training.errors import InputError
from training.files import read_json
from training.recipe import train
from training.runs import read_run
from transfer.contract import EvaluateOptions, evaluate
from transfer.evaluate import main
from transfer.transcription.data import (
    PARTS,
    RenderedClips,
    batches,
    checked_soundfonts,
    held_out,
    is_midi,
    open_clips,
    split_pieces,
)
from transfer.transcription.evaluation import HEAD
from transfer.transcription.model import PRESETS
from transfer.transcription.notes import Thresholds, notes_of
from transfer.transcription.pairs import held_out_pairs
from transfer.transcription.transcriber import config_of, thresholds_of

CLIPS = RenderedClips(8_000, 125, 1.0, 4.0)


def test_a_run_has_thresholds_and_its_held_out_pieces(run):
    found = read_json(run / "thresholds.json")
    assert Thresholds(**found["thresholds"]) == thresholds_of(run)
    assert found["pieces"] == len(held_out(run, "validation")) + len(held_out_pairs(run, "validation")) == 2
    assert not {*read_json(run / "held_out.json")["test"]} & {*read_json(run / "held_out.json")["validation"]}
    assert all(held_out(run, part) for part in PARTS)
    assert list((run / "samples").glob("rolls-*.png"))


def test_thresholds_of_another_version_are_left_aside(tmp_path, capsys):
    (tmp_path / "thresholds.json").write_text('{"thresholds": {"onset": 0.6, "sudden": 1.0}}')
    assert thresholds_of(tmp_path) == Thresholds()
    assert "of another version, with 'sudden'" in capsys.readouterr().err


def test_clips_keep_sound_and_truth_together(pieces, tmp_path):
    corpus = open_clips(pieces, CLIPS, tmp_path)
    clips = corpus[np.arange(len(corpus))]
    assert clips["sound"].shape == (len(corpus), 8_000)
    assert clips["roll"].shape == (len(corpus), 65, 88, 4)
    for clip in clips:  # where the truth has notes there is sound, and at their pitches
        notes = notes_of([clip["roll"]], 64, Thresholds())
        assert not len(notes) or np.abs(clip["sound"]).max() > 100
    waveforms, rolls = batches(corpus, np.arange(4), 4, gain=20, shuffle=False)[0]
    assert waveforms.dtype == rolls.dtype == np.float32
    assert np.abs(waveforms).max() <= 1
    np.testing.assert_array_equal(rolls, clips["roll"][:4] / np.float32(255))


def test_other_renderings_part_the_pieces_alike(pieces, tmp_path):
    """However many clips each piece gives."""
    parts = []
    for clips in (CLIPS, dataclasses.replace(CLIPS, excerpt=9.0, renderings=2, seed=5)):
        corpus = open_clips(pieces, clips, tmp_path)
        split = split_pieces(corpus, 3)
        sides = [{corpus.rows[row]["name"] for row in np.unique(corpus.source_of[side])} for side in _sides(split)]
        assert not sides[0] & sides[1] | sides[1] & sides[2] | sides[0] & sides[2]
        parts.append(sides)
    assert parts[0] == parts[1]


def test_what_a_run_held_out_stays_held_out_where_one_goes_on_with_it(run, pieces, tmp_path, capsys):
    """Whatever the seed; where only a part of it is there, that is told, and where nothing is, it is as for a first run."""
    corpus = open_clips(pieces, CLIPS, tmp_path)
    held = read_json(run / "held_out.json")
    for seed in range(3):
        split = split_pieces(corpus, seed, run)
        for side, part in zip(_sides(split)[1:], PARTS, strict=True):
            assert {corpus.rows[row]["name"] for row in np.unique(corpus.source_of[side])} == {*filter(is_midi, held[part])}
        assert sum(len(side) for side in _sides(split)) == len(corpus)
    assert "held out again" in capsys.readouterr().err
    for parts, words in (({"test": {}}, "learned from"), ({"test": {}, "validation": {}}, "")):
        (tmp_path / "before").mkdir(exist_ok=True)
        (tmp_path / "before" / "held_out.json").write_text(json.dumps(held | parts))
        split = split_pieces(corpus, 1, tmp_path / "before")
        np.testing.assert_array_equal(split.train, split_pieces(corpus, 1).train)
        told = capsys.readouterr().err
        assert (words in told) if words else not told


def _sides(split):
    return [getattr(split, name) for name in ("train", *PARTS)]


def test_another_rate_or_hop_is_refused(pieces, tmp_path):
    corpus = open_clips(pieces, CLIPS, tmp_path)
    with pytest.raises(InputError, match="hop 125; expected hop 100"):
        open_clips(corpus.directory, dataclasses.replace(CLIPS, hop=100))
    assert len(open_clips(corpus.directory, dataclasses.replace(CLIPS, renderings=3))) == len(corpus)


def test_what_cannot_play_is_refused(tmp_path, pieces):
    (tmp_path / "font.sf2").write_bytes(b"nothing")
    with pytest.raises(InputError, match="is not a SoundFont"):
        checked_soundfonts([tmp_path / "font.sf2"])
    with pytest.raises(InputError, match="and --pairs CSV and --soundfont SF2; received --source"):
        train("transfer", "transcription", PRESETS["quick"], source=pieces, output=tmp_path / "run")


def test_it_is_measured_on_pieces_that_it_did_not_learn_from(run, tmp_path):
    table = evaluate(run, output=tmp_path / "evaluation").splitlines()
    assert table[0] == "| " + " | ".join(HEAD) + " |"
    assert len(table) == 2 + 3
    rows = read_json(tmp_path / "evaluation" / "evaluation.json")["figures"]
    assert [row["instruments"] for row in rows] == ["piano", "the piece's own", "as they are"]
    assert all(row["pieces"] == 1 and 0 <= row["onset_f1"] <= 1 for row in rows)
    assert "mir_eval" in (run / "report.html").read_text()


def test_pieces_that_have_changed_are_told(run, pieces, tmp_path, capsys):
    moved = tmp_path / "moved"
    shutil.copytree(pieces, moved)
    assert len(held_out(run, "test", moved)) == 1
    name = next(filter(is_midi, read_json(run / "held_out.json")["test"]))
    write(moved / name, compose("folk", 99, 4))
    assert guarded(main, EvaluateOptions(run, data=moved, output=tmp_path / "out")) == 1
    assert "give its place as --data" in capsys.readouterr().err


def test_options_of_others_are_refused(run, tmp_path):
    with pytest.raises(InputError, match="takes --strength"):
        evaluate(run, strength=0.5, output=tmp_path / "out")


def test_a_run_of_another_version_is_told(run):
    record = read_run(run)
    record["config"]["dilation"] = 4
    with pytest.raises(InputError, match="made by another version, which had --dilation; train it again"):
        config_of(record)
