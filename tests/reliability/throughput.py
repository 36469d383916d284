"""Training speed on a GPU against what the card can do: images a second, operations counted.

Operations are those of matrix products and convolutions in the graph of one training step, forward and backward, recurrent
layers unrolled; the card's limit is measured, by a large matrix product in the same precision.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.reliability.models import Case, every

if TYPE_CHECKING:
    import keras

MODELS = ("lil_data", "vae", "dcgan", "dtn", "lstm")
BATCH = 256
PRECISIONS = ("float32", "mixed_bfloat16")
NONE = """No GPU was at hand: images a second against a card's limit were not measured. `make accelerator` on a machine with
one adds that table."""


def throughput() -> str:
    """The table, or one line where there is no GPU."""
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        return NONE
    head = ["| model | precision | images a second | operations an image | of the card's limit |", "|---|---|---|---|---|"]
    return "\n".join(head + [row(case, each) for each in PRECISIONS for case in every("ours", MODELS)])


def row(case: Case, precision: str, batch: int = BATCH) -> str:
    """One line of the table."""
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)
    try:
        model = case.build()
        count = operations(unrolled(case.build()), case)
        speed = batch * steps_a_second(model, [part for part in case.batch(batch) if part is not None])
    finally:
        keras.config.set_dtype_policy(before)
    share = count * speed / limit("bfloat16" if "bfloat16" in precision else "float32")
    return f"| {case.name} | {precision} | {speed:,.0f} | {count / 1e6:,.1f} million | {share:.1%} |"


def unrolled(model: keras.Model) -> keras.Model:
    """The same model with recurrent layers written out, so that each of their steps is counted."""
    from training.fitting.keras_internals import all_layers

    for layer in all_layers(model):
        if hasattr(layer, "unroll"):
            layer.unroll = True
    return model


def operations(model: keras.Model, case: Case) -> float:
    """Multiplications and additions of a training step for one sample, forward and backward."""
    import keras
    import tensorflow as tf

    data = keras.tree.map_structure(tf.convert_to_tensor, tuple(part for part in case.batch(2) if part is not None))
    graph = tf.function(model.train_step).get_concrete_function(data).graph
    return sum(_of(operation) for operation in graph.get_operations()) / 2


def _of(operation: Any) -> float:
    """2 for each multiplication of a product or a convolution, which an addition follows."""
    kind, shape = operation.type, [tensor.shape for tensor in (*operation.inputs, *operation.outputs)]
    if kind in ("MatMul", "BatchMatMulV2"):
        inner = shape[0][-2] if operation.get_attr("transpose_a" if kind == "MatMul" else "adj_x") else shape[0][-1]
        return 2.0 * shape[2].num_elements() * inner
    if kind == "Conv2D":
        return 2.0 * shape[2].num_elements() * shape[1][:3].num_elements()
    if kind == "Conv2DBackpropInput":  # inputs: sizes, filter, gradient
        return 2.0 * shape[2].num_elements() * shape[1][:3].num_elements()
    if kind == "Conv2DBackpropFilter":  # inputs: picture, sizes, gradient; output: filter
        return 2.0 * shape[2].num_elements() * shape[3][:3].num_elements()
    return 0.0


def steps_a_second(model: keras.Model, data: list[Any], steps: int = 50) -> float:
    """Of `train_on_batch` on data that lie on the device already."""
    import keras
    import tensorflow as tf

    data = keras.tree.map_structure(tf.convert_to_tensor, data)
    return rate(lambda: model.train_on_batch(*data), steps)


def limit(dtype: str, size: int = 8192) -> float:
    """Operations a second of a product of two large matrices."""
    import tensorflow as tf

    matrix = tf.cast(tf.random.normal((size, size)), dtype)
    product = tf.function(lambda: tf.reduce_sum(matrix @ matrix))  # the sum waits for it and costs little
    return 2.0 * size**3 * rate(lambda: product().numpy(), 20)


def rate(work: Callable[[], object], times: int) -> float:
    """Calls a second, after two that are not counted."""
    work(), work()
    begin = time.perf_counter()
    for _ in range(times):
        work()
    return times / (time.perf_counter() - begin)
