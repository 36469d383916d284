"""Every model on one backend: what its exported part gives, one step of gradient descent, what it gives then.

    KERAS_BACKEND=jax python -m tests.reliability.one_step FOLDER [MODEL ...]

writes FOLDER/PACKAGE.MODEL-BACKEND.npz for each model and its weights after the step as .weights.h5. Weights come from
FOLDER/PACKAGE.MODEL.weights.h5, which the first process to run there makes; a process that finds another backend's results
also tells what its own model gives with that one's weights. All that a model draws is the same table of numbers.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from tests.reliability.models import Case, every

RATE = 0.01
"""Step of the gradient descent."""
RATES = {"resnet50": 1e-5, "dtn": 1e-3}
"""Where gradients are large, through batch norms of few numbers: they amplify rounding too."""
COUNT = 8
"""Samples in the batch."""


def main(folder: Path, names: tuple[str, ...]) -> None:
    """Go through the named models, by default all."""
    for case in every(names=names):
        one_step(case.quiet(), folder)


def one_step(case: Case, folder: Path) -> None:
    """Write what one model gives before and after a step on this backend."""
    import keras

    backend, name = keras.backend.backend(), f"{case.package}.{case.name}"
    with_equal_noise()
    model = case.build()
    weights = folder / f"{name}.weights.h5"
    if weights.exists():
        model.load_weights(weights)
    else:
        model.save_weights(weights)
    found = {f"before {number}": array for number, array in enumerate(outputs(case, model))}
    start = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_weights]
    model.compile(keras.optimizers.SGD(RATES.get(case.name, RATE)), loss=model.loss)
    inputs, targets = case.batch(COUNT)
    found["loss"] = model.train_on_batch(inputs, targets, return_dict=True)["loss"]
    learned = [keras.ops.convert_to_numpy(weight) for weight in model.trainable_weights]
    found["moved"] = max(np.abs(new - old).max(initial=0) for new, old in zip(learned, start, strict=True))
    found |= {f"weight {number}": array for number, array in enumerate(model.get_weights())}
    found |= {f"after {number}": array for number, array in enumerate(outputs(case, model))}
    model.save_weights(folder / f"{name}-{backend}.weights.h5")
    for other in ("tensorflow", "jax"):
        if other != backend and (theirs := folder / f"{name}-{other}.weights.h5").exists():
            model.load_weights(theirs)
            found |= {f"with {other} {number}": array for number, array in enumerate(outputs(case, model))}
    np.savez(folder / f"{name}-{backend}.npz", **found)


def outputs(case: Case, model: Any) -> list[np.ndarray]:
    """What the exported part gives for the example inputs."""
    import keras

    from training.exporting.exports import example_inputs

    part = case.exported(model)
    arrays = example_inputs(part, COUNT)
    made = part(arrays[0] if len(arrays) == 1 else arrays, training=False)
    return [keras.ops.convert_to_numpy(each) for each in keras.tree.flatten(made)]


def with_equal_noise() -> None:
    """Let `keras.random` give the same numbers on every backend."""
    import keras

    def table(shape: Any, low: float, high: float) -> Any:
        return keras.ops.convert_to_tensor(np.random.default_rng(0).uniform(low, high, shape).astype(np.float32))

    keras.random.normal = lambda shape, seed=None: table(shape, -1.7, 1.7)
    keras.random.uniform = lambda shape, minval=0.0, maxval=1.0, seed=None: table(shape, minval, maxval)


if __name__ == "__main__":
    main(Path(sys.argv[1]), tuple(sys.argv[2:]))
