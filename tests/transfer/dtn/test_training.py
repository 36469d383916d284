"""The domain transfer network from two folders to a run that resumes bit for bit."""

import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest
from PIL import Image

from midi.demo import compose
from midi.files.writing import write
from tests.meanings import unexplained
from training.errors import InputError
from training.files import read_json
from training.fitting.callbacks import read_history
from training.recipe import train
from training.runs import load
from transfer.contract import evaluate
from transfer.dtn import measures as dtn_measures
from transfer.dtn import training as dtn_training
from transfer.dtn.model import PRESETS
from transfer.dtn.training import before_and_after

QUICK = PRESETS["quick"]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("two kinds")
    for style in ("chorale", "rock"):
        (root / style).mkdir()
        for seed in range(4):
            write(root / style / f"{seed}.mid", compose(style, seed, 8))
    return root


def trained(root, name, config=QUICK, **options):
    return train(
        "transfer",
        "dtn",
        config,
        source=root / "chorale",
        target=root / "rock",
        output=root / name,
        cache=root / "cache",
        **options,
    )


@pytest.fixture(scope="module")
def run(root):
    """A run of two epochs, of which root / "killed" is what a kill in the second one leaves."""
    looks = iter(range(2))

    def look(*arguments):
        if next(looks):
            shutil.copytree(root / "run", root / "killed", ignore=shutil.ignore_patterns(".lock"))
        return before_and_after(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dtn_training, "before_and_after", look)
        return trained(root, "run", samples_every=1)


def weights(path):
    return keras.saving.load_model(path, compile=False).get_weights()


def same(one, other):
    return all(np.array_equal(*pair) for pair in zip(one, other, strict=True))


def test_a_run_holds_everything(run):
    names = {path.name for path in run.iterdir()}
    assert {"config.json", "history.csv", "model.keras", "report.html", "autoencoder", "programs.json"} <= names
    assert len(set(read_json(run / "programs.json"))) > 1, "rock is played by more than one instrument"
    history = read_history(run / "history.csv")
    assert len(history) == QUICK.epochs
    measured = {"discriminator_loss", "adversarial", "constancy", "identity", "variation", "fooled", "val_constancy"}
    assert measured <= set(history[-1])
    assert unexplained(run) == set()
    assert all(np.isfinite(value) for value in history[-1].values())
    record = read_json(run / "config.json")
    assert (record["package"], record["model"], record["codec"]["name"]) == ("transfer", "dtn", "roll64")
    sheet = np.asarray(Image.open(run / "samples" / "transfer-0002.png"))
    assert sheet.shape[0] == 2 * 64
    assert set(np.unique(sheet[:64])) == {0, 255}


def test_the_extractor_is_the_pretrained_one(run):
    best = keras.saving.load_model(run / "autoencoder" / "model.keras", compile=False)
    assert same(load(run).extractor.get_weights(), best.get_layer("extractor").get_weights())
    assert len(read_history(run / "autoencoder" / "history.csv")) == QUICK.pretraining


@pytest.mark.slow
def test_a_resumed_run_ends_with_the_same_weights(run, root):
    assert len(read_history(root / "killed" / "history.csv")) == 1
    trained(root, "killed")
    assert same(weights(run / "model.keras"), weights(root / "killed" / "model.keras"))
    assert read_history(run / "history.csv") == read_history(root / "killed" / "history.csv")


def test_another_setting_or_model_is_refused(run, root, tmp_path):
    with pytest.raises(InputError, match=r"run of other settings \(config\.alpha"):
        trained(root, "run", replace(QUICK, alpha=1.0))
    with pytest.raises(InputError, match="do not fit this model"):
        trained(root, "wider", replace(QUICK, width=8), init=run)


def test_each_model_has_its_own_data(root, tmp_path):
    with pytest.raises(InputError, match="dtn takes --source FOLDER and --target FOLDER; received --data"):
        train("transfer", "dtn", QUICK, data=root, output=tmp_path / "run")
    with pytest.raises(InputError, match="hilbert_autoencoder takes --data FOLDER; received --source"):
        train("transfer", "hilbert_autoencoder", None, source=root, output=tmp_path / "run")
    with pytest.raises(InputError, match="dtn takes --source FOLDER and --target FOLDER; received --soundfont"):
        train("transfer", "dtn", QUICK, source=root, target=root, soundfont=(root / "one.sf2",), output=tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_training_repeated_keeps_what_the_report_tells_of_an_evaluation(run, root, tmp_path, monkeypatch):
    monkeypatch.setattr(dtn_measures, "EPOCHS", 1)
    monkeypatch.setattr(dtn_measures, "STEPS", 1)
    trained(root, "run", samples_every=1)
    assert "Evaluation" not in (run / "report.html").read_text()
    for folder in (run / "evaluation", tmp_path / "elsewhere"):
        evaluate(run, output=folder, cache=root / "cache")
        before = (run / "report.html").read_text()
        trained(root, "run", samples_every=1)
        assert "Evaluation (test part)" in (run / "report.html").read_text()
        assert (run / "report.html").read_text().count("<h2>") == before.count("<h2>")
