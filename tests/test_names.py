"""Every command over files of awkward names: nothing fails, nothing is lost, and stderr holds nothing of Matplotlib's."""

from __future__ import annotations

import contextlib
import csv
import io
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import classifiers.evaluate
import classifiers.predict
import generators.sample
import midi.convert
import midi.corpus
import midi.measures.__main__
import midi.render
import spectro.convert
import spectro.corpus
import transfer.apply
import transfer.scores.__main__
from classifiers import softmax
from generators.sequences import SequenceSampleOptions
from midi.demo import write_corpus
from spectro.audio import write
from tests.generators.toys import registered
from tests.midi.smf import END, NOTE, smf
from training.cli import guarded, quiet
from training.corpora.corpus import Corpus
from training.family import module_of
from training.files import read_json
from training.recipe import train
from transfer.contract import ApplyOptions

STEMS = [os.fsdecode(b"lat\xe9"), "A$AP_Rocky_-_L$D 🎵 <b>&amp;'\"", "日本" * 40, "x" * 251, "-two\nlines {} %s"]
"""Bytes that are no UTF-8; mathematics, emoji and markup; 240 bytes in 80 letters; the longest name there is; a line end."""
LABELS = ["start", "end", "silent", os.fsdecode(b"lat\xe9 $x$"), "日本" * 42]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sound and a piece of each name; no two are the same."""
    folder = tmp_path_factory.mktemp("in")
    for number, stem in enumerate(STEMS):
        write(folder / f"{stem}.wav", (0.2 + 0.05 * number) * np.sin(np.arange(3_000) / 5), 8_000)
        (folder / f"{stem}.mid").write_bytes(smf(NOTE * (3 + number) + END))
    return folder


def run(command, options) -> tuple[str, str]:
    """What a command prints on stdout and stderr; it must succeed, and Matplotlib must say nothing."""
    screens = [io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2)]
    with contextlib.redirect_stdout(screens[0]), contextlib.redirect_stderr(screens[1]):
        quiet()
        status = guarded(command, options)
    printed, told = (screen.buffer.getvalue().decode(errors="surrogateescape") for screen in screens)
    assert (status, told.count("\nerror: ")) == (0, 0), ascii(told)
    assert "matplotlib" not in told.lower()
    return printed, told


def begin(stem: str) -> str:
    """What is left of a name in that of a result at least."""
    return stem[:50]


def check(folder: Path, *suffixes: str) -> None:
    """A result of every suffix for each name, and nothing half-written."""
    for suffix in suffixes:
        names = [path.name for path in folder.iterdir() if "".join(path.suffixes[-suffix.count(".") :]) == suffix]
        for stem in STEMS:
            assert any(name.startswith(begin(stem)) for name in names), (suffix, stem[:20])
        assert len(names) == len(STEMS)
    assert not [path for path in folder.rglob("*") if ".tmp" in path.name]


@pytest.mark.parametrize(("command", "options", "suffixes"), [
    (spectro.convert, {"setting": "quick"}, (".png", ".png.json")),
    (midi.convert, {"codec": "roll64", "plot": Path("plots"), "report": Path("report.csv")}, (".png", ".png.json")),
    (midi.render, {"rate": 8_000, "plot": Path("plots")}, (".wav", ".wav.json")),
])  # fmt: skip
def test_files_are_converted(folder, tmp_path, monkeypatch, command, options, suffixes):
    monkeypatch.chdir(tmp_path)
    kind = ".wav" if command is spectro.convert else ".mid"
    paths = tuple(folder / f"{stem}{kind}" for stem in STEMS)
    printed, _ = run(command.main, command.Options(paths, output=tmp_path / "out", **options))
    check(tmp_path / "out", *suffixes)
    assert len(printed.split("\n")) == len(STEMS) + 2  # one name is of two lines
    if "plot" in options:
        check(tmp_path / "plots", ".png")
    if "report" in options:
        with Path("report.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
            assert {row["source"] for row in csv.DictReader(file)} == {str(path) for path in paths}
    for record in (tmp_path / "out").glob("*.json"):
        assert Path(read_json(record)["source"]).stem in STEMS
    pictures = sorted((tmp_path / "out").glob("*.png"))
    if pictures:  # and the way back
        again = {"iterations": 1} if command is spectro.convert else {}
        run(command.main, command.Options(tuple(pictures), output=tmp_path / "back", **again))
        check(tmp_path / "back", kind, f"{kind}.json")


@pytest.mark.parametrize(("command", "options"), [(spectro.corpus, {"seconds": 0.2}), (midi.corpus, {"codec": "roll64"})])
def test_corpora_hold_them(folder, tmp_path, command, options):
    run(command.main, command.Options(folder, output=tmp_path / "corpus", jobs=1, **options))
    assert {Path(row["name"]).stem for row in Corpus(tmp_path / "corpus").rows} == set(STEMS)
    with (tmp_path / "t.csv").open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        rows = csv.writer(file)
        rows.writerow(["path", "label"])
        rows.writerows((os.path.relpath(path, tmp_path), f"of {path.stem}") for path in folder.iterdir())
    run(command.main, command.Options(tmp_path / "t.csv", output=tmp_path / "by csv", jobs=1, **options))
    assert set(Corpus(tmp_path / "by csv").labels) == {f"of {stem}" for stem in STEMS}


def test_sets_are_measured(folder, tmp_path):
    named = tmp_path / LABELS[3]
    named.symlink_to(folder)
    output, plot = tmp_path / f"{STEMS[2]}.json", tmp_path / f"{STEMS[0]}.png"
    options = midi.measures.__main__.Options(named, against=folder, repeats=0, output=output, plot=plot)
    run(midi.measures.__main__.main, options)
    assert plot.stat().st_size > 10_000
    assert read_json(output)["options"]["data"] == os.fspath(named)


class Application:
    """As that of a trained model."""

    suffix = ".wav"

    def __init__(self, *_):
        pass

    def write(self, source, target, options):
        target.write_bytes(source.read_bytes())


def test_models_are_applied(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("transfer.contract.open_application", Application)
    files = tuple(folder / f"{stem}.wav" for stem in STEMS)
    run(transfer.apply.main, ApplyOptions(folder, files, tmp_path / "out"))
    check(tmp_path / "out", ".wav")


def test_transfers_are_scored(tmp_path):
    """Of every name as content, style or result."""
    draws = np.random.default_rng(0)
    sounds = [tmp_path / f"{stem}.wav" for stem in STEMS]
    for sound in sounds:
        write(sound, 0.1 * draws.standard_normal(8_800), 8_000)
    output = tmp_path / f"{STEMS[1]}.json"
    options = transfer.scores.__main__.Options(sounds[0], sounds[1], tuple(sounds[2:]), output)
    printed, _ = run(transfer.scores.__main__.main, options)
    assert set(map(str, sounds[2:])) <= set(read_json(output)["scores"])
    assert "日本" in printed


@pytest.mark.usefixtures("undrawn_curves")
def test_pieces_are_gone_on_with(folder, tmp_path):
    write_corpus(tmp_path / "data", pieces_per_style=3, bars=4)
    with registered():
        preset = replace(module_of("generators", "toy_tokens").PRESETS["quick"], epochs=1, steps=1)
        trained = tmp_path / STEMS[1]
        train("generators", "toy_tokens", preset, data=tmp_path / "data", output=trained, cache=tmp_path / "cache")
        for number, stem in enumerate(STEMS):
            primer, output = folder / f"{stem}.mid", tmp_path / f"out {number}"
            run(
                generators.sample.main,
                SequenceSampleOptions(trained, output, count=1, columns=8, format="midi,npy", primer=primer),
            )
            with (output / "manifest.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
                assert [row["primer"] for row in csv.DictReader(file)] == [str(primer)]


@pytest.mark.usefixtures("undrawn_curves")
def test_labels_may_be_any_names(folder, tmp_path):
    """Trained, evaluated, reported, predicted."""
    for number, label in enumerate(LABELS):
        (tmp_path / "data" / label).mkdir(parents=True)
        for k in range(3):
            sound = (0.2 + 0.1 * k) * np.sin(np.arange(4_000) * (number + 1) / 9)
            write(tmp_path / "data" / label / f"{STEMS[k]}.wav", sound, 8_000)
    trained = tmp_path / STEMS[1]
    train(
        "classifiers", "softmax", softmax.PRESETS["quick"], data=tmp_path / "data", output=trained, cache=tmp_path / "cache"
    )
    run(classifiers.evaluate.main, classifiers.evaluate.Options((trained,)))
    assert read_json(trained / "evaluation.json")["labels"] == sorted(LABELS)
    assert LABELS[4].encode() in (trained / "report.html").read_bytes()
    files = (trained, *(folder / f"{stem}.wav" for stem in STEMS))
    run(classifiers.predict.main, classifiers.predict.Options(files, tmp_path / "out"))
    check(tmp_path / "out", ".json", ".png")
    for path in (tmp_path / "out").glob("*.json"):
        found = read_json(path)
        assert set(found["mean"]) == set(LABELS)
        assert set(found["windows"][0]["probabilities"]) == set(LABELS)
