"""PixelCNN++ against its published size, its loss by hand, and what its options must not do to each other."""

from dataclasses import replace

import keras
import numpy as np
import pytest

from generators import pixelcnn
from midi.codecs import codec_named
from training.errors import InputError
from training.family import Context

QUICK = pixelcnn.PRESETS["quick"]
SHAPE = codec_named(QUICK.codec).shape
STREAMS = {"network": "streams", "filters": 2, "blocks": 1, "components": 2}


def quick(classes: int = 0, **fields) -> pixelcnn.PixelCnn:
    keras.utils.set_random_seed(0)
    return pixelcnn.build(replace(QUICK, conditional=classes > 0, **fields), Context(classes, 4))


def pictures(count: int = 4) -> np.ndarray:
    """Sparse black and white pictures in [-1, 1]."""
    return np.where(np.random.default_rng(0).random((count, *SHAPE)) < 0.1, 1.0, -1.0).astype(np.float32)


@pytest.mark.parametrize(("preset", "parameters"), [("paper", 53_644_220), ("small", 971_262)])
def test_it_has_as_many_parameters_as_the_reference(preset, parameters):
    assert pixelcnn.build(pixelcnn.PRESETS[preset], Context()).count_params() == parameters


def test_presets_are_as_published():
    paper = pixelcnn.PRESETS["paper"]
    assert (paper.codec, paper.head, paper.components, paper.order) == ("roll64", "logistic", 10, "rows")
    assert (paper.filters, paper.blocks, paper.dropout, paper.epochs) == (160, 5, 0.5, 120)
    assert (paper.learning_rate, paper.decay, paper.average, paper.batch_size) == (1e-3, 0.999995, 0.9995, 16)
    assert pixelcnn.PRESETS["rotated"] == replace(paper, order="time", epochs=25)
    assert pixelcnn.PRESETS["big"] == replace(paper, epochs=3)


def test_before_training_a_cell_costs_what_its_head_says():
    """All numbers are 0 but for biases: a binary head pays one bit a pixel, whatever the picture."""
    model = quick()
    for weight in model.trainable_variables:
        weight.assign(np.zeros(weight.shape))
    found = model.evaluate(pictures(), batch_size=4, verbose=0, return_dict=True)
    assert found["bits"] == pytest.approx(1, abs=1e-5)
    assert found["loss"] == pytest.approx(np.log(2), abs=1e-5)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        STREAMS | {"order": "time", "head": "classes"},
        STREAMS | {"order": "rows"},
        STREAMS | {"network": "masked", "order": "time"},
    ],
)
def test_what_is_exported_is_told_of_a_cell_before_it_is_seen(fields):
    """A cell changes the numbers of later cells alone: of later columns in time, or of later rows."""
    model = quick(**fields)
    network, seen = pixelcnn.exported(model), pictures(1)
    other = seen.copy()
    other[0, 20, 30] *= -1
    moved = np.abs(np.subtract(*(np.asarray(network(each)) for each in (other, seen))))[0].max(axis=-1)
    if model.config.order == "time":
        assert moved[:, :30].max() == 0
        assert moved[:21, 30].max() == 0  # roll64 has its lowest pitch on top, and low pitches come first
        assert moved[:, 31:].max() > 0
    else:
        assert moved[:20].max() == 0
        assert moved[20, :31].max() == 0
        assert moved[21:].max() > 0


def test_labels_are_learned_and_hidden_from_time_to_time():
    """With all labels hidden in training, only the vector of none of them is learned; else those of the labels are, too."""
    inputs = (pictures(), np.array([0, 1, 2, 0], np.int32))
    for hidden, moved in ((1.0, [False, False, False, True]), (0.0, [True, True, True, False])):
        model = quick(3, unlabelled=hidden, average=0.0, dropout=0.0)
        table = model.network.labels.embeddings
        before = np.asarray(table.value).copy()
        model.fit(inputs, batch_size=4, epochs=1, verbose=0)
        assert (np.abs(np.asarray(table.value) - before).max(axis=-1) > 0).tolist() == moved


def test_the_learning_rate_falls_by_a_factor_a_step_or_along_a_cosine():
    falling = quick(cosine=False, learning_rate=1e-3, decay=0.5).optimizer
    assert float(falling.learning_rate) == pytest.approx(1e-3)
    falling.iterations.assign(3)
    assert float(falling.learning_rate) == pytest.approx(1e-3 / 8)
    cosine = quick(cosine=True, learning_rate=1e-3).optimizer
    cosine.iterations.assign(4)
    assert float(cosine.learning_rate) == pytest.approx(1e-5)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"network": "columns", "order": "rows"}, "--network columns takes --order time; for rows use"),
        (STREAMS | {"order": "hilbert"}, "--network streams takes --order rows or time; for hilbert use"),
        ({"codec": "sparse88"}, "a binary head takes codecs of two levels"),
    ],
)
def test_what_does_not_go_together_is_refused_in_a_line(fields, message):
    with pytest.raises(InputError, match=message):
        quick(**fields)


def test_an_option_of_another_network_is_told(capsys):
    quick(filters=16)
    assert "--network columns does not use --filters\n" in capsys.readouterr().err
    quick()
    assert "does not use" not in capsys.readouterr().err
