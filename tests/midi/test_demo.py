"""Demo pieces: seeded, in key, singable, led by the rules of four-part harmony, and of styles that numbers tell apart."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.demo import STYLES, __main__, compose, demo_folder, write_corpus
from midi.demo.harmony import LEADS_TO, Key, parallels, progression, voiced
from midi.demo.plan import make_plan, tonal
from midi.demo.score import DIVISION, Score
from midi.files.reading import read
from midi.files.writing import to_bytes, write
from training.errors import InputError
from training.options import check

SCALES = [
    np.isin(np.arange(12), (np.array(steps) + tonic) % 12)
    for tonic in range(12)
    for steps in ((0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 11))
]
"""Every major and harmonic minor scale, as pitch classes."""
BARS = {"chorale": (3, 4), "waltz": (3,), "folk": (3, 4), "ragtime": (2,)}
"""Quarters that a bar may have; 4 in other styles."""


def features(piece):
    """What tells styles apart: drums, density, lengths, register, notes off the beat and at once, metre, dynamics."""
    notes = piece.notes
    pitched = notes[~notes["drum"]]
    start, length = piece.quarters(pitched["start"]), piece.quarters(pitched["end"] - pitched["start"])
    return np.array(
        [
            np.mean(notes["drum"]),
            len(notes) / piece.quarters(piece.end) / 10,
            np.median(length),
            length.mean(),
            pitched["pitch"].mean() / 12,
            np.mean(start % 1 != 0),
            len(pitched) / len(np.unique(pitched["start"])) / 2,
            piece.signatures["numerator"][0] / 4,
            60e6 / piece.tempos["microseconds"][0] / 60,
        ]
    )


@pytest.mark.parametrize("style", STYLES)
def test_the_same_seed_gives_the_same_bytes_and_touches_no_global_state(style):
    np.random.seed(5)
    first = to_bytes(compose(style, 3, 12))
    assert np.random.random() == np.random.RandomState(5).random_sample()
    assert to_bytes(compose(style, 3, 12)) == first
    assert to_bytes(compose(style, 4, 12)) != first


def test_another_process_composes_the_same():
    here = [hashlib.sha256(to_bytes(compose(style, 2, 9))).hexdigest() for style in STYLES]
    code = (
        "import hashlib; from midi.demo import STYLES, compose; from midi.files.writing import to_bytes\n"
        "print(*[hashlib.sha256(to_bytes(compose(style, 2, 9))).hexdigest() for style in STYLES])"
    )
    environment = os.environ | {"PYTHONHASHSEED": "77"}
    there = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True).stdout
    assert there.split() == here


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("seed", range(4))
def test_pieces_are_playable_and_in_key(style, seed):
    piece = compose(style, seed)
    notes, pitched = piece.notes, piece.notes[~piece.notes["drum"]]
    assert (notes["end"] > notes["start"]).all()
    assert pitched["pitch"].min() >= 28
    assert pitched["pitch"].max() <= 96
    assert max(np.mean(scale[pitched["pitch"] % 12]) for scale in SCALES) >= 0.9
    assert len(np.unique(notes["velocity"])) > 10
    for part in np.unique(notes["track"]):
        voice = notes[notes["track"] == part]
        order = np.lexsort((voice["start"], voice["pitch"]))
        same = np.diff(voice["pitch"][order].astype(int)) == 0
        assert (voice["end"][order][:-1][same] <= voice["start"][order][1:][same]).all()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("bars", [4, 7, 32, 41])
def test_a_piece_has_the_bars_asked_for(style, bars):
    piece = compose(style, 1, bars)
    beats = piece.quarters(piece.end) / bars
    assert any(meter * (bars - 1) / bars < beats <= meter for meter in BARS.get(style, (4,)))


@pytest.mark.parametrize("seed", range(5))
def test_chorale_voices_lead_by_the_rules(seed):
    notes = compose("chorale", seed).notes
    onsets = np.unique(notes["start"])
    sounding = np.array(
        [
            [
                notes["pitch"][(notes["track"] == voice) & (notes["start"] <= at) & (notes["end"] > at)].item()
                for voice in range(4)
            ]
            for at in onsets
        ],
        int,
    )
    assert (np.diff(sounding, axis=1) >= 0).all()
    assert (np.abs(np.diff(sounding, axis=0)) <= 12).all()
    for low in range(4):
        for high in range(low + 1, 4):
            interval = (sounding[:, high] - sounding[:, low]) % 12
            both_move = (np.diff(sounding[:, low]) != 0) & (np.diff(sounding[:, high]) != 0)
            for perfect in (0, 7):
                assert not (both_move & (interval[1:] == perfect) & (interval[:-1] == perfect)).any()


def test_parallels_are_found():
    c, d = np.array([48, 55, 64, 72]), np.array([50, 57, 65, 74])
    assert parallels(c, d)
    assert not parallels(c, np.array([48, 55, 65, 74]))
    assert not parallels(c, np.array([47, 55, 62, 74]))


def test_sections_come_again():
    piece = compose("folk", 1)
    tune = piece.notes[piece.notes["track"] == 0]
    meter = 4 * piece.signatures["numerator"][0] // piece.signatures["denominator"][0]
    section = tune["start"] // (DIVISION * meter * 8)
    melody = [
        [
            (start - number * DIVISION * meter * 8, pitch)
            for start, pitch in tune[["start", "pitch"]][section == number].tolist()
        ]
        for number in range(4)
    ]
    assert melody[0] == melody[1] == melody[3] != melody[2]


def test_some_pieces_slow_down_at_the_end():
    tempos = [compose("waltz", seed, 8).tempos for seed in range(8)]
    assert {len(tempo) > 1 for tempo in tempos} == {True, False}
    slowed = next(tempo for tempo in tempos if len(tempo) > 1)
    assert (np.diff(slowed["microseconds"]) > 0).all()


def test_styles_can_be_told_apart():
    table = np.array([[features(compose(style, seed, 16)) for seed in range(6)] for style in STYLES])
    right = 0
    for number in range(len(STYLES)):
        for seed in range(6):
            others = np.delete(np.arange(6), seed)
            centres = table[:, others].mean(axis=1)
            right += np.linalg.norm(centres - table[number, seed], axis=1).argmin() == number
    assert right >= 0.8 * table.shape[0] * 6


@given(st.integers(0, 10_000), st.integers(4, 12), st.sampled_from([(4, 0), (4,), (4, 5)]))
@settings(max_examples=30, deadline=None)
def test_progressions_follow_functional_harmony(seed, count, cadence):
    degrees = progression(np.random.default_rng(seed), count, cadence)
    assert len(degrees) == count
    assert degrees[-len(cadence) :] == cadence
    assert all(following in LEADS_TO[degree] for degree, following in pairwise(degrees[: count - len(cadence) + 1]))


@given(st.integers(0, 11), st.integers(0, 6), st.integers(3, 5), st.integers(0, 6))
@settings(max_examples=30, deadline=None)
def test_voiced_chords_move_little(tonic, degree, size, following):
    key = Key(tonic, "major")
    first = voiced(key.chord(degree, size), (), 50, 74)
    second = voiced(key.chord(following, size), first, 50, 74)
    assert sorted(pitch % 12 for pitch in second) == sorted(key.chord(following, size))
    assert 50 <= second[0] < second[-1] <= 74
    assert np.abs(np.array(second) - first).mean() <= 6


@given(st.integers(1, 100), st.integers(0, 1_000))
@settings(max_examples=20, deadline=None)
def test_plans_close_on_the_tonic(count, seed):
    plan = make_plan(Key(0, "minor"), 4, count, tonal(np.random.default_rng(seed)))
    assert len(plan.bars) == count
    assert plan.bars[-1].degree == 0
    assert plan.bars[-1].place == 7
    assert [bar.last for bar in plan.bars] == [False] * (count - 1) + [True]
    assert count == 1 or plan.bars[-2].degree == 4


def test_minor_keys_raise_the_leading_note_over_the_dominant():
    key = Key(9, "minor")
    assert key.chord(4) == (4, 8, 11)
    assert key.chord(6)[0] == 8
    assert key.pitch(6) % 12 == 7


def test_swing_and_accents():
    score = Score(np.random.default_rng(0), 4, swing=2 / 3)
    part = score.part(0, 70)
    for eighth in range(64):
        score.note(part, eighth / 2, 0.5, 60)
    notes = score.piece(120, 8, (4, 4)).notes
    assert (notes["start"][:4] == [0, 320, 480, 800]).all()
    velocity = notes["velocity"].astype(float).reshape(8, 8).mean(axis=0)
    assert velocity[0] > velocity[[2, 4, 6]].mean() > velocity[1::2].mean()


def test_a_struck_pitch_ends_the_one_before():
    score = Score(np.random.default_rng(0), 4)
    part = score.part(0)
    score.note(part, 0, 2, 60)
    score.note(part, 1, 1, 60)
    score.note(part, 1, 2, 60)
    notes = score.piece(120, 1, (4, 4)).notes
    assert notes[["start", "end"]].tolist() == [(0, 480), (480, 1440)]


@pytest.mark.parametrize("style", STYLES)
def test_pieces_survive_the_file(style, tmp_path):
    piece = compose(style, 0, 8)
    write(tmp_path / "piece.mid", piece)
    back = read(tmp_path / "piece.mid")
    for name in ("start", "end", "pitch", "velocity", "program", "drum"):
        np.testing.assert_array_equal(np.sort(back.notes[name]), np.sort(piece.notes[name]))
    np.testing.assert_array_equal(back.tempos, piece.tempos)


def test_a_corpus_is_finished_and_extended(tmp_path):
    paths = write_corpus(tmp_path / "one", 1, 7, 4)
    assert [path.relative_to(tmp_path / "one").as_posix() for path in paths] == [f"{s}/{s}-000.mid" for s in STYLES]
    before = [path.read_bytes() for path in paths]
    paths[2].unlink()
    extended = write_corpus(tmp_path / "one", 2, 7, 4)
    assert len(extended) == 2 * len(STYLES)
    assert [path.read_bytes() for path in paths] == before
    with pytest.raises(InputError, match="seed 7, bars 4; received seed 8, bars 4"):
        write_corpus(tmp_path / "one", 1, 8, 4)


def test_the_command_prints_the_paths(tmp_path, capsys):
    __main__.main(__main__.Options(tmp_path, pieces=1, bars=4))
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [str(tmp_path / style / f"{style}-000.mid") for style in STYLES]
    assert "7 styles" in printed.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("polka", 0), "style must be one of chorale.*'polka'"),
        (("waltz", -1), "seed must be 0 or more"),
        (("waltz", 0, 3), "bars must be from 4 to 1024; received 3"),
    ],
)
def test_bad_input(arguments, message):
    with pytest.raises(InputError, match=message):
        compose(*arguments)


def test_bad_corpora(tmp_path):
    with pytest.raises(InputError, match="pieces per style must be 1 or more"):
        write_corpus(tmp_path, 0)
    with pytest.raises(InputError, match="seed must be from 0"):
        write_corpus(tmp_path, 1, -1)
    with pytest.raises(InputError, match="bars must be from 4"):
        write_corpus(tmp_path, 1, 0, 3)
    assert not list(tmp_path.iterdir())  # a refused call leaves no note that would bind the next one
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file is a file; expected a folder"):
        write_corpus(tmp_path / "file", 1)


def test_the_demo_pieces_are_composed_into_the_cache_once(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("midi.demo.write_corpus", lambda folder: write_corpus(folder, 1, bars=4))
    assert demo_folder(tmp_path) == tmp_path / "demo-midi"
    assert "composing the demo pieces" in capsys.readouterr().err
    assert sorted(path.name for path in (tmp_path / "demo-midi").iterdir()) == sorted([*STYLES, "demo.json"])
    demo_folder(tmp_path)
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pieces": 0}, "--pieces must be 1 or more"),
        ({"bars": 3}, "--bars must be from 4 to 1,024"),
        ({"bars": 1025}, "--bars must be from 4 to 1,024"),
        ({"seed": -1}, "--seed must be from 0"),
    ],
)
def test_numbers_out_of_range(change, message):
    with pytest.raises(InputError, match=message):
        check(__main__.Options(Path("out"), **change))
