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
    assert "<h1>Softmax regression on the flattened spectrogram picture, trained on demo music</h1>" in page
    assert "classifiers.softmax" in page
    assert "&lt;b&gt;" in page
    assert "Samples" not in page
    (tmp_path / "history.csv").write_text("epoch,loss,val_loss,a,b,c\n0,2.0,3.0,1,1,1\n1,1.0,2.5,2,,2\n")
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "a_b-c-0010.png").touch()
    (tmp_path / "samples" / "a b.wav").touch()
    table, captions = [("a", "b > c"), ("d", "1 < 2")], {"x.png": "what <x> is"}
    told = Section(
        "Test", "fine & well", table, ["x.png", "it.mid", "a.wav"], captions, {"loss": "less & less"}, ["do <it>"],
        loops=["a.wav"],
    )  # fmt: skip
    tells([told])
    page = write_report(tmp_path).read_text()
    assert "fine &amp; well" in page
    assert "<td>1 &lt; 2</td>" in page
    assert "<th>b &gt; c</th>" in page
    assert '<img src="x.png" alt="what &lt;x&gt; is">' in page
    assert "<dt>loss</dt><dd>less &amp; less</dd>" in page
    assert "<pre>do &lt;it&gt;</pre>" in page
    assert '<a download href="it.mid">' in page
    assert "<figcaption>a b c, after epoch 10</figcaption>" in page
    assert '<audio controls src="samples/a%20b.wav">' in page
    assert '<audio controls loop src="a.wav">' in page


def test_names_of_any_bytes_are_shown_and_found(tmp_path, tells):
    write_json(tmp_path / "config.json", {"format": 1, "package": "classifiers", "model": "softmax"})
    tells([Section("Test", "caf\udce9", table=[("日本 $x$", "<i>")], files=["caf\udce9 ü.wav"])])
    page = write_report(tmp_path).read_bytes()
    assert b'src="caf%E9%20%C3%BC.wav"' in page
    assert b"<p>caf\xe9</p>" in page
    assert "<th>日本 $x$</th>".encode() in page
    assert b"&lt;i&gt;" in page


def test_curves_are_in_the_colours_of_the_page(tmp_path, tells):
    """Named axes, validation beside training, nothing that another drawing of the same would change, no address."""
    write_json(
        tmp_path / "config.json", {"format": 1, "package": "classifiers", "model": "softmax", "data": {"path": "/my/songs"}}
    )
    (tmp_path / "history.csv").write_text("epoch,loss,val_loss\n0,2.0,3.0\n1,1.0,2.5\n")
    tells([], {}, {"loss": "less is more", "absent": "unsaid"})
    page = write_report(tmp_path).read_text()
    drawing = page[page.index("<svg") : page.index("</svg>")]
    assert "currentColor" in drawing
    assert "#000000" not in drawing
    for word in ("epoch", "loss", "training", "validation"):
        assert f">{word}</text>" in drawing
    assert "http" not in page
    assert "prefers-color-scheme: dark" in page
    assert "less is more" in page
    assert "unsaid" not in page
    assert "trained on songs</h1>" in page
    assert write_report(tmp_path).read_text() == page


def test_the_command_that_made_a_run_is_told(tmp_path, tells):
    command = {"folder": "/my songs", "line": "python -m classifiers.train softmax --data 'a b'"}
    write_json(tmp_path / "config.json", {"format": 1, "package": "classifiers", "model": "softmax", "command": command})
    write_json(tmp_path / "best.json", {"epoch": 3, "monitor": "val_loss", "value": 0.51234})
    tells([])
    page = write_report(tmp_path).read_text()
    assert "<pre>cd &#39;/my songs&#39;\npython -m classifiers.train softmax --data &#39;a b&#39;</pre>" in page
    assert "epoch 4, val_loss 0.5123" in page


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
