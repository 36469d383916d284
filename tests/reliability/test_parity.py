"""Two devices, and two workers, train as one device: the hardest model here, all of them in the slow sweep."""

from __future__ import annotations

import pytest

from tests.reliability.parity import TOLERANCE, compare, holds
from tests.reliability.parity_cases import CASES, TOYS

HARDEST = "generators.dcgan, R1 and R2"
"""Two players, gradients of gradients, averages of weights."""


def test_the_hardest_model_and_the_toys_have_parity():
    found = compare([HARDEST, *TOYS], [])
    assert list(found) == [HARDEST, *TOYS]
    assert all(holds(ways) for ways in found.values()), found


@pytest.mark.slow
def test_every_model_has_a_case_and_parity():
    import classifiers
    import generators
    import transfer

    models = {f"{package.__name__}.{model}" for package in (classifiers, generators, transfer) for model in package.MODELS}
    assert {name.partition(",")[0] for name in CASES} == models
    found = compare(list(CASES), [])
    assert {name for name, ways in found.items() if not holds(ways)} == set()


def test_what_did_not_move_or_differs_proves_nothing():
    assert holds({"moved": (1.0, 0.0), "2 devices": (TOLERANCE, TOLERANCE)})
    assert not holds({"moved": (TOLERANCE, 0.0), "2 devices": (0.0, 0.0)})
    assert not holds({"moved": (1.0, 0.0), "2 devices": (0.0, 0.0), "2 workers": (0.0, 2 * TOLERANCE)})
