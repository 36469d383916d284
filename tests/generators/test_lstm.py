"""The LSTM: its published size, rows that stay rows, what it learns from, and that it is exported."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from generators import lstm
from midi.codecs.codec import ONSET, SUSTAIN
from midi.columns import PAD
from training.exporting.exports import FORMATS, example_inputs, export
from training.family import Context
from training.options import check

SMALL = replace(lstm.PRESETS["quick"], dropout=0.0)
HEADS = pytest.mark.parametrize("head", ["regression", "independent", "autoregressive"])


def made(**fields):
    keras.utils.set_random_seed(0)
    return lstm.build(replace(SMALL, **fields), Context(steps=100))


def windows(count):
    return np.random.default_rng(0).integers(0, 3, (count, lstm.length(SMALL), 88)).astype(np.uint8)


def constant_head(model, bias):
    """The head predicts the same whatever it is shown."""
    kernel, old = model.head.output_layer.get_weights()
    model.head.output_layer.set_weights([np.zeros_like(kernel), np.broadcast_to(bias, old.shape)])


def test_it_has_as_many_parameters_as_published():
    assert lstm.build(lstm.PRESETS["paper"], Context()).count_params() == 122_456
    for preset in lstm.PRESETS.values():
        check(preset)


@pytest.mark.parametrize(("row", "column"), [(3, 17), (80, 2), (20, 21)])
def test_a_note_reaches_its_own_row_at_its_own_time(row, column):
    """Each unit of this network is set to read one row and to forget at once."""
    model = made(head="regression", units=(88,), skip=False)
    kernel, bias = np.zeros((88, 4, 88), np.float32), np.zeros((4, 88), np.float32)
    kernel[:, 2] = np.eye(88)  # gates: in, forget, the input, out
    bias[0], bias[1], bias[3] = 30, -30, 30
    model.stack[0].set_weights([kernel.reshape(88, -1), np.zeros((88, 4 * 88), np.float32), bias.ravel()])
    picture = np.zeros((2, lstm.length(SMALL), 88), np.uint8)
    picture[1, column, row] = SUSTAIN
    context = np.asarray(model(picture))
    assert context.shape == (2, SMALL.window, 88)
    assert [tuple(place) for place in np.argwhere(np.abs(context) > 1e-6)] == [(1, column, row)]
    assert context[1, column, row] == pytest.approx(np.tanh(np.tanh(1)), abs=1e-5)


def test_a_scale_is_gone_on_with():
    """Where the next note is follows from which row sounds now; rows and columns mixed up tell nothing of it."""
    scales = np.zeros((12, lstm.length(SMALL), 88), np.uint8)
    rows = 30 + (np.arange(12)[:, None] + np.arange(scales.shape[1])) % 12
    np.put_along_axis(scales, rows[..., None], ONSET, axis=2)
    model = made(head="independent", units=(24,), skip=False, learning_rate=5e-2, cosine=False, batch_size=12)
    model.fit(np.repeat(scales, 10, axis=0), batch_size=12, epochs=8, verbose=0)
    logits = np.asarray(model.head.output_layer(model(scales))).reshape(12, SMALL.window, 88, 3)
    found = (logits[..., ONSET] - logits[..., 0]).argmax(axis=-1)
    assert (found == rows[:, 1:])[:, 1:].mean() > 0.8  # by chance: 1 in 12


@pytest.mark.parametrize("predict", ["last", "every"])
def test_what_is_learned_from(predict):
    """A head that always predicts the same: the loss tells which columns are judged."""
    model = made(head="independent", predict=predict)
    probabilities = np.array([0.7, 0.2, 0.1])
    constant_head(model, np.tile(np.log(probabilities), 88))
    data = windows(5)
    model(data)
    nats = -np.log(probabilities)[data[:, 1:]].sum(axis=-1)
    assert float(model.losses[-1]) == pytest.approx((nats[:, -1] if predict == "last" else nats).mean(), rel=1e-5)
    assert model(data).shape[1] == (1 if predict == "last" else SMALL.window)


def test_columns_beyond_the_end_have_no_weight():
    model = made(head="independent")
    constant_head(model, np.zeros(88 * 3))
    data = windows(2)
    data[0, 7:] = PAD
    model(data)
    counted = (6 + SMALL.window) * 88 * np.log(3)
    assert float(model.losses[-1]) == pytest.approx(counted / (2 * SMALL.window), rel=1e-5)
    assert model.evaluate(data, return_dict=True, verbose=0)["nll"] == pytest.approx(88 * np.log(3), rel=1e-5)


@pytest.mark.parametrize("predict", ["last", "every"])
def test_the_printed_loss_is_least_at_one_for_a_pixel_of_one(predict):
    model = made(head="regression", predict=predict)
    predicted = np.array([0.2, 0.5, 0.75, 0.9, 0.99])
    for state, expected in ((SUSTAIN, 1.5 * (predicted - 1) ** 2), (0, 0.8 * predicted**2)):
        losses = []
        for value in predicted:
            constant_head(model, np.log(value / (1 - value)))
            model(np.full((2, lstm.length(SMALL), 88), state, np.uint8))
            losses.append(float(model.losses[-1]))
        np.testing.assert_allclose(losses, expected, atol=1e-6)


@HEADS
def test_a_trained_model_is_saved_whole(head, tmp_path):
    model = made(head=head)
    before = model.get_weights()
    loss = model.fit(windows(8), batch_size=8, epochs=1, verbose=0).history["loss"][0]
    assert np.isfinite(loss)
    assert all(np.abs(one - other).max() > 0 for one, other in zip(before, model.get_weights(), strict=True))
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    np.testing.assert_array_equal(again(windows(2)), model(windows(2)))
    step, reloaded = lstm.exported(model), lstm.exported(again)
    example = example_inputs(step)
    for ours, theirs in zip(step(example), reloaded(example), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("head", "name"), [("regression", "onnx"), ("independent", "litert"), ("autoregressive", "onnx")])
def test_it_is_exported(head, name, tmp_path):
    for package in FORMATS[name].packages:
        pytest.importorskip(package)
    step = lstm.exported(made(head=head))
    assert export(step, tmp_path / f"step{FORMATS[name].suffix}", name, example_inputs(step)) < 1e-4
