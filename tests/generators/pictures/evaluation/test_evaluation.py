"""Evaluations of quick runs: every figure by another way, every file of the page there, every mistake one line."""

import json
import shutil
from functools import partial
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

from classifiers.pretrained import path as pretrained
from generators.pictures import PictureEvaluateOptions as Options
from generators.pictures import PictureSampleOptions, evaluation
from generators.pictures.data import PictureRun, data_of
from generators.pictures.evaluation import evaluate, samples_of
from generators.pictures.evaluation.likeness import likeness
from generators.pictures.sampling import sample
from midi.files.reading import read
from training.errors import InputError
from training.files import outputs_of_runs, read_json
from training.report import write_report
from training.runs.lock import exclusive

COUNT = 70


@pytest.fixture(scope="module")
def cache(runs):
    return runs["vae"].parent / "cache"


@pytest.fixture(scope="module", autouse=True)
def few_repeats():
    """A bootstrap of four, to be quick."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(evaluation, "likeness", partial(likeness, repeats=4))
        yield


@pytest.fixture(scope="module")
def evaluated(runs, labelled, cache, few_repeats, tmp_path_factory):
    """A conditional VAE and an unconditional GAN: their runs and records."""
    root = tmp_path_factory.mktemp("evaluated runs")
    folders = [shutil.copytree(run, root / run.name) for run in (labelled, runs["dcgan"])]
    records = evaluate(Options(tuple(folders), count=COUNT, cache=cache))
    return {"vae": (folders[0], records[0]), "dcgan": (folders[1], records[1])}


@pytest.fixture
def run(runs, tmp_path):
    """A run of one's own, to be spoilt."""
    return Path(shutil.copytree(runs["vae"], tmp_path / "run"))


class Page(HTMLParser):
    """What a page refers to, and its headings."""

    def __init__(self, path):
        super().__init__()
        self.links, self.tags = [], []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in ("src", "href", "srcset", "data", "poster", "action")]


@pytest.mark.parametrize("model", ["vae", "dcgan"])
def test_the_page_needs_nothing_from_elsewhere(evaluated, model):
    from urllib.parse import unquote

    run, record = evaluated[model]
    assert read_json(run / "evaluation" / "evaluation.json")["pictures"] == record["pictures"]
    page = Page(run / "report.html")
    assert not {"link", "script", "iframe"} & set(page.tags)
    assert page.tags.count("audio") == len(record["listening"]["rendered"])
    files = [link for link in page.links if not link.startswith("data:image/png;base64,")]
    assert len(files) >= 2 * page.tags.count("audio") + len(record["files"])
    for link in files:
        assert not link.startswith(("/", "http"))
        assert (run / unquote(link)).is_file()
    text = (run / "report.html").read_text()
    assert "http" not in text
    for title in ("Evaluation", "Measures", "Copies", "Listen", "Files"):
        assert f"<h2>{title}</h2>" in text
    assert write_report(run).read_text() == text, "as after the same training command again"
    assert ("<h2>Labels</h2>" in text) == ("<h2>Latent map</h2>" in text) == (model == "vae")


def test_samples_are_those_of_the_command_sample(runs, tmp_path):
    sample(PictureSampleOptions(runs["vae"], tmp_path / "out", count=70, seed=3, format="npy", items=(0, 69)))
    run = PictureRun(runs["vae"])
    images, labels = samples_of(run, run.sampler(), 70, 3)
    assert labels is None
    for item in (0, 69):
        np.testing.assert_array_equal(np.load(tmp_path / "out" / "npy" / f"{item:06d}.npy")[0], images[item])


