"""Many pairs in one command: shared work, bad pairs, resuming, Ctrl-C."""

import csv
import json
import os
import signal

import numpy as np
import pytest

from spectro.audio import write
from training.cli import guarded
from training.errors import InputError
from transfer import nst
from transfer.style.batch import COLUMNS
from transfer.style.features.extractor import Extractor
from transfer.style.methods import NetworkMethod
from transfer.style.options import StyleOptions


@pytest.fixture
def sounds(tmp_path, noise):
    """Two contents and two styles, as options."""
    for place, name in enumerate("abst"):
        write(tmp_path / f"{name}.wav", noise(0.3 + 0.1 * place, seed=place), 8_000)
    paths = [tmp_path / f"{name}.wav" for name in "abst"]
    return {"content": tuple(paths[:2]), "style": tuple(paths[2:])}


@pytest.fixture
def options(tmp_path, run, sounds):
    def options(**given) -> StyleOptions:
        given = {**sounds, **given}
        return StyleOptions(**{"features": str(run), "preset": "quick", "output": tmp_path / "out", **given})

    return options


@pytest.fixture
def calls(monkeypatch):
    """Names of the calls of what is shared and of what is not."""
    made = []
    for owner, name in ((Extractor, "style_statistics"), (NetworkMethod, "transfer"), (NetworkMethod, "__init__")):
        original = getattr(owner, name)

        def counted(self, *given, _name=name, _original=original, **named):
            made.append(_name)
            return _original(self, *given, **named)

        monkeypatch.setattr(owner, name, counted)
    return made


@pytest.fixture
def drawings(monkeypatch):
    """Pictures take most of the time; here they are empty files."""
    monkeypatch.setattr("transfer.style.report._draw", lambda result, judgement, path: path.touch())
    monkeypatch.setattr("transfer.style.report._draw_sheet", lambda shown, setting, path: path.write_text(str(len(shown))))


def table(folder) -> list[dict[str, str]]:
    with (folder / "scores.csv").open(newline="", encoding="utf-8", errors="surrogateescape") as file:
        return list(csv.DictReader(file))


def pair_table(tmp_path, *rows: str):
    path = tmp_path / "pairs.csv"
    path.write_text("\n".join(["content,style,output", *rows]))
    return {"pairs": path, "content": (), "style": ()}


def test_all_pairs_share_network_and_statistics_and_are_what_each_is_alone(tmp_path, options, sounds, calls, capsys):
    nst.main(options())
    assert (calls.count("__init__"), calls.count("style_statistics"), calls.count("transfer")) == (1, 2, 4)
    out = tmp_path / "out"
    rows = table(out)
    assert [row["output"] for row in rows] == ["a-as-s.wav", "a-as-t.wav", "b-as-s.wav", "b-as-t.wav"]
    assert tuple(rows[0]) == COLUMNS
    assert {row["outcome"] for row in rows} == {"transferred"}
    assert (out / "contact_sheet.png").stat().st_size > 10_000
    printed = capsys.readouterr().out.splitlines()
    assert set(printed[:4]) == {str(out / row["output"]) for row in rows}
    assert printed[-2:] == [str(out / "scores.csv"), str(out / "contact_sheet.png")]
    assert "| b-as-t |" in printed[-5]
    assert "| mean |" in printed[-4]
    nst.main(options(content=sounds["content"][1:], style=sounds["style"][1:], output=tmp_path / "alone.wav"))
    assert (tmp_path / "alone.wav").read_bytes() == (out / "b-as-t.wav").read_bytes()
    reports = [json.loads(path.read_text()) for path in (tmp_path / "alone.json", out / "b-as-t.json")]
    assert reports[0]["fingerprint"] == reports[1]["fingerprint"]
    assert reports[1]["options"]["content"] == str(tmp_path / "b.wav")


