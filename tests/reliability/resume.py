"""Training that is killed and repeated against training that is not, for every model: what is left must be the same.

A process trains each model once undisturbed. In another directory the same training is killed by SIGKILL again and again:
right after the model and the history are renamed, at each instant in the writing of a backup (half of it written, before
fsync, before and after the renaming), and at the end of a batch drawn at random; and repeated each time, until it ends. Some
models are also killed at an instant drawn at random and repeated once, so many times over. Compared are the files of both
directories: weights, seeds, optimizer slots and moving averages to the last bit, history, samples and all else to the last
byte.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from training.cli import log, run
from training.options import Count, Index, Seed

NOTES = """
To the last bit on machines of one kind with the same number of threads: others add up in another order.

A disk that is full, or may not be written, while a backup or a model is saved ends the command with one line and status 1:
`error: RUN/backup/state.npz: No space left on device; what was there before is kept: mend that and give the same command
again`. The same command then ends with the same bytes (tried on a file system of 5 MB; tested with a limit on the size of
files, and with a folder without the right to write).
"""


@dataclass(frozen=True)
class Options:
    """What is killed, and how often."""

    models: tuple[str, ...] = ()
    """Models, as package.model; by default all."""
    instants: Index = 20
    """Kills at instants drawn at random, each in a training of its own, of the models after --instants-of."""
    instants_of: tuple[str, ...] = ("classifiers.lil_data", "generators.vae", "generators.lstm")
    """Models of different kinds that are killed so."""
    writes: bool = True
    """Kill while files are written, too."""
    epochs: Count = 3
    """Length of a training, on about a hundred seconds of tiny music."""
    seed: Seed = 0
    """Of what is drawn at random."""
    write: bool = False
    """Write the tables into docs/reliability.md."""


class Row(NamedTuple):
    """Of the table: what was done to a model, and what was other than it should be."""

    name: str
    batches: int
    megabytes: float
    chain: list[str]
    instants: int
    same: int
    wrong: list[str]


def main(options: Options) -> None:
    """Print the table; exit with status 1 if a run came back changed."""
    import tempfile

    from tests.reliability.document import RELIABILITY, write_section
    from tests.reliability.tiny_runs import model_names, trainer, write_data

    rows = []
    with tempfile.TemporaryDirectory() as folder:
        names = options.models or model_names()
        write_data(Path(folder), names)
        trainers = {name: trainer(name, Path(folder), options.epochs) for name in names}  # imports all before any fork
        for name, train in trainers.items():
            rows.append(row_of(name, train, Path(folder, name), options))
            log(f"{name}: {'; '.join(rows[-1].wrong) or 'the same'}")
    text = document(rows)
    print(text)
    if options.write:
        write_section(RELIABILITY, "Resume", text)
    sys.exit(any(row.wrong for row in rows))


def row_of(name: str, train: Callable[[Path], Path], folder: Path, options: Options) -> Row:
    """Train, kill and repeat one model."""
    import numpy as np

    from tests.reliability.killing import differences, forked

    generator = np.random.default_rng([options.seed, *name.encode()])
    folder.mkdir()
    whole = forked(lambda: train(folder / "whole"), folder / "log")
    if whole.status:
        return Row(name, whole.batches, 0, [], 0, 0, [f"training ended with {whole.status}: {last_line(folder)}"])
    chain, wrong = chained(train, folder, whole.batches, options.writes, generator)
    wrong += differences(folder / "whole", folder / "killed")
    instants = options.instants if name in options.instants_of else 0
    found = [instant(train, folder, whole.seconds, generator, number) for number in range(instants)]
    size = (folder / "whole" / "backup" / "state.npz").stat().st_size / 1e6
    same = sum(not changed for changed in found)
    return Row(name, whole.batches, size, chain, instants, same, wrong + [one for changed in found for one in changed])


def chained(
    train: Callable[[Path], Path], folder: Path, batches: int, writes: bool, generator
) -> tuple[list[str], list[str]]:
    """Kill one training after the other and let the last one end: (the kills, what went otherwise)."""
    from tests.reliability.killing import forked

    done, wrong = [], []
    planned = [
        (what, arm) for what, arm in kills(folder / "killed", batches, generator) if writes or what.startswith("batch")
    ]
    for what, arm in planned:

        def work(arm=arm):
            arm()
            train(folder / "killed")

        ended = forked(work, folder / "log")
        done.append(what)
        if ended.status != -9:
            wrong.append(f"not killed {what}: status {ended.status}, {last_line(folder)}")
    if status := forked(lambda: train(folder / "killed"), folder / "log").status:
        wrong.append(f"the last repetition ended with {status}: {last_line(folder)}")
    return done, wrong


def kills(run: Path, batches: int, generator) -> Iterator[tuple[str, Callable[[], None]]]:
    """(description, what arms the process), in an order in which each finds something to kill: the last epoch ends none."""
    from tests.reliability.killing import STAGES, at_batch, at_write

    state, drawn = run / "backup" / "state.npz", int(generator.integers(1, batches + 1))
    for name in ("model.keras", "history.csv"):
        yield f"{name} after rename", lambda name=name: at_write(run / name, "after rename")
    for stage in STAGES[:-1]:
        yield f"backup {stage}", lambda stage=stage: at_write(state, stage)
    yield f"batch {drawn}", lambda: at_batch(drawn)
    yield f"backup {STAGES[-1]}", lambda: at_write(state, STAGES[-1])


def instant(train: Callable[[Path], Path], folder: Path, seconds: float, generator, number: int) -> list[str]:
    """Kill a training at an instant drawn at random between its first batch and its end, repeat it: what is other then."""
    import shutil

    from tests.reliability.killing import differences, forked

    run, status = folder / f"run {number}", 0
    while status == 0:  # it may have ended before
        shutil.rmtree(run, ignore_errors=True)
        status = forked(lambda: train(run), folder / "log", generator.uniform(0, seconds)).status
    again = forked(lambda: train(run), folder / "log").status
    wrong = differences(folder / "whole", run)
    shutil.rmtree(run)
    return wrong if (status, again) == (-9, 0) else [f"status {status}, then {again}: {last_line(folder)}"]


def last_line(folder: Path) -> str:
    """The last line of the log."""
    return (folder / "log").read_text(errors="replace").strip().rpartition("\n")[2]


def document(rows: list[Row]) -> str:
    """The section of the document."""
    table = ["| model | batches | backup, MB | killed, one after the other | the same | at random instants, the same |"]
    table.append("|---|---|---|---|---|---|")
    for row in rows:
        drawn = [kill for kill in row.chain if kill.startswith("batch")]
        kills = f"{len(row.chain) - len(drawn)} times while writing, {', '.join(drawn)}" if drawn else "-"
        instants = f"{row.same} of {row.instants}" if row.instants else "-"
        table.append(
            f"| {row.name} | {row.batches} | {row.megabytes:.1f} | {kills} | {'no' if row.wrong else 'yes'} | {instants} |"
        )
    return (
        f"{(sys.modules[__name__].__doc__ or '').strip()}\n\n`make resume` writes this table.\n\n"
        + "\n".join(table)
        + f"\n{NOTES}"
    )


if __name__ == "__main__":
    run(main, Options, keras=True)
