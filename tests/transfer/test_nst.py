import json
import os
import signal

import numpy as np
import pytest

from spectro.audio import info, read, write
from training.cli import InputError, guarded
from transfer import nst
from transfer.files import scratch_array


@pytest.fixture
def pair(tmp_path, noise):
    write(tmp_path / "content.wav", noise(1.0, 2), 8_000)
    write(tmp_path / "style.wav", noise(0.8, seed=1), 8_000)
    return {"content": tmp_path / "content.wav", "style": tmp_path / "style.wav"}


def options(tmp_path, run, **given) -> nst.Options:
    return nst.Options(**{"features": str(run), "preset": "quick", "output": tmp_path / "out.wav", **given})


def test_sound_picture_and_report_are_written(tmp_path, run, pair, capsys):
    nst.main(options(tmp_path, run, **pair, iterations=2))
    assert capsys.readouterr().out.split() == [str(tmp_path / f"out.{suffix}") for suffix in ("wav", "png", "json")]
    assert info(tmp_path / "out.wav").format == "WAV PCM_16"
    sound, rate = read(tmp_path / "out.wav")
    assert (sound.shape, rate) == ((2, 8_000), 8_000)
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["options"]["iterations"] == report["recipe"]["iterations"] == 2
    assert report["recipe"]["style_weight"] == 10.0
    assert set(report["verdict"]["content"]["probabilities"]) == {"a", "b", "c"}
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
        ({"style": None}, "received only --content"),
        ({"content": "absent.wav"}, "not found"),
        ({"content": "text.wav"}, "not sound"),
        ({"style": "silent.wav"}, "silent"),
        ({"iterations": 0}, "iterations must be 1 or more"),
        ({"content_weight": 0.0, "style_weight": 0.0}, "both 0"),
        ({"vgg_weights": "file.h5"}, "--features vgg19"),
        ({"features": "nothing"}, "not found"),
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


def test_interrupted_it_writes_what_there_is(tmp_path, run, pair, monkeypatch):
    from transfer.painting import Painting

    paint = Painting.paint

    def paint_then_interrupt(self, iterations, watch):
        os.kill(os.getpid(), signal.SIGINT)
        return paint(self, iterations, watch)

    monkeypatch.setattr(Painting, "paint", paint_then_interrupt)
    before = signal.getsignal(signal.SIGINT)
    assert guarded(nst.main, options(tmp_path, run, **pair)) == 130
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["interrupted"]
    assert report["iterations"] == [1]
    assert report["painted_tiles"] == 1 < report["tiles"]
    assert read(tmp_path / "out.wav")[0].shape == (2, 8_000)
    assert signal.getsignal(signal.SIGINT) is before


def test_without_arguments_the_demo_pair_is_composed(tmp_path, run, monkeypatch, capsys):
    monkeypatch.setattr("transfer.files.DEMO_SECONDS", 0.5)
    nst.main(options(tmp_path, run, iterations=1))
    assert "out-content.wav" in capsys.readouterr().err
    assert (tmp_path / "out-style.wav").exists()


@pytest.mark.parametrize(("rate", "channels"), [(8_000, 8), (192_000, 1), (44_100, 2)])
def test_any_rate_and_channels(tmp_path, run, noise, rate, channels):
    for name in ("content", "style"):
        write(tmp_path / f"{name}.wav", noise(0.7, channels)[:, : rate // 20], rate)
    nst.main(options(tmp_path, run, content=tmp_path / "content.wav", style=tmp_path / "style.wav", iterations=1))
    assert info(tmp_path / "out.wav").channels == channels


def test_the_scratch_array_is_zero_and_leaves_no_file(tmp_path):
    array = scratch_array(tmp_path, (2, 1_500_000))
    assert not array.any()
    array[1, -1] = 2
    assert array[1, -1] == 2
    assert not list(tmp_path.iterdir())
