"""Rows of a column, each by those before it: against sums over rows, written out, and drawn as they are predicted."""

import numpy as np
import pytest
from keras import ops
from keras.ops import convert_to_numpy as values

from generators.layers.made import Made

ROWS, READS, OUTPUTS, HIDDEN, CONTEXT = 5, 2, 3, 4, 6


@pytest.fixture(params=[False, True], ids=["hidden alone", "direct"])
def layer(request):
    made = Made(ROWS, READS, OUTPUTS, HIDDEN, direct=request.param)
    made.build((None, CONTEXT))
    generator = np.random.default_rng(0)
    for weight in made.weights:
        weight.assign(generator.normal(size=weight.shape))
    return made


def numbers(layer, context, notes):
    """Of one column: context (CONTEXT,), notes (ROWS, READS)."""
    reads = values(layer.note_kernel).reshape(ROWS, READS, ROWS, HIDDEN)
    gives = values(layer.unit_kernel).reshape(ROWS, HIDDEN, ROWS, OUTPUTS)
    (kernel, bias), (last, last_bias) = layer.bias_layer.get_weights(), layer.output_layer.get_weights()
    units = (context @ kernel + bias).reshape(ROWS, HIDDEN)
    found = (context @ last + last_bias).reshape(ROWS, OUTPUTS)
    for row in range(ROWS):
        for before in range(row):
            units[row] += notes[before] @ reads[before, :, row]
        for before in range(row + 1):
            found[row] += np.tanh(units[before]) @ gives[before, :, row]
        if layer.direct:
            straight = values(layer.direct_kernel).reshape(ROWS, READS, ROWS, OUTPUTS)
            for before in range(row):
                found[row] += notes[before] @ straight[before, :, row]
    return found


def some():
    generator = np.random.default_rng(1)
    return (generator.normal(size=shape).astype(np.float32) for shape in ((2, CONTEXT), (2, ROWS, READS)))


def test_a_row_is_predicted_by_the_context_and_the_rows_before(layer):
    context, notes = some()
    found = np.array(layer.numbers(context, notes.reshape(2, -1)))
    assert found.shape == (2, ROWS, OUTPUTS)
    for one, given, expected in zip(context, notes, found, strict=True):
        np.testing.assert_allclose(numbers(layer, one, given), expected, atol=1e-4)


def test_a_column_is_drawn_by_what_is_predicted_of_it(layer):
    context, _ = some()

    def choose(given, row):
        return given, ops.tanh(given[:, :READS])  # of a row its numbers stay, and its first ones are read

    column = np.array(layer.draw(context, choose, np.zeros((2, ROWS, OUTPUTS), np.float32)))
    predicted = layer.numbers(context, np.tanh(column[..., :READS]).reshape(2, -1))
    np.testing.assert_allclose(column, predicted, atol=1e-4)
