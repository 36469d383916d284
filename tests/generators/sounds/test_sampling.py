"""Sounds on disk: the same items again, primers of every kind, what cannot be meant."""

import numpy as np
import pytest

from generators.sounds import SoundSampleOptions, sampling
from generators.sounds.primers import MAX_SECONDS, from_recording
from spectro.audio import read, write
from spectro.image import load
from spectro.stft import SETTINGS
from tests.generators.sounds.conftest import RATE, beeps
from training.errors import InputError

SETTING = SETTINGS["quick"]


def sample(run, output, **options):
    return sampling.sample(SoundSampleOptions(run, output, **options))


@pytest.fixture
def primer(tmp_path):
    write(tmp_path / "primer.flac", np.stack([beeps(3.0, 500)] * 2), 2 * RATE)  # stereo, and at another rate
    return tmp_path / "primer.flac"


def test_items_are_the_same_alone_and_after_a_kill(runs, tmp_path):
    whole = sample(runs["bands"], tmp_path / "whole", count=3, seed=5, seconds=0.8)
    alone = sample(runs["bands"], tmp_path / "alone", count=3, seed=5, seconds=0.8, items=(1,))
    for kind in ("wav", "png"):
        name = f"{kind}/000001.{kind}"
        assert (whole.parent / name).read_bytes() == (alone.parent / name).read_bytes()
    rows = whole.read_text().splitlines()
    whole.write_text("\n".join(rows[:2]) + "\n2,5,ha")  # killed within a row
    (whole.parent / "wav" / "000002.wav").unlink()
    sample(runs["bands"], tmp_path / "whole", count=3, seed=5, seconds=0.8)
    assert sorted(whole.read_text().splitlines()) == sorted(rows)
    assert (whole.parent / "sheet.png").exists()
    with pytest.raises(InputError, match="holds samples of other settings"):
        sample(runs["bands"], tmp_path / "whole", count=3, seed=6, seconds=0.8)


def test_a_recording_goes_on(runs, primer, tmp_path):
    """The end of the primer comes out as it was, in front; items differ; the picture is of what is new."""
    manifest = sample(runs["bands"], tmp_path / "out", count=2, primer=primer, seconds=2.4, lead_in=1.0)
    sounds = [read(manifest.parent / f"wav/00000{item}.wav", mono=True)[0] for item in range(2)]
    known = from_recording(primer, SETTING)
    last = (len(known.columns) - 1) * SETTING.hop
    np.testing.assert_allclose(sounds[0][: RATE // 2], known.sound[last - RATE :][: RATE // 2], atol=1e-4)
    assert abs(len(sounds[0]) - (RATE + 300 * SETTING.hop)) <= SETTING.hop
    assert np.abs(sounds[0][RATE:] - sounds[1][RATE:]).max() > 0.01
    assert load(manifest.parent / "png/000000.png").picture.shape == (1, SETTING.rows, 300)


def test_a_run_that_draws_nothing_makes_one_item_of_a_primer(runs, primer, tmp_path, capsys):
    manifest = sample(runs["linear"], tmp_path / "out", count=3, primer=primer, seconds=0.16)
    assert len(manifest.read_text().splitlines()) == 2
    assert "would be the same: one is generated" in capsys.readouterr().err


def test_only_the_end_of_a_long_recording_is_read(tmp_path, capsys):
    write(tmp_path / "long.wav", np.tile(beeps(1.0, 400), MAX_SECONDS + 5), RATE)
    known = from_recording(tmp_path / "long.wav", SETTING)
    assert len(known.sound) == MAX_SECONDS * RATE
    assert known.columns.max() == pytest.approx(1)
    assert f"only its last {MAX_SECONDS} s are read" in capsys.readouterr().err


def test_starts_from_silence_and_from_held_out_columns(runs, tmp_path):
    for start in ("held_out", "silence"):
        manifest = sample(runs["bands"], tmp_path / start, count=1, start=start, seconds=0.24, format="png")
        assert load(manifest.parent / "png/000000.png").picture.shape[-1] == 30


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"temperature": -1.0}, "--temperature or --variety must be 0 or more"),
        ({"temperature": float("nan")}, "--temperature or --variety must be 0 or more"),
        ({"seconds": 0.0}, "--seconds must be above 0"),
        ({"count": 0}, "--count must be from 1"),
        ({"format": "midi"}, "--format knows wav, png"),
        ({"lead_in": 1.0}, "without one"),
        ({"items": (2,), "count": 2}, "numbered from 0 to 1"),
    ],
)
def test_options_that_cannot_be_meant(runs, options, words, tmp_path):
    with pytest.raises(InputError, match=words):
        sample(runs["bands"], tmp_path / "out", **options)


def test_temperature_of_a_run_that_draws_nothing(runs, tmp_path):
    with pytest.raises(InputError, match="knows only --temperature 0"):
        sample(runs["linear"], tmp_path / "out", temperature=0.5)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.zeros(RATE, np.float32), "is silent: .* --start silence"),
        (np.pad(beeps(1.0, 500), (0, 30 * RATE)), "is silent in its last 30 s.* cut the silence off"),
        (beeps(0.005, 500), "a column needs"),
    ],
)
def test_primers_that_cannot_be_gone_on_from(samples, words, tmp_path):
    write(tmp_path / "primer.wav", samples, RATE)
    with pytest.raises(InputError, match=words):
        from_recording(tmp_path / "primer.wav", SETTING)


def test_an_empty_primer(tmp_path):
    (tmp_path / "primer.wav").write_bytes(b"")
    with pytest.raises(InputError, match=r"primer\.wav"):
        from_recording(tmp_path / "primer.wav", SETTING)


def test_a_changed_primer_is_not_gone_on_with_in_the_same_folder(runs, primer, tmp_path):
    sample(runs["bands"], tmp_path / "out", count=1, primer=primer, seconds=0.16)
    write(primer, beeps(3.0, 600), RATE)
    with pytest.raises(InputError, match=r"other settings \(files\)"):
        sample(runs["bands"], tmp_path / "out", count=1, primer=primer, seconds=0.16)