@pytest.mark.parametrize("model", ["vae", "dcgan"])
def test_figures_of_the_pictures(evaluated, cache, model):
    run, record = evaluated[model]
    opened = PictureRun(run)
    data = data_of(opened, cache=cache)
    samples = samples_of(opened, opened.sampler(), COUNT, 0)[0] > 127
    training = data.corpus[data.split.train] > 127
    rows = [np.flatnonzero(images.any(axis=(0, 2, 3))) for images in (samples, training)]
    found = record["pictures"]
    assert found["samples"]["density"] == pytest.approx(samples.mean())
    assert found["training"]["density"] == pytest.approx(training.mean())
    assert found["samples"]["pitches"] == len(rows[0])
    assert found["samples"]["pitches_share"] == pytest.approx(len(np.intersect1d(*rows)) / len(rows[1]))
    assert found["samples"]["empty"] == pytest.approx((~samples.any(axis=(1, 2, 3))).mean())
    assert record["parts"]["train"] == len(training)


def test_the_histograms_have_pitches_as_index(evaluated, cache):
    run, record = evaluated["vae"]
    opened = PictureRun(run)
    data = data_of(opened, cache=cache)
    images = data.corpus[data.split.test]
    expected = np.mean([np.bincount(notes := opened.codec.decode(image[None]).notes["pitch"], minlength=128) / len(notes)
                        for image in images], axis=0)  # fmt: skip
    held_out, samples = (one["measures"]["pitch_histogram"]["mean"] for one in record["measures"]["sets"])
    np.testing.assert_allclose(held_out, expected)
    np.testing.assert_allclose(record["measures"]["difference"]["pitch_histogram"], np.subtract(samples, held_out))


def test_the_loss_is_over_the_whole_test_part(evaluated, cache):
    run, record = evaluated["vae"]
    opened = PictureRun(run)
    data = data_of(opened, cache=cache)
    pictures = data.corpus[data.split.test] / np.float32(255)
    mean, log_variance = opened.module.encode(opened.model, pictures, data.labels(data.split.test, opened.labels))
    divergence = -0.5 * (1 + log_variance - mean**2 - np.exp(log_variance)).sum(axis=1)
    loss, bits = record["loss"], pictures[0].size * np.log(2)
    assert loss["kl"] == pytest.approx(divergence.mean(), rel=1e-4)
    assert loss["bits"] == pytest.approx((loss["kl"] - loss["likelihood"]) / bits, rel=1e-4)
    share = np.clip((data.corpus[data.split.train] / 255).mean(axis=(0, 2), keepdims=True), 1e-6, 1 - 1e-6)
    expected = -(pictures * np.log2(share) + (1 - pictures) * np.log2(1 - share)).mean()
    assert loss["marginal"] == pytest.approx(expected, rel=1e-4)
    assert loss["constant"] > loss["marginal"] > loss["markov"]
    assert evaluated["dcgan"][1]["loss"] is None


def test_each_label_has_its_own_figures(evaluated):
    labels = evaluated["vae"][1]["labels"]
    assert len(labels) >= 2
    assert sum(one["samples"] for one in labels.values()) == 70
    assert any(one["likeness"] for one in labels.values())
    assert evaluated["dcgan"][1]["labels"] == {}


@pytest.mark.parametrize("model", ["vae", "dcgan"])
def test_what_is_heard_is_what_is_told(evaluated, model):
    run, record = evaluated[model]
    low, high = record["listening"]["note_rates"]
    assert 0 < low < high
    codec = PictureRun(run).codec
    for one in record["listening"]["rendered"]:
        sound, _ = soundfile.read(run / "evaluation" / one["wav"])
        assert one["peak"] == pytest.approx(np.abs(sound).max(), abs=1e-3)
        assert one["rms"] == pytest.approx(np.sqrt((sound**2).mean()), abs=1e-3)
        assert one["not_clipped"] == (np.abs(sound).max() < 1)
        assert one["silent"] == (one["rms"] < 1e-3)
        piece = read(run / "evaluation" / one["midi"])
        assert one["in_range"] == (low <= one["note_rate"] <= high)
        seconds = codec.columns / codec.resolution * 0.6 if codec.name == "roll96" else codec.columns / codec.resolution / 2
        assert one["note_rate"] == pytest.approx(len(piece) / seconds)


