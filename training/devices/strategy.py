"""Which devices train: nothing (one device), or one strategy per process: this machine's devices, or those of all workers.

Model, optimizer and metrics are made inside `strategy.scope()`; every batch is then split over the replicas and their
gradients are added up. TensorFlow must not have run anything yet where logical CPU devices or workers are asked for.
"""

from __future__ import annotations

import os
import re
import threading
from typing import TYPE_CHECKING, Any

import keras

from training.cli import log
from training.devices.workers import Cluster, cluster, is_chief, meet
from training.errors import InputError

if TYPE_CHECKING:
    import tensorflow as tf

__all__ = ["ReplicaSeedGenerator", "draw_apart", "is_chief", "replica_index", "strategy_for", "variable_dtype"]

MAX_CONNECT_SECONDS = 120.0
"""What TensorFlow may take to connect the workers once all are there."""
_GRAMMAR = "expected 1, all, a number of devices, gpu:0,1 (these GPUs) or cpu:2 (that many logical CPU devices)"
_STREAM = 0x5851F42D  # odd and large: replica r of seed s does not meet replica 0 of another likely seed
_mirrored: dict[tuple[str, ...], tf.distribute.Strategy] = {}


def strategy_for(devices: str) -> tf.distribute.Strategy | None:
    """The strategy that `--devices` asks for, or None for one default device.

    `devices`: "1"; "all" GPUs (one device where there are none); "N": the first N GPUs, or N logical CPU devices where
    there is no GPU; "gpu:0,1"; "cpu:2". Raises InputError for other text, for more devices than there are, once TensorFlow
    runs (logical devices, workers), for a second, different strategy in one process, for more than one device outside
    TensorFlow. Where this process is one of several workers (`training.devices.workers`), `devices` are each one's.
    """
    kind, number, indices = _parse(devices)
    workers = cluster()
    if keras.backend.backend() != "tensorflow":
        _check_one_device(devices, kind, number, workers)
        return None
    names = _device_names(kind, number, indices)
    if workers:
        return _joined(workers, names)
    return _mirror(names) if names else None


def replica_index() -> Any:
    """The number of the running replica, 0 where there is one: a Python int, or a scalar int tensor under a strategy."""
    if keras.backend.backend() != "tensorflow":
        return 0
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def variable_dtype() -> str:
    """The dtype of weights, in which losses, last layers and draws are computed: float32, also where layers compute in less
    (`--precision mixed_bfloat16`)."""
    return keras.config.dtype_policy().variable_dtype


@keras.saving.register_keras_serializable("training")
class ReplicaSeedGenerator(keras.random.SeedGenerator):
    """A `keras.random.SeedGenerator` whose replicas draw different numbers.

    Pass it as `seed` to `keras.random` functions inside `call`. Every replica keeps the same state, and its index is folded
    into the seed that is drawn: a plain generator gives all replicas the same noise. Replica 0, and so a single device,
    draws what the plain generator draws.
    """

    def next(self, ordered: bool = True) -> Any:
        return _of_replica(super().next(ordered))


def draw_apart(generator: keras.random.SeedGenerator) -> None:
    """Have a generator of any layer draw as a `ReplicaSeedGenerator` does; nothing where it does already."""
    if not isinstance(generator, ReplicaSeedGenerator) and "next" not in vars(generator):
        plain = generator.next
        generator.next = lambda ordered=True: _of_replica(plain(ordered))


def _of_replica(seed: Any) -> Any:
    """A drawn seed with the replica's index folded in."""
    offset = keras.ops.cast(replica_index(), seed.dtype) * keras.ops.cast(_STREAM, seed.dtype)
    return keras.ops.stack([seed[0] + offset, seed[1]])


def _parse(devices: str) -> tuple[str, int, list[int]]:
    """Split `devices` into its kind ("all", "any", "gpu", "cpu"), how many, and which GPUs."""
    text = devices.strip().lower()
    if text == "all":
        return "all", 0, []
    if re.fullmatch(r"gpu:\d+(,\d+)*", text):
        indices = [int(index) for index in text[4:].split(",")]
        if len(set(indices)) == len(indices):
            return "gpu", len(indices), indices
    if match := re.fullmatch(r"(cpu:)?([1-9]\d*)", text):
        return "cpu" if match[1] else "any", int(match[2]), []
    raise InputError(f"--devices {devices}: {_GRAMMAR}")


