"""Work on a Dask cluster instead of in processes of this machine."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from training.errors import InputError


@contextlib.contextmanager
def workers(scheduler: str | None) -> Iterator[None]:
    """Within it, joblib's calls go to the workers of the Dask scheduler at this address; None: to processes, as usual.

    InputError: Dask is not installed, no scheduler answers, no worker joins it, a task took every worker down.
    """
    if not scheduler:
        yield
        return
    try:
        from dask.distributed import Client, KilledWorker
    except ImportError:
        raise InputError("a scheduler needs Dask: python -m pip install 'dask[distributed]'") from None
    from joblib import parallel_config

    _check_address(scheduler)
    try:
        client = Client(scheduler, timeout=10, set_as_default=False)
    except OSError as error:
        raise InputError(f"what answers at {scheduler} is no Dask scheduler ({error})") from None
    with client, parallel_config("dask", client=client):
        try:
            yield
        except KilledWorker:
            raise InputError("a task took down every worker that tried it (out of memory?)") from None
        except TimeoutError:
            raise InputError(
                f"the scheduler at {scheduler} has no worker; start one with: dask worker {scheduler}"
            ) from None


def _check_address(scheduler: str) -> None:
    """InputError unless something answers; a Dask client that fails to connect leaves tracebacks behind."""
    try:
        address = urlsplit(scheduler)
        if address.scheme not in ("tcp", "tls") or not address.hostname or not address.port:
            raise ValueError("it names no host and port")
        socket.create_connection((address.hostname, address.port), timeout=10).close()
    except (OSError, ValueError) as error:
        raise InputError(f"no scheduler at {scheduler} ({error}); expected an address like tcp://host:8786") from None
