"""A killed run, resumed, ends where one that was never killed ends: to the last bit."""

from __future__ import annotations

import contextlib
import io
import os
import resource
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from training.cli import guarded
from training.errors import InputError
from training.fitting.backup import Backup, restore
from training.fitting.callbacks import Best, History

KILLED = """
import io, os, sys
import numpy as np
from tests.training.fitting.test_backup import model_of
from training.fitting.backup import Backup, restore

folder = sys.argv[1]
model = model_of()
assert restore(model, folder) == 1
callback = Backup(folder)
callback.set_model(model)
savez, fsync, replace = np.savez, os.fsync, os.replace

def half_written(path, **arrays):
    savez(whole := io.BytesIO(), **arrays)
    with open(path, "wb") as file:
        file.write(whole.getvalue()[:len(whole.getvalue()) // 2])
    os._exit(9)

def then_die(function):
    return lambda *arguments, **named: (function(*arguments, **named), os._exit(9))

for module, name, deadly, epoch in [(np, "savez", half_written, 1), (np, "savez", then_die(savez), 1),
                                    (os, "fsync", then_die(fsync), 1), (os, "replace", then_die(replace), 2)]:
    child = os.fork()
    if not child:
        setattr(module, name, deadly)
        callback.on_epoch_end(1, {"loss": 1.0})
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9, name
    assert restore(model, folder) == epoch, name
"""


class Batches(keras.utils.PyDataset):
    """Eight samples in batches of four, in an order that the epoch's number decides; counts from epoch `epoch`."""

    def __init__(self, epoch: int = 0):
        super().__init__()
        self.epoch = epoch
        self.x = np.random.default_rng(0).standard_normal((8, 3)).astype(np.float32)

    def __len__(self):
        return 2

    def __getitem__(self, index):
        order = np.random.default_rng(self.epoch).permutation(8)[4 * index : 4 * index + 4]
        return self.x[order], self.x[order].sum(axis=1, keepdims=True)

    def on_epoch_end(self):
        self.epoch += 1


def model_of(units: int = 5, **optimizer) -> keras.Model:
    """Dropout, batch norm and Adam with a learning rate schedule: everything that holds state."""
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Dense(units),
        keras.layers.BatchNormalization(),
        keras.layers.Dropout(0.4, seed=3),
        keras.layers.Dense(1),
    ]
    model = keras.Sequential([keras.Input((3,)), *layers])
    schedule = keras.optimizers.schedules.CosineDecay(0.05, 8)
    model.compile(keras.optimizers.Adam(schedule, **optimizer), loss="mse")
    return model


def train(model: keras.Model, run: Path, epochs: int) -> list[np.ndarray]:
    """Resume and train until `epochs`; all the state, as it was at the end of the last epoch."""
    start = restore(model, run / "backup")
    callbacks = [History(run / "history.csv"), Best(run / "model.keras", "loss"), Backup(run / "backup")]
    model.fit(Batches(start), epochs=epochs, initial_epoch=start, callbacks=callbacks, shuffle=False, verbose=0)
    return [variable.numpy() for variable in [*model.variables, *model.optimizer.variables]]


@pytest.mark.parametrize("optimizer", [{}, {"use_ema": True, "ema_momentum": 0.9}])
def test_two_and_two_epochs_are_four(tmp_path, optimizer):
    whole = train(model_of(**optimizer), tmp_path / "whole", 4)
    train(model_of(**optimizer), tmp_path / "resumed", 2)
    other = model_of(**optimizer)
    for variable in other.weights:  # whatever the new process begins with
        variable.assign(variable + 1)
    resumed = train(other, tmp_path / "resumed", 4)
    assert all(np.array_equal(one, two) for one, two in zip(whole, resumed, strict=True))
    histories = [(tmp_path / name / "history.csv").read_bytes() for name in ("whole", "resumed")]
    assert histories[0] == histories[1]
    best = [keras.saving.load_model(tmp_path / name / "model.keras").get_weights() for name in ("whole", "resumed")]
    assert all(np.array_equal(one, two) for one, two in zip(*best, strict=True))


def test_seeds_and_slots_are_part_of_the_backup(tmp_path):
    trained = model_of()
    train(trained, tmp_path, 1)
    fresh = model_of()
    assert restore(fresh, tmp_path / "backup") == 1
    names = [variable.name for variable in fresh.variables]
    assert "seed_generator_state" in names
    assert int(fresh.optimizer.iterations) == 2
    state = [[*model.variables, *model.optimizer.variables] for model in (trained, fresh)]
    for one, two in zip(*state, strict=True):
        assert np.array_equal(one.numpy(), two.numpy())


def test_without_a_backup_training_begins(tmp_path):
    assert restore(model_of(), tmp_path / "backup") == 0


def backed_up(folder: Path, model: keras.Model, every: int = 1, epochs: int = 1, loss: float = 1.0) -> None:
    callback = Backup(folder, every)
    callback.set_model(model)
    callback.set_params({"epochs": epochs})
    for epoch in range(epochs):
        callback.on_epoch_end(epoch, {"loss": loss})


@pytest.mark.parametrize(("every", "epochs", "expected"), [(1, 3, 3), (2, 3, 3), (5, 3, 3)])
def test_the_last_epoch_is_always_there(tmp_path, every, epochs, expected):
    backed_up(tmp_path, model_of(), every, epochs)
    assert restore(model_of(), tmp_path) == expected


