"""Novelty: the published measure, known clips below 1, foreign ones above; kept by the run, told, exported."""

import shutil

import keras
import numpy as np
import pytest
import soundfile
from sklearn.neighbors import LocalOutlierFactor as Reference

from classifiers import lil_data, softmax
from classifiers.evaluation import evaluate
from classifiers.front_end import setting_of_model
from classifiers.novelty import FILE, LocalOutlierFactor, Novelty, measure_novelty, outputs_of, read_novelty, with_novelty
from classifiers.prediction import Classifier
from tests.classifiers.conftest import RATE, sound
from training.corpora.split import split_corpus
from training.errors import InputError
from training.export import Options, main
from training.family import Context
from training.recipe import train
from training.runs import load


def factor_of(points, neighbours=10):
    factor = LocalOutlierFactor(len(points), neighbours)
    factor.adapt(points)
    return factor


def test_it_is_the_published_measure():
    generator = np.random.default_rng(0)
    points = np.concatenate([generator.normal(0, 1, (60, 5)), generator.normal(6, 0.1, (40, 5))]).astype(np.float32)
    asked = generator.normal(3, 3, (30, 5)).astype(np.float32)
    expected = -Reference(n_neighbors=10, novelty=True).fit(points).score_samples(asked)
    np.testing.assert_allclose(factor_of(points)(asked), expected, rtol=1e-3)


def test_density_counts_and_scale_does_not():
    """A distance that is nothing in a thin cluster is much beside a dense one."""
    generator = np.random.default_rng(1)
    thin, dense = generator.normal(0, 1, (100, 3)), generator.normal(5, 0.05, (100, 3))
    points = np.concatenate([thin, dense]).astype(np.float32)
    asked = np.array([[0.3, 0, 0], [5.3, 5, 5]], np.float32)
    near, far = np.array(factor_of(points)(asked))
    assert near < 1.5
    assert far > 3
    np.testing.assert_allclose(factor_of(7 * points)(7 * asked), [near, far], rtol=1e-3)


def test_clips_that_are_there_twice_leave_it_finite():
    points = np.repeat(np.random.default_rng(2).normal(size=(4, 3)), 12, axis=0).astype(np.float32)
    found = np.array(factor_of(points)(np.concatenate([points[:1], points[:1] + 0.5])))
    assert found[0] == pytest.approx(1)
    assert 1 < found[1] < np.inf


def test_config_comes_back():
    factor = factor_of(np.eye(4, dtype=np.float32), 2)
    assert LocalOutlierFactor.from_config(factor.get_config()).get_config() == factor.get_config()


def test_a_run_keeps_what_its_validation_part_says(run, genres, cache):
    from classifiers.data import open_clips

    model, novelty = load(run), read_novelty(run)
    corpus = open_clips(genres, setting_of_model(model), cache)
    split = split_corpus(corpus)
    assert len(novelty.references) == len(split.train)
    network = with_novelty(model, novelty)
    made = outputs_of(network, corpus, split.validation)
    assert np.mean(made["novelty"] <= 1) >= 0.8
    assert made["novelty"].max() >= 1
    np.testing.assert_allclose(
        made["output"], model.predict_on_batch(corpus[split.validation] / np.float32(32768)), atol=1e-4
    )
    again = measure_novelty(model, corpus, split)
    np.testing.assert_array_equal(again.references, novelty.references)
    assert again.threshold == pytest.approx(novelty.threshold)


def test_of_many_clips_some_are_kept(run, genres, cache, monkeypatch):
    from classifiers.data import open_clips

    monkeypatch.setattr("classifiers.novelty.MOST_REFERENCES", 6)
    model = load(run)
    corpus = open_clips(genres, setting_of_model(model), cache)
    first, again, other = (measure_novelty(model, corpus, split_corpus(corpus), seed) for seed in (0, 0, 1))
    assert len(first.references) == 6
    np.testing.assert_array_equal(first.references, again.references)
    assert (first.references != other.references).any()