@pytest.mark.usefixtures("drawings")
def test_what_is_finished_is_not_transferred_again(tmp_path, options, calls):
    nst.main(options())
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*-as-*")}
    figures = [{**row, "outcome": ""} for row in table(tmp_path / "out")]
    (tmp_path / "out" / "a-as-t.wav").unlink()
    calls.clear()
    nst.main(options())
    assert calls.count("transfer") == 1
    assert [row["outcome"] for row in table(tmp_path / "out")] == [
        "finished before",
        "transferred",
        *["finished before"] * 2,
    ]
    assert [{**row, "outcome": ""} for row in table(tmp_path / "out")] == figures
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*-as-*")}
    assert {path.stem for path in before if before[path] != after[path]} == {"a-as-t"}


@pytest.mark.usefixtures("drawings")
def test_results_of_other_options_or_files_are_not_taken_for_these(tmp_path, options, sounds, noise, capsys):
    one = {"content": sounds["content"][:1]}
    nst.main(options(**one))
    write(tmp_path / "t.wav", noise(0.4, seed=9), 8_000)
    assert guarded(nst.main, options(**one)) == 1
    assert [row["outcome"] for row in table(tmp_path / "out")] == ["finished before", "left out"]
    assert guarded(nst.main, options(**one, iterations=2)) == 1
    assert all("exists already" in row["reason"] for row in table(tmp_path / "out"))
    nst.main(options(**one, iterations=2, force=True))
    assert {row["outcome"] for row in table(tmp_path / "out")} == {"transferred"}
    assert json.loads((tmp_path / "out" / "a-as-t.json").read_text())["settings"]["iterations"] == 2


@pytest.mark.usefixtures("drawings")
def test_a_bad_pair_is_told_and_the_rest_goes_on(tmp_path, options, capsys):
    write(tmp_path / "silent.wav", np.zeros(4_000, np.float32), 8_000)
    (tmp_path / "text.wav").write_text("hello, this is no sound at all")
    rows = ["absent.wav,s.wav", "a.wav,silent.wav", "text.wav,s.wav", "a.wav"]
    rows += ["a.wav,s.wav,in/good.wav", "a.wav,t.wav,a.mp3", "a.wav,t.wav,/x.wav"]
    assert guarded(nst.main, options(**pair_table(tmp_path, *rows))) == 1
    printed = capsys.readouterr()
    assert "error: 6 of 7 pairs could not be transferred: absent-as-s, " in printed.err
    told = [line for line in printed.err.splitlines() if line.startswith("left out: ")]
    assert told == printed.err.splitlines()[: len(told)], "before any work"
    assert len(told) == 4
    reasons = [row["reason"] for row in table(tmp_path / "out")]
    expectations = ("not found", "silent", "not sound", "line 5: no style", "", "name of a .wav", "name of a .wav")
    for reason, expected in zip(reasons, expectations, strict=True):
        assert expected in reason
        assert reason in printed.err
    good = table(tmp_path / "out")[4]
    assert (good["output"], good["outcome"]) == ("in/good.wav", "transferred")
    assert "| in/good |" in printed.out
    assert {path.stem for path in (tmp_path / "out").rglob("*.wav")} == {"good"}
    assert (tmp_path / "out" / "contact_sheet.png").exists()


@pytest.mark.parametrize("error", [RuntimeError("odd"), OSError(5, "Input/output error"), MemoryError(), KeyError("x")])
@pytest.mark.usefixtures("drawings")
def test_whatever_goes_wrong_with_one_pair_the_others_go_on(tmp_path, options, monkeypatch, capsys, error):
    transfer = NetworkMethod.transfer

    def fail(self, content, *given, **named):
        if content.source.stem == "a":
            raise error
        return transfer(self, content, *given, **named)

    monkeypatch.setattr(NetworkMethod, "transfer", fail)
    assert guarded(nst.main, options(style=(tmp_path / "s.wav",))) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "error: 1 of 2 pairs could not be transferred: a-as-s"
    assert [row["outcome"] for row in table(tmp_path / "out")] == ["left out", "transferred"]


