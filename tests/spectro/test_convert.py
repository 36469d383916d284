"""The convert command: there and back, folders, names, and one bad file among good ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from spectro import audio, conversion, image
from spectro.convert import Options, main
from spectro.stft import SETTINGS
from training.errors import InputError
from training.options import check

QUICK = SETTINGS["quick"]


def tone(samples: int = 4_000, rate: int = 8_000) -> np.ndarray:
    time = np.arange(samples) / rate
    return (0.5 * np.sin(2 * np.pi * 440 * time) + 0.2 * np.sin(2 * np.pi * 1_130 * time)).astype(np.float32)


def run(*files: Path, **options: object) -> None:
    main(Options(files, **{"setting": "quick", "iterations": 5, **options}))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("samples", [1, 63, 64, 65, 4_001])
def test_there_and_back_keeps_length_and_sound(folder, channels, samples, capsys):
    sound = np.stack([tone(samples), 0.5 * tone(samples)][:channels])
    audio.write(folder / "in.wav", sound, 8_000, "FLOAT")
    run(folder / "in.wav", output=folder / "out")
    run(folder / "out/in.png", output=folder / "out", iterations=60, subtype="FLOAT")
    assert capsys.readouterr().out.split() == [str(folder / "out/in.png"), str(folder / "out/in.wav")]
    back, rate = audio.read(folder / "out/in.wav")
    assert rate == 8_000
    assert back.shape == sound.shape
    if samples == 4_001:
        wanted, found = np.abs(QUICK.analyse(sound)), np.abs(QUICK.analyse(back))
        assert np.linalg.norm(found - wanted) < 0.05 * np.linalg.norm(wanted)


def test_the_picture_is_the_analysis_in_one_go(folder, monkeypatch):
    sound = np.random.default_rng(0).normal(size=(2, 5_000)).astype(np.float32) * 0.1
    audio.write(folder / "in.wav", sound, 8_000, "FLOAT")
    monkeypatch.setattr(conversion, "FRAMES", 7)
    for name, changes in [("a", {}), ("b", {"hop": 33}), ("c", {"n_fft": 129, "hop": 31})]:
        run(folder / "in.wav", output=folder / f"{name}.png", **changes)
        loaded = image.load(folder / f"{name}.png")
        magnitude = np.abs(loaded.setting.analyse(sound))
        assert loaded.reference == magnitude.max()
        assert np.abs(loaded.picture - loaded.setting.to_picture(magnitude)).max() < 1e-5


def test_the_record_tells_all(folder, capsys):
    audio.write(folder / "in.wav", tone(), 8_000)
    run(folder / "in.wav", bits=8)
    assert "8 bits cost an error of -" in capsys.readouterr().err
    run(folder / "in.png", output=folder / "back.flac", seed=3)
    assert "inversion error -" in capsys.readouterr().err
    picture = json.loads((folder / "in.png.json").read_text())
    sound = json.loads((folder / "back.flac.json").read_text())
    assert picture["quantisation_error_db"] < -30
    assert picture["options"]["bits"] == 8
    assert sound["options"]["seed"] == 3
    assert sound["samples"] == 4_000
    assert sound["bits"] == 8
    assert sound["inversion_error_db"] < -10
    assert sound["versions"]["numpy"] == np.__version__
    assert picture["setting"] == sound["setting"]


def test_fields_change_the_setting(folder):
    audio.write(folder / "in.wav", tone(rate=16_000), 16_000)
    run(folder / "in.wav", rate=4_000, n_fft=64, hop=16, floor_db=-50.0)
    setting = image.load(folder / "in.png").setting
    assert (setting.rate, setting.n_fft, setting.hop, setting.floor_db) == (4_000, 64, 16, -50.0)
    assert image.load(folder / "in.png").samples == 1_000


def test_mono(folder):
    audio.write(folder / "in.wav", np.stack([tone(), np.zeros(4_000)]), 8_000)
    run(folder / "in.wav", channels="mono", output=folder / "mono.png")
    assert len(image.load(folder / "mono.png").picture) == 1
    run(folder / "in.wav")
    run(folder / "in.png", channels="mono", output=folder / "mono.wav")
    assert audio.read(folder / "mono.wav")[0].shape == (1, 4_000)


def test_silence_stays_silent(folder):
    audio.write(folder / "in.wav", np.zeros(1_000, np.float32), 8_000)
    run(folder / "in.wav")
    run(folder / "in.png", output=folder / "out")
    assert not audio.read(folder / "out/in.wav")[0].any()


def test_start_and_seed_choose_the_phases(folder):
    audio.write(folder / "in.wav", np.random.default_rng(0).normal(size=4_000) * 0.1, 8_000)
    run(folder / "in.wav")
    for name, options in [("a", {"start": "random"}), ("b", {"start": "random"}), ("c", {"start": "random", "seed": 1}),
                          ("d", {"start": "heap"})]:  # fmt: skip
        run(folder / "in.png", output=folder / f"{name}.wav", iterations=0, **options)
    a, b, c, d = (audio.read(folder / f"{name}.wav")[0] for name in "abcd")
    assert np.array_equal(a, b)
    assert not np.array_equal(a, c)
    assert not np.array_equal(a, d)


def test_clipping_is_told(folder, capsys):
    audio.write(folder / "in.wav", 2.5 * tone(), 8_000, "FLOAT")
    run(folder / "in.wav")
    run(folder / "in.png", output=folder / "out")
    assert "samples clipped" in capsys.readouterr().err
    assert json.loads((folder / "out/in.wav.json").read_text())["clipped"] > 0


# many files


def test_folders_keep_their_tree_and_hidden_files_are_passed_over(folder, capsys):
    for name in ("in/a.wav", "in/house/a.wav", "in/house/B.FLAC", "in/._a.wav", "in/.hidden/a.wav"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        audio.write(folder / name, tone(500), 8_000)
    (folder / "in/notes.txt").write_text("not a sound")
    run(folder / "in", output=folder / "out")
    made = {str(path.relative_to(folder / "out")) for path in (folder / "out").rglob("*.png")}
    assert made == {"a.png", "house/a.png", "house/B.png"}
    assert len(capsys.readouterr().out.splitlines()) == 3


def test_files_of_one_name_do_not_overwrite_each_other(folder):
    for number, name in enumerate(("a/kick.wav", "b/kick.wav", "b/KICK.flac", "c/kick-2.wav")):
        (folder / name).parent.mkdir(exist_ok=True)
        audio.write(folder / name, tone(100 + number), 8_000)
    run(*(folder / name for name in ("a/kick.wav", "b/kick.wav", "b/KICK.flac", "c/kick-2.wav")))
    lengths = {path.name: image.load(path).samples for path in folder.glob("*.png")}
    assert lengths == {"kick.png": 100, "kick-2.png": 101, "KICK-3.png": 102, "kick-2-2.png": 103}


def test_one_bad_file_does_not_stop_the_others(folder, capsys):
    audio.write(folder / "good.wav", tone(), 8_000)
    (folder / "bad.wav").write_bytes(b"no sound")
    (folder / "photo.png").write_bytes(b"no picture")
    files = [folder / name for name in ("missing.wav", "bad.wav", "photo.png", "good.wav")]
    with pytest.raises(InputError, match="3 of 4 files"):
        run(*files, output=folder / "out")
    told = capsys.readouterr()
    assert told.out.split() == [str(folder / "out/good.png")]
    errors = [line.strip() for line in told.err.replace("\r", "\n").splitlines() if line.startswith("error: ")]
    assert [Path(line.split()[1]).name for line in errors] == ["missing.wav", "bad.wav", "photo.png"]
    assert sorted(os.listdir(folder / "out")) == ["good.png", "good.png.json"]


@pytest.mark.parametrize("name", ["with space.wav", "ünïcode 🎵.wav", "new\nline.wav", "dots.in.name.wav"])
def test_any_name(folder, name):
    audio.write(folder / name, tone(300), 8_000)
    run(folder / name, output=folder / "out")
    run(folder / "out" / name.replace(".wav", ".png"), output=folder / "out")
    assert audio.read(folder / "out" / name)[0].shape == (1, 300)


# what is refused


def test_results_are_not_overwritten(folder):
    audio.write(folder / "in.wav", tone(), 8_000)
    run(folder / "in.wav")
    with pytest.raises(InputError, match="--force"):
        run(folder / "in.wav")
    with pytest.raises(InputError, match=r"in\.wav exists"):
        run(folder / "in.png")
    (folder / "in.png").unlink()
    with pytest.raises(InputError, match=r"in\.png\.json exists"):
        run(folder / "in.wav")
    run(folder / "in.wav", bits=8, force=True)
    assert image.load(folder / "in.png").bits == 8


def test_no_input_is_overwritten_even_by_force(folder):
    audio.write(folder / "a.wav", tone(), 8_000)
    run(folder / "a.wav")
    before = (folder / "a.wav").read_bytes()
    with pytest.raises(InputError, match="overwrite"):
        run(folder / "a.wav", folder / "a.png", force=True)
    assert (folder / "a.wav").read_bytes() == before


@pytest.mark.parametrize(("files", "options", "said"), [
    ([], {}, "received none"), (["none.wav"], {}, "not found"), (["empty"], {}, "holds no file"),
    (["a.wav"], {"setting": "huge"}, "lil_data"), (["a.wav"], {"hop": 0}, "positive"),
    (["a.wav"], {"rate": 10}, "sample rate"), (["a.wav"], {"output": Path("b.flac")}, "becomes"),
    (["a.wav", "a.wav"], {"output": Path("b.png")}, "2 results")])  # fmt: skip
def test_what_is_refused(folder, files, options, said):
    audio.write(folder / "a.wav", tone(), 8_000)
    (folder / "empty").mkdir()
    with pytest.raises(InputError, match=said):
        run(*(folder / name for name in files), **options)
    assert sorted(os.listdir(folder)) == ["a.wav", "empty"]


def test_a_sound_too_long_for_a_picture(folder, monkeypatch):
    audio.write(folder / "a.wav", tone(), 8_000)
    monkeypatch.setattr(image, "MAX_PIXELS", 2_000)
    with pytest.raises(InputError, match=r"lasts 0 s; a picture of 1 channels holds"):
        run(folder / "a.wav")


def test_too_little_memory_is_one_line(folder, monkeypatch):
    audio.write(folder / "a.wav", tone(), 8_000)

    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(conversion, "paint", fail)
    with pytest.raises(InputError, match="memory"):
        run(folder / "a.wav")


def test_the_command(folder):
    audio.write(folder / "in.wav", tone(), 8_000)
    (folder / "bad.wav").write_bytes(b"no sound")
    found = subprocess.run([sys.executable, "-m", "spectro.convert", "in.wav", "bad.wav", "--setting", "quick"], cwd=folder,
                           env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}, capture_output=True, text=True,
                           check=False)  # fmt: skip
    assert found.returncode == 1
    assert found.stdout == "in.png\n"
    assert "error: bad.wav is not sound" in found.stderr
    assert found.stderr.splitlines()[-1].startswith("error: 1 of 2 files could not be converted: ")
    assert "Traceback" not in found.stderr


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": 0}, "--rate must be 1 or more"),
        ({"n_fft": 1}, "--n-fft must be 2 or more"),
        ({"hop": 0}, "--hop must be 1 or more"),
        ({"floor_db": 0.0}, "--floor-db must be from -700 to below 0"),
        ({"iterations": -1}, "--iterations must be 0 or more"),
        ({"seed": -1}, "--seed must be from 0"),
    ],
)
def test_numbers_out_of_range(change, message):
    with pytest.raises(InputError, match=message):
        check(Options((Path("a.wav"),), **change))
