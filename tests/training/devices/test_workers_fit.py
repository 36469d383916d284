"""Two workers on loopback, in one pair of processes, against one process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.reliability.parity import free_addresses
from tests.training.devices.two_workers import outcome

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def two_workers(tmp_path_factory) -> list[dict]:
    """What each of two workers found, how long after the second was killed the first one ended, and what it said then."""
    run, addresses = tmp_path_factory.mktemp("workers") / "run", free_addresses(2)
    workers = []
    for index in range(2):
        cluster = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        command = ["timeout", "--kill-after=5", "240", sys.executable, "-m", "tests.training.devices.two_workers", str(run)]
        environment = os.environ | {"TF_CONFIG": json.dumps(cluster), "TF_CPP_MIN_LOG_LEVEL": "3"}
        workers.append(
            subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
    helper = workers[1].communicate()
    killed = time.monotonic()
    chief = workers[0].communicate()
    took = time.monotonic() - killed
    for out, err in (chief, helper):
        assert out, err[-3000:]
    found = [json.loads(out.splitlines()[-1]) for out, _ in (chief, helper)]
    return [found[0] | {"took": took}, found[1]]


@pytest.fixture(scope="module")
def one(tmp_path_factory) -> dict:
    return outcome(tmp_path_factory.mktemp("one"))


def test_keras_own_fit_still_fails_here(two_workers):
    assert "PerReplica" in two_workers[0]["fit"], "Keras' fit serves several workers now: training/workers_fit.py can go"


def test_weights_are_those_of_one_process(two_workers, one):
    for found in two_workers:
        for weight, expected in zip(found["weights"], one["weights"], strict=True):
            np.testing.assert_allclose(weight, expected, atol=1e-5, rtol=0)


def test_the_history_is_the_same_with_the_ragged_validation(two_workers, one):
    for found in two_workers:
        assert len(found["history"]) == len(one["history"])
        for row, expected in zip(found["history"], one["history"], strict=True):
            assert row == pytest.approx(expected, rel=1e-5)


def test_callbacks_are_called_as_by_fit(two_workers, one):
    expected = [tuple(call) for call in one["calls"] if "test_batch" not in call[0]]
    for found in two_workers:  # the ragged last batch of validation joins the one before it
        assert [tuple(call) for call in found["calls"] if "test_batch" not in call[0]] == expected


def test_only_the_chief_writes_in_the_run(two_workers):
    chief, helper = (Path(found["run"]) for found in two_workers)
    assert {path.name for path in chief.iterdir()} >= {"history.csv", "backup", "model.keras", "logs"}
    assert helper.parent != chief.parent
    assert not (chief.parent / "other" / "backup").exists()


def test_workers_draw_different_noise(two_workers):
    first, second = (np.array(found["noise"]) for found in two_workers)
    assert not np.any(first == second)


def test_other_options_are_refused_on_all(two_workers):
    assert all("started with other options" in found["other options"] for found in two_workers)


def test_a_killed_worker_ends_the_others_in_one_line(two_workers):
    chief = two_workers[0]
    assert chief["killed"].startswith("another worker has ended")
    assert chief["took"] < 30
    assert chief["kept"] == [0, 1, 2, 3], "they resumed from the chief's files, and kept the last whole epoch"
