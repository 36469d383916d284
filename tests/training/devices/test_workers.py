"""Who the workers are, where each works, and how they wait for each other."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from tests.reliability.parity import free_addresses
from training.devices.workers import Cluster, cluster, enlist, is_chief, meet, own_directory
from training.errors import InputError


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    monkeypatch.setenv("TF_CONFIG", "")  # what `enlist` sets is taken back
    monkeypatch.delenv("TF_CONFIG")


def configure(monkeypatch, cluster, task):
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))


def test_one_machine_has_no_cluster(tmp_path):
    enlist(None, None)
    assert cluster() is None
    assert is_chief()
    assert own_directory(tmp_path) == tmp_path


def test_a_cluster_of_one_is_none(monkeypatch):
    configure(monkeypatch, {"worker": ["a:1"]}, {"type": "worker", "index": 0})
    assert cluster() is None


@pytest.mark.parametrize("index", [0, 1])
def test_options_name_the_workers(tmp_path, index):
    enlist("one:1, two:2", index)
    assert cluster() == Cluster(("one:1", "two:2"), index)
    assert is_chief() is (index == 0)
    own = own_directory(tmp_path / "run")
    assert (own == tmp_path / "run") is (index == 0)
    assert own == own_directory(tmp_path / "run"), "the same again, so that two trainings of one model find each other"


@pytest.mark.parametrize(
    ("task", "jobs", "index"),
    [
        ({"type": "worker", "index": 0}, {"worker": ["a:1", "b:1"]}, 0),
        ({"type": "worker", "index": 1}, {"worker": ["a:1", "b:1"]}, 1),
        ({"type": "worker", "index": 0}, {"chief": ["a:1"], "worker": ["b:1"]}, 1),
        ({"type": "chief", "index": 0}, {"chief": ["a:1"], "worker": ["b:1"]}, 0),
    ],
)
def test_tf_config_names_them_too(monkeypatch, task, jobs, index):
    configure(monkeypatch, jobs, task)
    assert cluster() == Cluster(("a:1", "b:1"), index)
    assert is_chief() is (index == 0)


@pytest.mark.parametrize(
    ("workers", "index", "told"),
    [
        (None, 0, "give both or neither"),
        ("a:1,b:2", None, "must be 0 to 1"),
        ("a:1,b:2", 2, "must be 0 to 1"),
        ("a:1,b:2", -1, "must be 0 to 1"),
        ("a,b", 0, "host:port"),
        ("a:1,", 0, "host:port"),
        ("a:1,a:1", 0, "an address of its own"),
    ],
)
def test_other_options_are_refused(workers, index, told):
    with pytest.raises(InputError, match=told):
        enlist(workers, index)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "{}",
        json.dumps({"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "worker", "index": 2}}),
        json.dumps({"cluster": {"worker": ["a:1", "b:1"]}, "task": {"type": "evaluator", "index": 0}}),
        json.dumps({"cluster": {"worker": ["a:1"], "ps": ["b:1"]}, "task": {"type": "worker", "index": 0}}),
    ],
)
def test_a_tf_config_of_something_else_is_refused(monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError, match="TF_CONFIG must name workers"):
        cluster()


def test_workers_meet():
    addresses = tuple(free_addresses(3))
    all_met = threading.Barrier(3)

    def work(index: int) -> None:
        meet(Cluster(addresses, index), 20)
        # whoever leaves opens TensorFlow's server at the same address: so does this, for those that still knock
        with socket.create_server(("", int(addresses[index].split(":")[1]))):
            all_met.wait(20)

    there = [threading.Thread(target=work, args=(index,)) for index in range(3)]
    for thread in there:
        thread.start()
    for thread in there:
        thread.join(25)
    assert not all_met.broken
    assert not any(thread.is_alive() for thread in there)


def test_one_that_does_not_come_is_named():
    addresses = tuple(free_addresses(2))
    with pytest.raises(InputError, match=rf"worker 0 at {addresses[0]} did not come within .*--worker-index 0"):
        meet(Cluster(addresses, 1), wait=0.5)


def test_a_port_in_use_is_told():
    with socket.create_server(("", 0)) as door:
        port = door.getsockname()[1]
        with pytest.raises(InputError, match=f"port {port} cannot be opened"):
            meet(Cluster((f"localhost:{port}", "localhost:1"), 0), wait=0.1)
