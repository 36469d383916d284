import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest

from spectro.audio import info, read, write
from training.cli import guarded
from training.errors import InputError
from transfer import nst
from transfer.style.options import StyleOptions


@pytest.fixture
def pair(tmp_path, noise):
    write(tmp_path / "content.wav", noise(1.0, 2), 8_000)
    write(tmp_path / "style.wav", noise(0.8, seed=1), 8_000)
    return {"content": (tmp_path / "content.wav",), "style": (tmp_path / "style.wav",)}


@pytest.fixture
def drawings(monkeypatch):
    """Pictures take most of the time; here they are empty files."""
    monkeypatch.setattr("transfer.style.report._draw", lambda result, judgement, path: path.touch())


def options(tmp_path, run, **given) -> StyleOptions:
    given |= {name: (given[name],) for name in ("content", "style") if isinstance(given.get(name), Path)}
    return StyleOptions(**{"features": str(run), "preset": "quick", "output": tmp_path / "out.wav", **given})


def test_sound_picture_and_report_are_written(tmp_path, run, pair, capsys):
    nst.main(options(tmp_path, run, **pair, iterations=2))
    assert capsys.readouterr().out.split() == [str(tmp_path / f"out.{suffix}") for suffix in ("wav", "png", "json")]
    assert info(tmp_path / "out.wav").format == "WAV PCM_16"
    sound, rate = read(tmp_path / "out.wav")
    assert (sound.shape, rate) == ((2, 8_000), 8_000)
    assert (tmp_path / "out.png").stat().st_size > 10_000
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["options"]["iterations"] == report["settings"]["iterations"] == 2
    assert report["settings"]["style_weight"] == 10.0
    assert report["options"]["content"] == str(pair["content"][0])
    assert set(report["verdict"]) == {"content", "equalised", "result"}
    assert set(report["verdict"]["content"]["probabilities"]) == {"a", "b", "c"}
    assert list(report["scores"]) == ["result", "content", "equalised", *(f"mix {s:g}" for s in (0.2, 0.35, 0.5, 0.7, 1))]
    assert set(report["scores"]["result"]) == {"timbre", "texture", "content_preservation", "no_leakage", "judge", "score"}
    assert (report["scored_seconds"], report["not_scored"], report["finished"]) == (1.0, None, True)
    assert set(report["artifacts"]) == {"level_db", "flatness", "steady_db", "steady_flatness"}
    assert report["peak"] == pytest.approx(np.abs(sound).max(), abs=1e-4)
    assert not report["interrupted"]
    assert report["inversion_error_db"] < 0
    assert {"keras", "tensorflow"} <= set(report["versions"])


def test_results_are_not_overwritten_and_this_is_told_first(tmp_path, run, pair):
    (tmp_path / "out.json").write_text("{}")
    with pytest.raises(InputError, match="exists already"):
        nst.main(options(tmp_path, tmp_path / "no run", content=tmp_path / "absent.wav", style=pair["style"]))
    assert sorted(path.name for path in tmp_path.glob("out*")) == ["out.json"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"output": "out.mp3"}, "ends in .wav"),
        ({"output": "content.wav", "force": True}, "input of this transfer"),
        ({"style": ()}, "received only --content"),
        ({"content": "absent.wav"}, "not found"),
        ({"content": "text.wav"}, "not sound"),
        ({"style": "silent.wav"}, "silent"),
        ({"iterations": 0}, "iterations must be 1 or more"),
        ({"content_weight": 0.0, "style_weight": 0.0}, "both 0"),
        ({"vgg_weights": "file.h5"}, "--features vgg19"),
        ({"features": "nothing"}, "not found"),
        ({"mask": ("2-3s",)}, "ends at 1 s"),
    ],
)
def test_mistakes_are_one_line(tmp_path, run, pair, given, reason, capsys):
    (tmp_path / "text.wav").write_text("hello, this is no sound at all")
    write(tmp_path / "silent.wav", np.zeros(4_000, np.float32), 8_000)
    places = {name: tmp_path / value for name, value in given.items() if isinstance(value, str)}
    chosen = options(tmp_path, run, **{**pair, **given, **places})
    assert guarded(nst.main, chosen) == 1
    told = capsys.readouterr().err.strip().splitlines()[-1]
    assert told.startswith("error: ")
    assert reason in told
    assert not (tmp_path / "out.wav").exists()


@pytest.mark.usefixtures("drawings")
def test_texture_is_the_default(tmp_path, pair, capsys):
    assert StyleOptions().features == "texture"
    nst.main(options(tmp_path, "texture", **pair))
    sound, rate = read(tmp_path / "out.wav")
    assert (sound.shape, rate) == ((2, 22_050), 22_050)
    report = json.loads((tmp_path / "out.json").read_text())
    assert (report["options"]["features"], report["settings"]["optimizer"]) == ("texture", "lbfgs")
    assert report["inversion_error_db"] is None
    assert report["scores"]["result"]["timbre"] is not None
    assert "nothing to invert" in capsys.readouterr().err


@pytest.mark.parametrize("given", [{"phase": "heap"}, {"start": "content"}, {"vgg_weights": Path("file.h5")}])
def test_what_texture_does_not_know_is_refused(tmp_path, pair, given):
    with pytest.raises(InputError, match=f"--{next(iter(given)).replace('_', '-')} is for .*--features texture"):
        nst.main(options(tmp_path, "texture", **pair, **given))


