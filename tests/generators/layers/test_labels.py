"""Vectors of labels are the rows of their table, and its gradient is whole, whatever is looked up."""

import numpy as np
import tensorflow as tf

from generators.layers.labels import Labels


def test_rows_are_looked_up_and_the_gradient_is_of_the_whole_table():
    layer, labels = Labels(4, 3), np.int32([2, 0, 2])
    layer.build()
    with tf.GradientTape() as tape:
        vectors = layer(labels)
        total = tf.reduce_sum(vectors)
    np.testing.assert_array_equal(vectors, np.asarray(layer.embeddings)[labels])
    gradient = tape.gradient(total, layer.embeddings.value)
    assert isinstance(gradient, tf.Tensor)  # a clipped norm is of rows added up: the same on any number of devices
    np.testing.assert_array_equal(gradient, [[1] * 3, [0] * 3, [2] * 3, [0] * 3])