def _check_one_device(devices: str, kind: str, number: int, workers: Cluster | None) -> None:
    """InputError unless one device is asked for, of a backend that does not distribute."""
    if workers:
        raise InputError(f"only the TensorFlow backend trains on several workers, this is {keras.backend.backend()}")
    if kind == "all":
        number = len(keras.distribution.list_devices())
    if number > 1 or kind in ("gpu", "cpu"):
        raise InputError(
            f"--devices {devices}: only the TensorFlow backend chooses or distributes over devices, this is "
            f"{keras.backend.backend()}; use --devices 1 or KERAS_BACKEND=tensorflow"
        )


def _device_names(kind: str, number: int, indices: list[int]) -> tuple[str, ...]:
    """The devices to mirror over; empty where TensorFlow's default device is what was asked for."""
    import tensorflow as tf

    gpus = len(tf.config.list_physical_devices("GPU"))
    if kind == "cpu" or (kind == "any" and not gpus):
        if number == 1 and not gpus:
            return ()
        return _logical_cpus(number)
    if kind == "all":
        number = gpus
    if kind != "gpu":
        indices = list(range(number)) if number > 1 else []
    if any(index >= gpus for index in indices):
        raise InputError(
            f"--devices asks for GPU {max(indices)}, but TensorFlow sees {gpus} GPUs (they count from 0); "
            "use --devices all for those there are"
        )
    return tuple(f"GPU:{index}" for index in indices)


def _logical_cpus(number: int) -> tuple[str, ...]:
    """Divide the CPU into `number` logical devices, which must happen before TensorFlow runs anything."""
    import tensorflow as tf

    most = max(2, os.cpu_count() or 1)  # two everywhere: distribution can be tried on any machine
    if number > most:
        raise InputError(f"--devices asks for {number} CPU devices, this machine has {most}")
    cpu = tf.config.list_physical_devices("CPU")[0]
    existing = len(tf.config.get_logical_device_configuration(cpu) or [None])
    if existing < number:
        try:
            tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * number)
        except RuntimeError:
            raise InputError(
                f"--devices: {number} CPU devices can be made only before TensorFlow has run anything in this "
                f"process, which has {existing}; choose the devices first, or start a new process"
            ) from None
    return tuple(f"CPU:{index}" for index in range(number))


def _mirror(names: tuple[str, ...]) -> tf.distribute.Strategy:
    """One MirroredStrategy per process: the same for the same devices, InputError for others."""
    import tensorflow as tf

    if _mirrored and names not in _mirrored:
        raise InputError(
            f"this process trains on {', '.join(*_mirrored)} already and cannot change to {', '.join(names)}; "
            "start a new process"
        )
    if not _mirrored:
        _mirrored[names] = tf.distribute.MirroredStrategy(list(names))
    return _mirrored[names]


def _joined(workers: Cluster, names: tuple[str, ...]) -> tf.distribute.Strategy:
    """One MultiWorkerMirroredStrategy per process, over the devices `names` (by default one) of each of the workers."""
    import tensorflow as tf

    if workers.addresses in _mirrored:
        return _mirrored[workers.addresses]
    on_cpu = "CPU:0" in names
    if on_cpu and len(names) > 1:
        raise InputError(f"a worker has one CPU device, --devices asks for {len(names)}; start more workers instead")
    gpus = [] if on_cpu else tf.config.list_physical_devices("GPU")
    chosen = [int(name.partition(":")[2]) for name in names] or [0]
    meet(workers)
    late = threading.Timer(MAX_CONNECT_SECONDS, _give_up)
    late.daemon = True
    late.start()
    try:
        tf.config.set_visible_devices([gpus[index] for index in chosen] if gpus else [], "GPU")
        _mirrored[workers.addresses] = tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError as error:
        raise InputError(f"TensorFlow cannot join the workers ({error}); start a new process for each training") from None
    finally:
        late.cancel()
    return _mirrored[workers.addresses]


def _give_up() -> None:
    """End the process: TensorFlow, which still waits for the other workers, cannot be interrupted otherwise."""
    log(f"error: the workers met, but did not connect within {MAX_CONNECT_SECONDS:g} seconds; start all of them again")
    os._exit(1)