def test_what_is_foreign_is_told(run, genres, cache, tmp_path):
    """A sound of none of the genres, beside one of them: in words, and against the test part."""
    (tmp_path / "other").mkdir()
    generator = np.random.default_rng(3)
    steps = np.repeat(generator.choice([-0.7, 0.7], 400), 20)  # a square wave that jumps at random
    soundfile.write(tmp_path / "other" / "steps.wav", steps * np.hanning(len(steps)), RATE)
    classifier = Classifier(run)
    known = min(map(classifier, (genres / "noise").iterdir()), key=lambda prediction: prediction.mean_novelty)
    other = classifier(tmp_path / "other" / "steps.wav")
    assert not known.novel
    assert known.told == f"{known.verdict} ({known.mean.max():.0%})"
    assert other.mean_novelty > known.mean_novelty
    assert other.novel
    assert other.told.startswith(f"unlike all that it was trained on (novelty {other.mean_novelty:.2f}); the nearest is")
    scores = evaluate([run], cache=cache, foreign=[tmp_path / "other", genres / "tones"])["runs"][0]["novelty"]
    steps, tones, all_ = scores["foreign"]
    assert (steps["clips"], tones["clips"], all_["clips"]) == (2, 10, 12)
    assert steps["novel"] == 1
    assert steps["auroc"] > tones["auroc"]
    report = (run / "report.html").read_text()
    assert "<h2>Novelty</h2>" in report
    assert "area under the ROC curve" in report
    evaluate([run], cache=cache)
    assert "foreign" not in (run / "report.html").read_text()


def test_older_runs_get_it_when_they_are_evaluated(run, cache, tmp_path):
    old = shutil.copytree(run, tmp_path / "old")
    (old / FILE).unlink()
    assert Classifier(old).of_samples(sound("noise", 1).astype(np.float32)).novelty is None
    evaluate([old], cache=cache)
    np.testing.assert_array_equal(read_novelty(old).references, read_novelty(run).references)


def test_models_without_features_have_none(genres, cache, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("classifiers.novelty.WIDEST", 100)
    output = train("classifiers", "softmax", softmax.PRESETS["quick"], data=genres, output=tmp_path / "run", cache=cache)
    assert "no novelty" in capsys.readouterr().err
    assert not (output / FILE).exists()
    with pytest.raises(InputError, match="has no novelty to compare by"):
        evaluate([output], cache=cache, foreign=[genres])


def test_a_file_of_something_else_is_one_line(run, tmp_path):
    old = shutil.copytree(run, tmp_path / "old")
    np.savez(old / FILE, references=np.zeros((5, 3), np.float16), neighbours=2, threshold=np.float32(1))
    with pytest.raises(InputError, match="is of another model than lil_data; delete it"):
        Classifier(old)
    np.savez(old / FILE, references=np.zeros((5, 3), np.float16), neighbours=5, threshold=np.float32(1))
    with pytest.raises(InputError, match="more points than a point has neighbours"):
        Classifier(old)
    (old / FILE).write_bytes(b"nothing")
    with pytest.raises(InputError, match="no whole file"):
        Classifier(old)


def test_networks_that_compute_in_half_precision_are_measured_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = lil_data.build(lil_data.PRESETS["quick"], Context(3))
    finally:
        keras.config.set_dtype_policy("float32")
    numbers = 2 * (4 + 5 + 6 + 7) + 8
    network = with_novelty(model, Novelty(np.random.default_rng(0).random((20, numbers)).astype(np.float16), 3, 1.0))
    made = network.predict_on_batch(np.random.default_rng(0).standard_normal((2, model.input_shape[1])))
    assert made["novelty"].dtype == np.float32
    assert np.isfinite(made["novelty"]).all()


@pytest.mark.parametrize(("form", "module", "name"), [("saved_model", "keras", "m"), ("onnx", "tf2onnx", "m.onnx"),
                                                      ("litert", "ai_edge_litert", "m.tflite")])  # fmt: skip
def test_exports_have_it_as_an_output(run, tmp_path, form, module, name):
    from training.exporting.formats import FORMATS

    pytest.importorskip(module)
    main(Options(run, form, tmp_path / name))
    clip = sound("noise", 1, 0.5).astype(np.float32)
    made = FORMATS[form].run(tmp_path / name, {"waveform": clip[None]})
    prediction = Classifier(run).of_samples(clip)
    np.testing.assert_allclose(made["output"], prediction.probabilities, atol=1e-4)
    np.testing.assert_allclose(made["novelty"], prediction.novelty, rtol=1e-2)