def test_names_may_be_any(tmp_path, options, noise):
    """Drawn, in the table, in the reports."""
    names = [os.fsdecode(b"lat\xe9 A$AP_L$D"), "日本" * 40]
    for place, name in enumerate(names):
        write(tmp_path / f"{name}.wav", noise(0.3, seed=place), 8_000)
    nst.main(options(**{side: (tmp_path / f"{name}.wav",) for side, name in zip(("content", "style"), names, strict=True)},
                     output=tmp_path / "one.wav"))  # fmt: skip
    assert (tmp_path / "one.png").stat().st_size > 10_000
    nst.main(options(content=tuple(tmp_path / f"{name}.wav" for name in names), style=(tmp_path / f"{names[1]}.wav",)))
    rows = table(tmp_path / "out")
    assert [row["outcome"] for row in rows] == ["transferred"] * 2
    assert (tmp_path / "out" / "contact_sheet.png").stat().st_size > 10_000


@pytest.mark.usefixtures("drawings")
def test_no_pair_at_all_can_be_transferred(tmp_path, options):
    assert guarded(nst.main, options(**pair_table(tmp_path, "absent.wav,s.wav"))) == 1
    assert not (tmp_path / "out").exists(), "it is known before any work"


@pytest.mark.usefixtures("drawings")
def test_interrupted_it_keeps_what_is_finished_and_goes_on_later(tmp_path, options, calls, monkeypatch):
    from transfer.style.gatys import OptimisedPicture

    optimise, calls_so_far = OptimisedPicture.optimise, []

    def optimise_then_interrupt(self, *given):
        calls_so_far.append(self)
        if len(calls_so_far) == 2:
            os.kill(os.getpid(), signal.SIGINT)
        return optimise(self, *given)

    monkeypatch.setattr(OptimisedPicture, "optimise", optimise_then_interrupt)
    assert guarded(nst.main, options()) == 130
    assert [row["outcome"] for row in table(tmp_path / "out")] == ["transferred", "interrupted"]
    calls.clear()
    nst.main(options())
    assert calls.count("transfer") == 3
    assert len(table(tmp_path / "out")) == 4
    assert not any(json.loads(path.read_text())["interrupted"] for path in (tmp_path / "out").glob("*.json"))


@pytest.mark.usefixtures("drawings")
def test_killed_it_knows_its_own_results(tmp_path, options, sounds, monkeypatch):
    one = {"content": sounds["content"][:1]}
    with monkeypatch.context() as patch:
        patch.setattr("transfer.style.batch.judge", lambda *given: (_ for _ in ()).throw(SystemExit("killed")))
        with pytest.raises(SystemExit):
            nst.main(options(**one))
    assert (tmp_path / "out" / "a-as-s.wav").exists()
    nst.main(options(**one))
    assert {row["outcome"] for row in table(tmp_path / "out")} == {"transferred"}


@pytest.mark.usefixtures("drawings")
def test_other_files_in_the_folder_are_left_alone(tmp_path, options):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "a-as-s.wav").write_text("mine")
    assert guarded(nst.main, options()) == 1
    assert (tmp_path / "out" / "a-as-s.wav").read_text() == "mine"
    (tmp_path / "out" / "scores.csv").write_text("my,own,table\n")
    with pytest.raises(InputError, match=r"scores\.csv exists already"):
        nst.main(options())


@pytest.mark.usefixtures("drawings")
def test_a_second_sheet_takes_what_the_first_cannot_hold(tmp_path, options, sounds, monkeypatch):
    monkeypatch.setattr("transfer.style.report.SHEET_ROWS", 1)
    nst.main(options(content=sounds["content"][:1]))
    sheets = [tmp_path / "out" / f"contact_sheet{number}.png" for number in ("", "-2")]
    assert [sheet.read_text() for sheet in sheets] == ["1", "1"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"output": "out.wav"}, "give a folder"),
        ({"output": "a.wav"}, "give a folder"),
        ({"style": ()}, "received only --content"),
        ({"content": ()}, "received only --style"),
        ({"pairs": "pairs.csv"}, "without --content and --style"),
        ({"pairs": "absent.csv", "content": (), "style": ()}, "not found"),
        ({"iterations": 0}, "iterations must be"),
    ],
)
def test_mistakes_are_told_before_the_work(tmp_path, options, given, reason):
    places = {name: tmp_path / value for name, value in given.items() if isinstance(value, str)}
    with pytest.raises(InputError, match=reason):
        nst.main(options(**{**given, **places}))
    assert not (tmp_path / "out").exists()
