"""Every sequence model from a folder to a run that holds all it needs, resumes bit for bit and starts from another."""

from importlib import import_module

import numpy as np
import pytest
from PIL import Image

from generators.sequences.watch import Watch
from midi.measures.continuation import FIGURES
from tests.generators.sequences.conftest import SEQUENCES, quick, trained
from tests.meanings import unexplained
from training.errors import InputError
from training.files import read_json
from training.fitting.callbacks import read_history
from training.options import check
from training.runs import load

MODELS = pytest.mark.parametrize("model", SEQUENCES)


@MODELS
def test_a_run_holds_everything(runs, model):
    run = runs[model]
    names = {path.name for path in run.iterdir()}
    assert {"config.json", "history.csv", "model.keras", "report.html", "samples"} <= names
    history = read_history(run / "history.csv")
    assert len(history) == quick(model).epochs
    assert {"loss", "val_loss", "nll", "val_nll", "collapsed", *FIGURES} <= set(history[-1])
    assert all(np.isfinite(value) for value in history[-1].values())
    assert unexplained(run) == set()
    record = read_json(run / "config.json")
    assert (record["package"], record["model"], record["codec"]["name"]) == ("generators", model, "beats88")
    assert record["config"]["window"] == quick(model).window
    pictures = list((run / "samples").glob("*.png"))
    assert pictures
    assert {0, 96, 255} <= set(np.unique(np.asarray(Image.open(pictures[0])))), "rests, the line, and onsets"


@pytest.mark.slow
@MODELS
def test_a_run_that_was_killed_ends_with_the_same_weights(runs, pieces, cache, model, tmp_path, monkeypatch):
    where = {"data": pieces, "output": tmp_path / "killed", "cache": cache, "seed": 1}
    whole = Watch.on_epoch_end

    def killed(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt
        whole(self, epoch, logs)

    with monkeypatch.context() as patch:
        patch.setattr(Watch, "on_epoch_end", killed)
        with pytest.raises(KeyboardInterrupt):
            trained(model, quick(model), **where)
    assert len(read_history(tmp_path / "killed" / "history.csv")) == 1
    trained(model, quick(model), **where)
    assert (tmp_path / "killed" / "history.csv").read_text() == (runs[model] / "history.csv").read_text()
    ours, theirs = (np.load(run / "backup" / "state.npz") for run in (tmp_path / "killed", runs[model]))
    assert set(ours.files) == set(theirs.files)
    for name in ours.files:
        if ours[name].dtype.kind == "U":
            continue  # Keras numbers the models of a process
        np.testing.assert_array_equal(ours[name], theirs[name])
    for one, other in zip(load(tmp_path / "killed").get_weights(), load(runs[model]).get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@MODELS
@pytest.mark.parametrize(("fields", "named"), [({"codec": "roll64"}, "codec"), ({"learning_rate": 0.5}, "learning_rate")])
def test_a_directory_of_another_run_is_refused(runs, pieces, cache, model, fields, named):
    with pytest.raises(InputError, match=rf"run of other settings \(.*{named}"):
        trained(model, quick(model, **fields), data=pieces, output=runs[model], cache=cache, seed=1)


def test_weights_to_start_from(runs, pieces, cache, tmp_path, capsys):
    """A step too small to move them leaves the weights that were given; those of other sizes are refused."""
    model = "lstm"
    where = {"data": pieces, "cache": cache, "init": runs[model]}
    still = quick(model, learning_rate=1e-12, epochs=1, steps=1)
    trained(model, still, output=tmp_path / "run", **where)
    assert f"started from {runs[model]}" in capsys.readouterr().err
    for ours, theirs in zip(load(tmp_path / "run").get_weights(), load(runs[model]).get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-9)
    with pytest.raises(InputError, match="do not fit this model"):
        trained(model, quick(model, hidden=4), output=tmp_path / "wider", **where)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"batch_size": 0}, "--batch-size must be 1 or more; received 0"),
        ({"transpose": -1}, "--transpose must be 0 or more; received -1"),
        ({"dropout": 1.5}, "--dropout must be from 0 to below 1; received 1.5"),
        ({"root": 0.0}, "--root must be above 0"),
        ({"learning_rate": float("nan")}, "--learning-rate must be above 0; received nan"),
        ({"codec": "roll64", "units": ()}, "--units must be one number or more"),
        ({"codec": "lossless"}, "lossless"),
    ],
)
def test_numbers_that_cannot_be_meant_are_one_line(fields, message, pieces, cache, tmp_path):
    with pytest.raises(InputError, match=message) as raised:
        trained("lstm", quick("lstm", **fields), data=pieces, cache=cache, output=tmp_path / "run")
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "run").exists()


def test_options_that_cannot_be_meant_are_one_line(tmp_path):
    for name in ("seed", "samples_every", "patience"):
        with pytest.raises(InputError, match=f"--{name.replace('_', '-')} must be"):
            trained("lstm", quick("lstm"), output=tmp_path / "run", **{name: -1})
    for model in SEQUENCES:
        for preset in import_module(f"generators.{model}").PRESETS.values():
            check(preset)


def test_frames_are_of_their_own_codec(frames, tmp_path):
    with pytest.raises(InputError, match="--codec frames88, not beats88"):
        trained("lstm", quick("lstm"), data=frames, output=tmp_path / "run")
