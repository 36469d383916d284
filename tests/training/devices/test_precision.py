"""Every model learns in mixed bfloat16: spectra, heads and losses in float32, weights too, and is exported in float32."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from tests.reliability.models import every
from training.exporting.exports import example_inputs, in_float32

NAMES = [case.name for case in every()]
FAST = ("lil_data", "vae")


@pytest.fixture
def mixed():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


def sweep(*fast):
    return [name if name in fast else pytest.param(name, marks=pytest.mark.slow) for name in NAMES]


@pytest.mark.filterwarnings("ignore::UserWarning:keras.*")
@pytest.mark.parametrize("name", sweep(*FAST))
def test_a_step_goes_as_in_float32(name, mixed):
    (case,) = every(names=(name,))
    case = case.quiet() if name != "resnet50" else case
    data = case.batch(4)
    losses, moved = {}, {}
    for policy in ("float32", "mixed_bfloat16"):
        keras.config.set_dtype_policy(policy)
        model = case.build()
        assert {keras.backend.standardize_dtype(variable.dtype) for variable in model.weights} <= {
            "float32",
            "uint32",
            "int64",
        }
        start = model.get_weights()
        losses[policy] = [float(model.train_on_batch(*data, return_dict=True)["loss"]) for _ in range(3)]
        moved[policy] = max(np.abs(new - old).max() for new, old in zip(model.get_weights(), start, strict=True))
    near = 0.2 if name == "resnet50" else 0.05  # fifty random layers amplify rounding
    np.testing.assert_allclose(losses["mixed_bfloat16"][0], losses["float32"][0], rtol=near, atol=0.02)
    assert np.isfinite(losses["mixed_bfloat16"]).all()
    assert losses["mixed_bfloat16"] != losses["float32"]  # the policy reached the layers
    assert 0 < moved["mixed_bfloat16"] < 10 * moved["float32"]


@pytest.mark.parametrize("name", sweep("vae"))
def test_what_leaves_the_house_computes_in_float32(name, mixed):
    (case,) = every(names=(name,))
    model = case.exported(case.build())
    inputs = example_inputs(model)
    inputs = inputs[0] if len(inputs) == 1 else inputs
    with in_float32(model):
        whole = [np.array(each) for each in keras.tree.flatten(model(inputs, training=False))]
    rounded = [np.array(each) for each in keras.tree.flatten(model(inputs, training=False))]
    keras.config.set_dtype_policy("float32")
    fresh = case.exported(case.build())
    expected = [np.array(each) for each in keras.tree.flatten(fresh(inputs, training=False))]
    for ours, theirs in zip(whole, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
    if name != "seq2seq":  # which says whole numbers
        assert any((one != other).any() for one, other in zip(whole, rounded, strict=True))  # and goes back to bfloat16