def test_training_pictures_are_found_to_be_copies(run, cache, monkeypatch, undrawn):
    data = data_of(PictureRun(run), cache=cache)
    chosen = data.split.train[[3, 11, 12, 30, 31]]
    monkeypatch.setattr(evaluation, "samples_of", lambda *_: (data.corpus[chosen], None))
    copies = evaluate(Options((run,), count=5, cache=cache))[0]["copies"]
    assert copies["samples"]["copies"] == copies["samples"]["exact"] == 1
    assert copies["held_out"]["copies"] < 1
    for one in copies["closest"]:
        np.testing.assert_array_equal(data.corpus[data.split.train[[one["picture"]]]], data.corpus[chosen[[one["item"]]]])
        assert one["file"] == data.names(data.split.train[[one["picture"]]])[0]


def test_a_model_that_makes_nothing_is_evaluated_too(run, cache, monkeypatch):
    black = np.zeros((6, *PictureRun(run).codec.shape), np.uint8)
    monkeypatch.setattr(evaluation, "samples_of", lambda *_: (black, None))
    record = evaluate(Options((run,), count=6, output=run / "black", cache=cache))[0]
    assert record["pictures"]["samples"] == {"density": 0, "pitches": 0, "pitches_share": 0, "empty": 1}
    assert record["likeness"]["from_data"]["share"] < 0.3
    assert record["copies"]["samples"]["copies"] == 0
    assert record["listening"]["rendered"] == []
    assert "No sample has a note" in (run / "report.html").read_text()
    json.loads((run / "black" / "evaluation.json").read_text(), parse_constant=pytest.fail)


def test_results_of_several_runs_lie_apart(tmp_path):
    assert outputs_of_runs(["a", "b"]) == [Path("a/evaluation"), Path("b/evaluation")]
    assert outputs_of_runs(["runs/a"], tmp_path) == [tmp_path]
    assert outputs_of_runs(["x/a", "y/a"], tmp_path) == [tmp_path / "a", tmp_path / "a-2"]


def test_bad_input_is_one_line_before_anything_is_made(run, tmp_path):
    for count in (3, 100_000):
        with pytest.raises(InputError, match=f"from 4 to 10,000; received {count:,}"):
            evaluate(Options((run,), count=count))
    with pytest.raises(InputError, match="not found; a run is what"):
        evaluate(Options((run, tmp_path / "none")))
    assert not (tmp_path / "none").exists()
    with pytest.raises(InputError, match="run of classifiers; expected one that"):
        evaluate(Options((run, pretrained())))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(InputError, match="--force"):
        evaluate(Options((run,), output=tmp_path / "mine"))
    with exclusive(run), pytest.raises(InputError, match="still training"):
        evaluate(Options((run,)))
    assert not (run / "evaluation").exists()


def test_a_run_cut_off_or_without_its_data_is_one_line(run, pieces, cache, tmp_path, monkeypatch):
    with pytest.raises(InputError, match=r"trained on .* which is gone; give its new place as --data"):
        evaluate(Options((run,), count=COUNT, data=tmp_path / "moved", cache=cache))
    fewer = shutil.copytree(pieces, tmp_path / "fewer")
    sorted(fewer.rglob("*.mid"))[0].unlink()
    with pytest.raises(InputError, match="trained on other files"):
        evaluate(Options((run,), count=COUNT, data=fewer, cache=tmp_path / "cache"))
    monkeypatch.setattr(evaluation, "MIN_PICTURES", 1_000)
    with pytest.raises(InputError, match=r"test part of .* has .* 1000 are needed"):
        evaluate(Options((run,), count=COUNT, cache=cache))
    monkeypatch.undo()
    (run / "sampling.json").unlink()
    with pytest.raises(InputError, match="no calibrated threshold"):
        evaluate(Options((run,), count=COUNT, cache=cache))
    (run / "model.keras").unlink()
    with pytest.raises(InputError, match=r"no model.keras yet"):
        evaluate(Options((run,), count=COUNT, cache=cache))
    assert not (run / "evaluation").exists()
