"""Continuations beside real ones: the record, what can be seen and heard of it, and what cannot be evaluated."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from generators.sequences import SequenceEvaluateOptions, evaluation
from generators.sequences.columns import Columns
from generators.sequences.data import open_pieces
from generators.sequences.evaluation import text_table
from midi.codecs import codec_named
from midi.files.reading import read
from midi.measures.continuation import FIGURES, SEAMS, figures_of
from spectro.audio import read as read_sound
from training.errors import InputError
from training.report import write_report
from training.runs.lock import exclusive

HOW = {"count": 2, "prompt_bars": 2, "generated_bars": 3}


def evaluate(runs, **options):
    return evaluation.evaluate(SequenceEvaluateOptions(tuple(runs), **options))


@pytest.fixture
def run(framed, tmp_path):
    """A copy, whose report may be rewritten."""
    return shutil.copytree(framed, tmp_path / "run", ignore=shutil.ignore_patterns(".lock"))


@pytest.fixture(scope="module")
def evaluated(framed, tmp_path_factory):
    """A run that was evaluated once, and its record."""
    run = shutil.copytree(framed, tmp_path_factory.mktemp("evaluated") / "run", ignore=shutil.ignore_patterns(".lock"))
    return run, *evaluate([run], **HOW)


def test_the_record_has_everything(evaluated, frames):
    """The levels of the real continuations are worked out from the file: three test pieces have five bars."""
    run, record = evaluated
    assert json.loads((run / "evaluation" / "evaluation.json").read_text()) == record
    assert set(record["figures"]) == set(FIGURES)
    assert set(record["seams"]) == set(SEAMS)
    assert "onsets at joints" in text_table(record)
    assert (record["pieces"]["real"], record["pieces"]["generated"]) == (3, 2)
    assert record["options"]["generated_bars"] == 3
    data = open_pieces(frames, Columns(codec_named("frames88")))
    real = [figures_of(data.steps(number, 16, 40), 8) for number in data.parts["test"] if data.lengths[number] >= 40]
    for name, row in record["figures"].items():
        levels = np.percentile([each[name] for each in real], (5, 50, 95))
        np.testing.assert_allclose(row["real"], levels, atol=1e-6)
        assert row["within"] == (levels[0] <= row["generated"] <= levels[2])
        assert 0 <= row["fraction_within"] <= 1
        assert name in text_table(record)
    assert "2 continuations beside 3 real ones" in text_table(record)


def test_it_can_be_seen_and_heard(evaluated):
    run, record = evaluated
    assert record["files"]["pictures"] == ["continuations.png"]
    picture = np.asarray(Image.open(run / "evaluation" / "continuations.png"))
    assert picture.shape[0] > 2 * 88, "real above generated, and a row for each piece"
    assert picture.shape[1] > 2 * (16 + 24)
    assert len(record["files"]["sounds"]) == 2 * 2
    for name in record["files"]["sounds"]:
        path = run / "evaluation" / name
        if path.suffix == ".mid":
            assert len(read(path))
        else:
            samples, rate = read_sound(path)[:2]
            assert rate == evaluation.RATE
            assert np.abs(samples).max() > 0.01
    page = (run / "report.html").read_text()
    assert "Continuations" in page
    assert write_report(run).read_text() == page, "as after the same training command again"


def test_every_model_gets_a_folder(runs, cache, tmp_path):
    how = {"count": 2, "prompt_bars": 1, "generated_bars": 1}
    records = evaluate(runs.values(), **how, output=tmp_path / "out", cache=cache)
    assert [record["model"] for record in records] == list(runs)
    assert len(list((tmp_path / "out").glob("*/evaluation.json"))) == len(runs)
    assert all(set(record["figures"]) == set(FIGURES) for record in records)


def test_results_that_exist_are_kept_unless_forced(evaluated):
    run, record = evaluated
    with pytest.raises(InputError, match="exists"):
        evaluate([run], **HOW)
    assert evaluate([run], **HOW, force=True) == [record]


def test_what_cannot_be_evaluated_is_one_line(run, frames, tmp_path):
    with pytest.raises(InputError, match="1 test pieces last 9 bars; two are needed"):
        evaluate([run], prompt_bars=4, generated_bars=5)
    with pytest.raises(InputError, match="0 test pieces last 24 bars"):
        evaluate([run])
    with pytest.raises(InputError, match="--count must be 2 or more; received 1"):
        evaluate([run], count=1)
    changed = tmp_path / "changed.mat"
    changed.write_bytes(frames.read_bytes() + b"\0" * 8)
    with pytest.raises(InputError, match=r"changed\.mat"):
        evaluate([run], **HOW, data=changed)
    assert not (run / "evaluation").exists()


def test_a_run_that_is_being_trained_is_refused(run):
    with exclusive(run), pytest.raises(InputError, match="is in use: is it still training"):
        evaluate([run], **HOW)
    assert not (run / "evaluation").exists()