def test_bfloat16_weights_come_back(tmp_path):
    layers = [keras.Input((3,), dtype="bfloat16"), keras.layers.Dense(2, dtype="bfloat16")]
    model = keras.Sequential(layers)
    model.compile("sgd", "mse")
    backed_up(tmp_path, model)
    expected = model.get_weights()
    model.set_weights([weight + 1 for weight in expected])
    assert restore(model, tmp_path) == 1
    assert all(np.array_equal(one, two) for one, two in zip(expected, model.get_weights(), strict=True))


def test_a_diverged_epoch_is_not_backed_up(tmp_path):
    model = model_of()
    backed_up(tmp_path, model)
    backed_up(tmp_path, model, epochs=2, loss=float("nan"))
    assert restore(model_of(), tmp_path) == 1
    model.weights[0].assign(np.full(model.weights[0].shape, np.nan))
    backed_up(tmp_path, model, epochs=2)
    assert restore(model_of(), tmp_path) == 1


def test_another_model_is_refused_and_left_alone(tmp_path):
    backed_up(tmp_path, model_of())
    other = model_of(units=6)
    before = other.get_weights()
    with pytest.raises(InputError, match=r"weights of another shape.*\(3, 5\).*expected.*\(3, 6\)"):
        restore(other, tmp_path)
    assert all(np.array_equal(one, two) for one, two in zip(before, other.get_weights(), strict=True))
    with pytest.raises(InputError, match="another model"):
        restore(model_of(use_ema=True), tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[: len(whole) // 2],
        lambda whole: b"PK" * 50,
        lambda whole: whole[:200] + b"x" + whole[201:],
    ],
)
def test_a_broken_file_is_one_line(tmp_path, damage):
    backed_up(tmp_path, model_of())
    file = tmp_path / "state.npz"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(InputError, match="not a whole training backup"):
        restore(model_of(), tmp_path)


def test_another_format_version_is_told(tmp_path):
    tmp_path.joinpath("state.npz").touch()
    np.savez(tmp_path / "state.npz", about=np.array('{"format": 99, "paths": [], "epoch": 1}'))
    with pytest.raises(InputError, match="format 99, this version reads 1"):
        restore(model_of(), tmp_path)


def test_only_the_chief_writes(tmp_path, monkeypatch):
    monkeypatch.setattr("training.fitting.backup.is_chief", lambda: False)
    backed_up(tmp_path, model_of())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", ["os.fsync", "os.replace", "numpy.savez"])
def test_a_failure_leaves_the_backup_before(tmp_path, monkeypatch, call):
    model = model_of()
    backed_up(tmp_path, model)
    expected = model.get_weights()
    model.set_weights([weight + 1 for weight in expected])

    def fail(*arguments, **more):
        raise OSError("disk gone")

    monkeypatch.setattr(call, fail)
    with pytest.raises(OSError, match="disk gone"):
        backed_up(tmp_path, model)
    monkeypatch.undo()
    assert restore(model, tmp_path) == 1
    assert all(np.array_equal(one, two) for one, two in zip(expected, model.get_weights(), strict=True))
    assert os.listdir(tmp_path) == ["state.npz"]


@contextlib.contextmanager
def a_full_disk(folder: Path):
    """No file may grow beyond what the history takes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextlib.contextmanager
def a_folder_that_may_not_be_written(folder: Path):
    """For nobody, where root would be allowed everything."""
    root = os.geteuid() == 0
    os.chmod(folder / "backup", 0o555)  # noqa: S103
    if root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        os.chmod(folder / "backup", 0o755)  # noqa: S103


def test_faults_while_saving_are_one_line_and_the_run_goes_on_after_them(tmp_path, capfd):
    whole = train(model_of(), tmp_path / "whole", 4)
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are not for others
        run = Path(name)
        os.chmod(run, 0o777)  # noqa: S103
        train(model_of(), run, 2)
        for path in run.iterdir():
            path.chmod(0o777)
        before = (run / "backup" / "state.npz").read_bytes()
        for fault, said in ((a_full_disk, "File too large"), (a_folder_that_may_not_be_written, "Permission denied")):
            with fault(run):
                assert guarded(lambda epochs: train(model_of(), run, epochs), 4) == 1
            told = capfd.readouterr().err.splitlines()[-1]
            assert told.startswith(f"error: {run}/backup/state.npz: {said}; what was there before is kept")
            assert (run / "backup" / "state.npz").read_bytes() == before
            assert not list(run.rglob(".*.tmp*"))
        resumed = train(model_of(), run, 4)
        assert (run / "history.csv").read_bytes() == (tmp_path / "whole" / "history.csv").read_bytes()
    assert all(np.array_equal(one, two) for one, two in zip(whole, resumed, strict=True))


def test_a_size_that_is_only_claimed_takes_no_memory(tmp_path):
    """A header of terabytes, and what unpacks to more than is there."""
    file, header = tmp_path / "state.npz", io.BytesIO()
    np.savez(file, about=np.array('{"format": 1, "epoch": 1, "paths": ["a"]}'))
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (10**12,)})
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("00000.npy", header.getvalue())
    with pytest.raises(InputError, match=r"00000\.npy is not as large as it says"):
        restore(model_of(), tmp_path)
    np.savez_compressed(file, about=np.array('{"format": 1, "epoch": 1, "paths": ["a"]}'), **{"00000": np.zeros(10**7)})
    with pytest.raises(InputError, match="is packed"):
        restore(model_of(), tmp_path)


def test_a_kill_at_any_instant_leaves_a_whole_backup(tmp_path):
    backed_up(tmp_path, model_of())
    script = [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)]
    done = subprocess.run(script, capture_output=True, text=True, cwd=Path(__file__).parents[3])
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(list(tmp_path.glob(".state.*.tmp.npz"))) == 3, "each kill before the renaming left its file"
