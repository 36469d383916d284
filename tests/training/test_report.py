"""The report shows what is there and survives what is not."""

import pytest

from classifiers import Classifiers
from training import report
from training.family import Report, Section
from training.files import write_json
from training.report import write_report


@pytest.fixture(autouse=True)
def drawn(monkeypatch):
    """With curves, unlike in the other tests."""
    monkeypatch.setattr(report, "_curves", getattr(report._curves, "__wrapped__", report._curves))


@pytest.fixture
def tells(monkeypatch):
    """Makes the family of a run tell this."""
    return lambda *told: monkeypatch.setattr(Classifiers, "report", lambda self, run, evaluation: Report(*told))


def test_a_page_of_what_the_run_holds(tmp_path, tells):
    write_json(tmp_path / "config.json", {"format": 1, "package": "classifiers", "model": "softmax", "labels": ["<b>"]})
    page = write_report(tmp_path).read_text()
    assert "classifiers.softmax" in page
    assert "&lt;b&gt;" in page
    assert "Samples" not in page
    (tmp_path / "history.csv").write_text("epoch,loss,val_loss,a,b,c\n0,2.0,3.0,1,1,1\n1,1.0,2.5,2,,2\n")
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "a b.png").touch()
    (tmp_path / "samples" / "a b.wav").touch()
    told = Section("Test", "fine & well", table=[("a", "1 < 2")], files=["x.png", "it.mid", "a.wav"])
    tells([told])
    page = write_report(tmp_path).read_text()
    assert "fine &amp; well" in page
    assert "<td>1 &lt; 2</td>" in page
    assert '<a download href="it.mid">' in page
    assert "data:image/png;base64" in page
    assert 'src="samples/a%20b.png"' in page
    assert '<audio controls src="samples/a%20b.wav">' in page


def test_names_of_any_bytes_are_shown_and_found(tmp_path, tells):
    write_json(tmp_path / "config.json", {"format": 1, "package": "classifiers", "model": "softmax"})
    tells([Section("Test", "caf\udce9", table=[("日本 $x$", "<i>")], files=["caf\udce9 ü.wav"])])
    page = write_report(tmp_path).read_bytes()
    assert b'src="caf%E9%20%C3%BC.wav"' in page
    assert b"<p>caf\xe9</p>" in page
    assert "<td>日本 $x$</td>".encode() in page
    assert b"&lt;i&gt;" in page


def test_levels_are_drawn_beside_their_curves(tmp_path, tells):
    write_json(tmp_path / "config.json", {"format": 1, "package": "classifiers", "model": "softmax"})
    (tmp_path / "history.csv").write_text("epoch,density\n0,0.2\n1,0.1\n")
    pages = []
    for levels in ({}, {"density": 0.05}, {"loss": 1.0}):
        tells([], levels)
        pages.append(write_report(tmp_path).read_text())
    plain, ruled, other = pages
    assert len(ruled) > len(plain)
    assert other == plain


def test_the_folder_of_the_newest_evaluation_is_remembered(tmp_path, monkeypatch):
    write_json(tmp_path / "config.json", {"format": 1, "package": "classifiers", "model": "softmax"})
    seen = []
    monkeypatch.setattr(Classifiers, "report", lambda self, run, evaluation: seen.append(evaluation) or Report())
    for folder in (None, tmp_path / "elsewhere", None):
        write_report(tmp_path, folder)
    assert seen == [tmp_path / "evaluation", tmp_path / "elsewhere", tmp_path / "elsewhere"]
