"""What stands in a cluster's way is one line; that it works is tested where corpora are made."""

import socket
import sys

import pytest

from training.cli import InputError
from training.cluster import workers


@pytest.mark.parametrize("address", ["nonsense", "host:8786", "http://host:1", "tcp://host", "tcp://:1", "tcp://a:b"])
def test_what_is_no_address(address):
    pytest.importorskip("distributed")
    with (
        pytest.raises(InputError, match=f"no scheduler at {address} .* expected an address like tcp://host:8786"),
        workers(address),
    ):
        pytest.fail("entered")


def test_nobody_there():
    pytest.importorskip("distributed")
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(InputError, match="refused"), workers(f"tcp://127.0.0.1:{port}"):
        pytest.fail("entered")


def test_without_dask(monkeypatch):
    monkeypatch.setitem(sys.modules, "dask.distributed", None)
    with pytest.raises(InputError, match="needs Dask"), workers("tcp://127.0.0.1:1"):
        pytest.fail("entered")
