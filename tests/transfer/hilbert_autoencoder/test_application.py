"""Recordings of any kind through a quick run; windows faded into each other without a trace."""

import json

import numpy as np
import pytest
import soundfile

from classifiers.pretrained import path as pretrained
from spectro.audio import read
from training.errors import InputError
from training.fitting.callbacks import read_history
from training.recipe import train
from transfer.apply import main
from transfer.contract import ApplyOptions as Options
from transfer.contract import open_application, targets_of
from transfer.hilbert_autoencoder.application import crossfaded
from transfer.hilbert_autoencoder.model import PRESETS


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("my sounds")
    rng = np.random.default_rng(0)
    for number in range(4):
        time = np.arange(12_000) / 8_000
        sound = 0.3 * np.sin(2 * np.pi * rng.uniform(100, 500) * time) + 0.01 * rng.standard_normal(len(time))
        soundfile.write(folder / f"{number}.wav", sound, 8_000)
    return folder


@pytest.fixture(scope="module")
def run(folder, tmp_path_factory):
    root = tmp_path_factory.mktemp("run")
    return train("transfer", "hilbert_autoencoder", PRESETS["quick"], data=folder, output=root / "run", cache=root / "cache")


def test_a_run_holds_everything(run):
    assert {"config.json", "history.csv", "model.keras", "report.html"} <= {path.name for path in run.iterdir()}
    assert len(read_history(run / "history.csv")) == 2
    assert {path.name for path in (run / "samples").iterdir()} == {"in-0002.wav", "out-0002.wav"}


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_length_and_channels_stay(run, tmp_path, rate, channels, capsys):
    sound = 0.1 * np.random.default_rng(0).standard_normal((rate, channels))
    soundfile.write(tmp_path / "in a.wav", sound, rate)
    main(Options(run, (tmp_path / "in a.wav",), tmp_path / "out"))
    target = tmp_path / "out" / "in a.wav"
    assert capsys.readouterr().out.splitlines() == [str(target)]
    assert (soundfile.info(target).frames, soundfile.info(target).channels) == (8_000, channels)
    record = json.loads((tmp_path / "out" / "in a.wav.json").read_text())
    assert (record["rate"], record["samples"]) == (8_000, 8_000)


@pytest.mark.parametrize("length", [1, 63, 64, 65, 120, 121, 500])
@pytest.mark.parametrize("fade", [0, 8, 32])
def test_a_model_that_copies_gives_back_what_it_gets(length, fade):
    sound = np.random.default_rng(0).standard_normal((2, length)).astype(np.float32)
    pieces = np.array_split(sound, [length // 3, length // 2], axis=1)
    out = np.concatenate(list(crossfaded(pieces, 64, fade, lambda windows: windows)), axis=1)
    np.testing.assert_allclose(out, sound, atol=1e-6)


def test_joints_are_no_steps():
    """Every window comes back at another level: with a fade the level walks, without one it jumps."""
    levels = iter(np.tile([1.0, 2.0], 100))
    sound = np.ones((1, 1000), np.float32)
    steps = {}
    for fade in (0, 32):
        out = np.concatenate(list(crossfaded([sound], 64, fade, lambda windows: windows * next(levels))), axis=1)
        steps[fade] = np.abs(np.diff(out)).max()
    assert steps[0] == 1
    assert steps[32] == pytest.approx(1 / 32, abs=1e-6)


def joint_energy(out, size, fade):
    """Energy of the difference in the fades between windows, and a sample around them, as a multiple of elsewhere."""
    steps, hop = np.diff(out[0]) ** 2, size - fade
    near = np.zeros(len(steps), bool)
    for joint in range(hop, len(steps), hop):
        near[joint - 1 : joint + fade] = True
    return steps[near].mean() / steps[~near].mean()


@pytest.mark.parametrize(("overlap", "passes"), [(0.125, True), (0.5, True), (0.0, False)])
def test_the_derivative_has_no_more_energy_at_the_joints(overlap, passes):
    """A model that plays windows at levels that differ and moves them up and down; fades hide that, joints would not."""
    rng, size = np.random.default_rng(0), 1024
    fade = round(overlap * size)
    sound = 0.3 * np.sin(2 * np.pi * 50 * np.arange(100_000) / 8_000)[None].astype(np.float32)

    def through(windows):
        return windows * rng.uniform(0.8, 1.2) + rng.uniform(-0.1, 0.1)

    out = np.concatenate(list(crossfaded([sound], size, fade, through)), axis=1)
    assert (joint_energy(out, size, fade) < 1.2) == passes


@pytest.mark.parametrize("samples", [1, 10, 1_023])
def test_a_recording_shorter_than_a_picture(run, tmp_path, samples):
    soundfile.write(tmp_path / "a.wav", np.full(samples, 0.1), 8_000)
    open_application(run).write(tmp_path / "a.wav", tmp_path / "b.wav", {})
    assert soundfile.info(tmp_path / "b.wav").frames == samples


def test_silence_and_a_dead_channel(run, tmp_path):
    """Silence comes out as quiet as the model makes it, always the same; a dead channel does not touch the other."""
    sound = 0.1 * np.random.default_rng(0).standard_normal(5_000)
    for name, samples in (("silence", 0 * sound), ("one", sound), ("dead", np.stack([sound, 0 * sound], axis=1))):
        soundfile.write(tmp_path / f"{name}.wav", samples, 8_000)
        open_application(run).write(tmp_path / f"{name}.wav", tmp_path / f"{name}-out.wav", {})
    silence, one, dead = (read(tmp_path / f"{name}-out.wav")[0] for name in ("silence", "one", "dead"))
    np.testing.assert_allclose(dead[0], one[0], atol=2 / 32768)
    np.testing.assert_allclose(dead[1], silence[0], atol=2 / 32768)


def test_no_strength_gives_the_source_back(run, folder, tmp_path):
    source = sorted(folder.glob("*.wav"))[0]
    open_application(run, strength=0.0).write(source, tmp_path / "b.wav", {})
    np.testing.assert_array_equal(
        soundfile.read(tmp_path / "b.wav", dtype="int16")[0], soundfile.read(source, dtype="int16")[0]
    )


def test_one_bad_file_does_not_stop_the_others(run, tmp_path, capsys):
    (tmp_path / "bad.wav").write_bytes(b"no sound")
    soundfile.write(tmp_path / "good.wav", np.full(100, 0.1), 8_000)
    with pytest.raises(InputError, match="1 of 2 files"):
        main(Options(run, (tmp_path / "bad.wav", tmp_path / "good.wav"), tmp_path / "out"))
    assert (tmp_path / "out" / "good.wav").exists()
    assert "error: " in capsys.readouterr().err


def test_what_is_refused(run, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.full(100, 0.1), 8_000)
    with pytest.raises(InputError, match=r"expected one that transfer\.train made"):
        open_application(pretrained())
    with pytest.raises(InputError, match="overlap must be from"):
        open_application(run, 0.7)
    with pytest.raises(InputError, match="strength must be from"):
        open_application(run, strength=1.5)
    with pytest.raises(InputError, match="would be overwritten"):
        targets_of((tmp_path / "a.wav",), tmp_path, force=True)
    with pytest.raises(InputError, match="give a folder"):
        targets_of((tmp_path / "a.wav", tmp_path / "b.wav"), tmp_path / "out.wav", force=False)
    with pytest.raises(InputError, match="received none"):
        targets_of((), tmp_path, force=False)
