"""Nats with known answers: of models that always predict the same, and of frames that are counted by hand."""

import shutil

import numpy as np
import pytest
import scipy.io

from generators.sequences import likelihood as module
from generators.sequences.likelihood import likelihood
from midi.files.reading import read
from midi.files.writing import write
from midi.parts import without_drums
from training.errors import InputError
from training.files import read_json, write_json
from training.runs import load


def pieces_of(frames, key="testdata"):
    return [piece.astype(int) for piece in scipy.io.loadmat(frames)[key].ravel()]


def predicting(run, folder, logits):
    """A copy of `run` whose head predicts `logits` of every row, after whatever it read."""
    shutil.copytree(run, folder, ignore=shutil.ignore_patterns(".lock"))
    model = load(run)
    model.head.set_weights([np.zeros_like(weight) for weight in model.head.get_weights()])
    bias = model.head.output_layer.bias
    bias.assign(np.tile(logits, bias.shape[0] // len(logits)))
    model.save(folder / "model.keras")
    return folder


@pytest.mark.parametrize("head", ["independent", "autoregressive"])
def test_a_uniform_model_knows_nothing(head, framed, runs, cache, tmp_path):
    if head == "autoregressive":
        run, states, where = runs["lstm"], 3, {"cache": cache}
    else:
        run, states, where = framed, 2, {}
    found = likelihood(predicting(run, tmp_path / "run", [0.0] * states), part="all", **where)
    assert found["nll_per_step"] == pytest.approx(88 * np.log(states), rel=1e-5)
    assert found["part"] == "all"


def test_nats_are_those_of_every_frame_but_the_first(frames, framed, tmp_path):
    """A model that predicts "on" with probability 0.1 of every key; the two simple predictions worked out from the file."""
    on = 0.1
    found = likelihood(predicting(framed, tmp_path / "run", np.log([1 - on, on])))
    test = [piece for piece in pieces_of(frames) if len(piece) > 1]
    count = sum(len(piece) - 1 for piece in test)
    assert (found["part"], found["pieces"], found["steps"]) == ("test", 3, count)

    def mean(found):
        return sum(nats.sum() for nats in found) / count

    nats = -np.log([1 - on, on])
    assert found["nll_per_step"] == pytest.approx(mean(nats[piece[1:]] for piece in test), rel=1e-5)
    assert found["quarters"] == count / 2, "two frames a quarter"
    assert found["nll_per_quarter"] == pytest.approx(2 * found["nll_per_step"])
    begin = sum(int(((piece[1:] == 1) & (piece[:-1] == 0)).sum()) for piece in test)
    assert found["notes"] == begin
    assert found["nll_per_note"] == pytest.approx(found["nll_per_step"] * count / begin)
    train = pieces_of(frames, "traindata")
    total, sounding = sum(map(len, train)), sum(piece.sum(axis=0) for piece in train)
    share = (sounding + 0.5) / (total + 1)
    marginal = mean(-np.log(np.where(piece[1:] == 1, share, 1 - share)) for piece in test)
    assert found["marginal"] == pytest.approx(marginal, rel=1e-6)
    stays = np.concatenate([(piece[1:] == piece[:-1]).ravel() for piece in train]).mean()
    copy = mean(-np.log(np.where(piece[1:] == piece[:-1], stays, 1 - stays)) for piece in test)
    assert found["copy"] == pytest.approx(copy, rel=1e-6)


def test_simple_predictions_of_columns_by_hand(frames, framed):
    """Every cell by how often its key was on in the training part after the cell before, and after that a bar before."""
    found = likelihood(framed)
    for name, bar in (("markov", None), ("repeat", 8)):
        seen, nats = np.full((88, 3, 3, 3), 0.5), 0.0
        for part in ("traindata", "testdata"):
            for piece in pieces_of(frames, part):
                for time in range(1, len(piece)):
                    ago = piece[time - bar] if bar and time >= bar else np.zeros(88, int)
                    counts = seen[np.arange(88), ago, piece[time - 1]]
                    if part == "traindata":
                        seen[np.arange(88), ago, piece[time - 1], piece[time]] += 1
                    else:
                        nats -= np.log(counts[np.arange(88), piece[time]] / counts.sum(axis=1)).sum()
        assert found[f"{name}_per_quarter"] == pytest.approx(nats / found["quarters"])
        assert found[f"{name}_per_note"] == pytest.approx(nats / found["notes"])


def test_all_models_are_judged_by_the_same_quarters_and_notes(runs, pieces, cache, tmp_path):
    """Notes and columns of the same pieces without drums: as many quarters, the same simple predictions."""
    for path in sorted(pieces.rglob("*.mid")):
        write(tmp_path / path.name, without_drums(read(path))[0])
    found = {model: likelihood(run, tmp_path, "test", cache) for model, run in runs.items()}
    assert found["seq2seq"]["steps"] == found["lstm"]["steps"] != found["music_transformer"]["steps"]
    for name in ("pieces", "quarters", "markov_per_quarter", "repeat_per_quarter"):
        assert len({round(each[name], 6) for each in found.values()}) == 1, name
    for each in found.values():
        assert 0 < each["nll_per_note"] == pytest.approx(each["nll_per_quarter"] * each["quarters"] / each["notes"])


def test_pieces_side_by_side_and_in_parts_are_judged_as_alone(framed, monkeypatch):
    """Lengths 48, 65 and 72 in one batch, and in calls of 7 columns with the state carried on."""
    together = likelihood(framed)
    monkeypatch.setattr(module, "BATCH", 1)
    alone = likelihood(framed)
    monkeypatch.setattr(module, "STEPS_PER_CALL", 7)
    in_parts = likelihood(framed)
    for found in (alone, in_parts):
        for name in ("steps", "notes", "nll_per_step", "nll_per_quarter", "nll_per_note", "marginal", "copy"):
            assert found[name] == pytest.approx(together[name], rel=1e-5)
    assert together["nll_per_step"] < 88 * np.log(2)


def test_other_frames_are_judged_whole_and_beside_their_own_shares(framed, tmp_path):
    """Silence alone; nothing of the run's own data is read."""
    silent = np.empty((1, 2), object)
    silent[0] = [np.zeros((4, 88), np.uint8), np.zeros((9, 88), np.uint8)]
    scipy.io.savemat(tmp_path / "silent.mat", dict.fromkeys(("traindata", "validdata", "testdata"), silent))
    found = likelihood(framed, tmp_path / "silent.mat", "all")
    assert (found["pieces"], found["steps"]) == (6, 3 * (3 + 8))
    assert found["marginal"] == pytest.approx(-88 * np.log(1 - 0.5 / (4 + 9 + 1)), rel=1e-6)


def test_runs_and_data_without_a_likelihood_are_one_line(runs, valued, framed, cache, tmp_path):
    with pytest.raises(InputError, match="tells no likelihood of the next step"):
        likelihood(valued, cache=cache)
    single = np.empty((1, 1), object)
    single[0, 0] = np.zeros((1, 88), np.uint8)
    scipy.io.savemat(tmp_path / "single.mat", dict.fromkeys(("traindata", "validdata", "testdata"), single))
    with pytest.raises(InputError, match="no piece of the test part has two steps"):
        likelihood(framed, tmp_path / "single.mat")
    with pytest.raises(InputError, match="--codec frames88, not beats88"):
        likelihood(runs["lstm"], tmp_path / "single.mat", cache=cache)


def test_data_that_changed_are_refused(frames, framed, tmp_path):
    run = shutil.copytree(framed, tmp_path / "run", ignore=shutil.ignore_patterns(".lock"))
    record = read_json(run / "config.json")
    record["data"]["path"] = str(tmp_path / "chords.mat")
    write_json(run / "config.json", record)
    shutil.copy(frames, tmp_path / "chords.mat")
    assert likelihood(run)["pieces"]
    data = scipy.io.loadmat(frames)
    data["testdata"][0, 0] = 1 - data["testdata"][0, 0]
    scipy.io.savemat(tmp_path / "chords.mat", {key: data[key] for key in ("traindata", "validdata", "testdata")})
    with pytest.raises(InputError, match="trained on other files"):
        likelihood(run)