@pytest.mark.usefixtures("drawings")
def test_interrupted_it_writes_what_there_is(tmp_path, run, pair, monkeypatch):
    from transfer.style.gatys import OptimisedPicture

    optimise = OptimisedPicture.optimise

    def optimise_then_interrupt(self, *given):
        os.kill(os.getpid(), signal.SIGINT)
        return optimise(self, *given)

    monkeypatch.setattr(OptimisedPicture, "optimise", optimise_then_interrupt)
    before = signal.getsignal(signal.SIGINT)
    assert guarded(nst.main, options(tmp_path, run, **pair)) == 130
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["interrupted"]
    assert report["iterations"] == [1]
    assert report["optimised_tiles"] == 1 < report["tiles"]
    assert read(tmp_path / "out.wav")[0].shape == (2, 8_000)
    assert signal.getsignal(signal.SIGINT) is before


def test_without_arguments_the_demo_pair_is_composed(tmp_path, run, monkeypatch, capsys):
    monkeypatch.setattr("transfer.style.pairs.DEMO_SECONDS", 0.5)
    nst.main(options(tmp_path, run, iterations=1))
    assert "out-content.wav" in capsys.readouterr().err
    assert (tmp_path / "out-style.wav").exists()
    report = json.loads((tmp_path / "out.json").read_text())
    assert "scores need 1 s" in report["not_scored"]
    assert report["scores"] is report["artifacts"] is None
    assert (tmp_path / "out.png").stat().st_size > 10_000


@pytest.mark.usefixtures("drawings")
@pytest.mark.parametrize(("rate", "channels"), [(8_000, 8), (192_000, 1), (44_100, 2)])
def test_any_rate_and_channels(tmp_path, run, noise, rate, channels):
    for name in ("content", "style"):
        write(tmp_path / f"{name}.wav", noise(0.7, channels)[:, : rate // 20], rate)
    nst.main(options(tmp_path, run, content=tmp_path / "content.wav", style=tmp_path / "style.wav", iterations=1))
    assert info(tmp_path / "out.wav").channels == channels


@pytest.mark.usefixtures("drawings")
def test_random_features_are_drawn_by_the_seed(tmp_path, run, pair, monkeypatch):
    from classifiers.prediction import Classifier
    from spectro.stft import SETTINGS
    from transfer.style.features import random as module

    original = module.random_features
    monkeypatch.setattr(module, "random_features", lambda seed: original(seed, SETTINGS["quick"], 8))
    monkeypatch.setattr("classifiers.prediction.Classifier", lambda path: Classifier(run))
    sounds = []
    for seed in (0, 0, 1):
        nst.main(
            options(tmp_path, "random", **pair, iterations=4, optimizer="adam", style_weight=1e4, seed=seed, force=True)
        )
        sounds.append(read(tmp_path / "out.wav")[0])
    np.testing.assert_array_equal(sounds[0], sounds[1])
    assert np.abs(sounds[0] - sounds[2]).max() > 0


@pytest.fixture
def transferred(tmp_path, run, drawings):
    """transferred(content, style): sound and report; each is samples, or samples and their rate."""

    def transferred(content, style) -> tuple[np.ndarray, dict]:
        for name, given in (("content", content), ("style", style)):
            samples, rate = given if isinstance(given, tuple) else (given, 8_000)
            write(tmp_path / f"{name}.wav", samples, rate, "FLOAT")
        paths = {"content": tmp_path / "content.wav", "style": tmp_path / "style.wav"}
        nst.main(options(tmp_path, run, **paths, iterations=2, style_weight=1e4, force=True))
        return read(tmp_path / "out.wav")[0], json.loads((tmp_path / "out.json").read_text())

    return transferred


def test_a_sound_in_its_own_style_has_no_score_and_tells_why(transferred, noise, capsys):
    sound, report = transferred(noise(1.2), noise(1.2))
    assert sound.any()
    assert "no_leakage (content and style are one)" in capsys.readouterr().err
    assert set(report["undefined"]) == {"timbre", "texture", "content_preservation", "no_leakage"}
    assert report["scores"]["result"]["score"] is None


@pytest.mark.parametrize(("seconds", "other"), [(1 / 8_000, 1.0), (1.2, 1 / 8_000), (0.002, 0.003)])
def test_sounds_shorter_than_a_filter(transferred, noise, seconds, other):
    sound, report = transferred(noise(seconds), noise(other, seed=1))
    assert sound.shape == (1, round(8_000 * seconds))
    assert bool(report["not_scored"]) == (seconds < 1)


def test_level_is_not_style(transferred, noise):
    content, style = noise(1.2), noise(1.2, seed=1)
    results = {scale: transferred(content, scale * style)[0] for scale in (1.0, 3e-3)}
    np.testing.assert_allclose(results[1.0], results[3e-3], atol=1e-3)
    assert np.linalg.norm(results[1.0]) == pytest.approx(np.linalg.norm(content), rel=0.02)
    soft, report = transferred(3e-3 * content, style)
    assert np.linalg.norm(soft) == pytest.approx(3e-3 * np.linalg.norm(content), rel=0.05)
    assert report["scores"]["result"]["score"] is not None


@pytest.mark.parametrize(("channels", "rates"), [((1, 2), (8_000, 44_100)), ((2, 1), (48_000, 8_000))])
def test_content_and_style_may_differ_in_channels_and_rate(transferred, noise, channels, rates):
    content, style = (noise(6.0, count)[:, : 6 * rate // 5] for count, rate in zip(channels, rates, strict=True))
    sound, report = transferred((content, rates[0]), (style, rates[1]))
    assert sound.shape == (channels[0], content.shape[1] * 8_000 // rates[0])
    assert (report["content"]["channels"], report["style"]["channels"]) == channels
    assert report["scores"]["result"]["no_leakage"] is not None
