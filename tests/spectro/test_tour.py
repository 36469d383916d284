"""The tour's steps are commands as they are today, a failing one ends it, and its page tells what came of them."""

import dataclasses
import html
import importlib

import pytest
import tyro

from spectro import tour as touring
from spectro.commands import COMMANDS, command_of
from spectro.tour import Step, steps_into, tour
from spectro.tour.page import write
from training.cli import markers
from training.errors import InputError
from training.files import write_json
from training.options import check

SCORES = {"timbre": 0.9, "texture": 0.8, "content_preservation": 0.7, "no_leakage": 1.0, "score": 0.83, "judge": 0.6}


def test_steps_are_commands_as_they_are_today(tmp_path):
    seen = set()
    for step in (step for lane in steps_into(tmp_path) for step in lane):
        name, rest = command_of(list(step.words))
        seen.add(name)
        if name != "classify train":  # whose options are those of the model, too
            module = COMMANDS[name].module
            module = importlib.import_module(f"{module}.__main__" if name.endswith("demo") else module)
            options = module.Options if hasattr(module, "Options") else module.options_for(rest)
            check(tyro.cli(options, args=rest, config=markers()))
    assert {
        "nst",
        "classify predict",
        "classify train",
        "midi convert",
        "midi render",
        "generate sample",
        "transcribe",
    } <= seen


def test_steps_run_and_the_page_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(touring, "steps_into", lambda folder: ([Step(("--version",), "tell")], []))
    with pytest.raises(InputError, match="no command '--version'"):
        tour(tmp_path / "out")
    cache = Step(("cache", "list", "--cache", str(tmp_path / "none")), "look")
    monkeypatch.setattr(touring, "steps_into", lambda folder: ([cache], [cache]))
    monkeypatch.setattr("spectro.tour.page.write", lambda folder, steps: (folder, [step.about for step in steps]))
    assert tour(tmp_path / "out") == (tmp_path / "out", ["look", "look"])
    assert f"$ spectro cache list --cache {tmp_path / 'none'}" in capsys.readouterr().err


def test_a_failing_step_ends_it_with_its_own_words(tmp_path, monkeypatch):
    steps = [Step(("midi", "render", "missing.mid"), "fail"), Step(("cache",), "never")]
    monkeypatch.setattr(touring, "steps_into", lambda folder: (steps, []))
    with pytest.raises(InputError, match=r"spectro midi render ended with status 1: .*missing\.mid"):
        tour(tmp_path / "out")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is a file"):
        tour(tmp_path / "file")


@pytest.fixture
def toured(tmp_path):
    """A folder with the figures of a tour."""
    scores = {"result": SCORES, "equalised": {**SCORES, "score": None}}
    write_json(tmp_path / "lo_fi_as_future_bass.json", {"scores": scores})
    write_json(tmp_path / "lo_fi_as_future_bass-hybrid.json", {"scores": {**scores, "result": {**SCORES, "score": 0.79}}})
    for name, label in (("-content", "lo_fi"), ("", "future_bass"), ("-hybrid", "house")):
        name = f"lo_fi_as_future_bass{name}"
        write_json(tmp_path / "verdicts" / f"{name}.json", {"verdict": label, "mean": {label: 0.75, "noise": 0.25}})
    (tmp_path / "loop").mkdir()
    (tmp_path / "loop" / "manifest.csv").write_text("item,tempo,beats\n0,124.2611,16\n")
    write_json(tmp_path / "folk.png.json", {"losses": {"kept": 191, "notes": 192}})
    right = {"onset_precision": 0.9, "onset_recall": 0.8, "onset_f1": 0.847, "offset_f1": 0.61}
    write_json(tmp_path / "folk_heard.mid.json", {"notes": [{}] * 170, "figures": right})
    part = {"accuracy": 0.5, "low": 0.25, "high": 0.75}
    write_json(
        tmp_path / "classifier" / "evaluation.json", {"labels": list("abcd"), "tracks": 8, "clips": 24, "segment": part}
    )
    return tmp_path


def test_the_page_tells_scores_in_words(toured):
    step = dataclasses.replace(steps_into(toured)[0][0], seconds=12.3)
    page = html.unescape(write(toured, [step]).read_text())
    for said in (
        "0.83 of 1 in all, 0.79 with sounds that are the style's own",
        "reaches -.",
        "hears lo fi (75 %) before, future bass (75 %) and house (75 %) after",
        "16 beats at 124.3 a minute",
        "191 of 192 notes",
        "wrote 170 notes down",
        "90 % of them are right, 80 % of the tune's notes were found (F1 0.85; with their ends 0.61)",
        "24 clips of 8 tracks that it had never heard it names 50 % rightly",
        "guessing gives 25 %",
        "from 25 to 75 %",
        "(12 s)\nspectro nst --output ",
        "spectro classify train --data my_music",
    ):
        assert said in page
    assert page.count("<audio") == 13
    assert page.count("<audio controls loop") == 1
    assert page.count("<img") == 5


@pytest.mark.slow
def test_a_whole_tour(tmp_path):
    page = tour(tmp_path / "demo")
    for shown in ("lo_fi_as_future_bass.wav", "heard/folk_again.wav", "classifier/confusion.png", "drawings/folk.png",
                  "more/sheet.png", "folk_heard.mid.png", "lo_fi_as_future_bass-hybrid.wav", "longer/wav/000000.wav",
                  "loop/wav/000000.wav"):  # fmt: skip
        assert (page.parent / shown).exists()
        assert shown in page.read_text()
