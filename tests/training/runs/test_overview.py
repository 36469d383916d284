"""What runs there are, told without loading them, whatever else lies beside them."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from training.errors import InputError
from training.files import write_json
from training.fitting.state_file import write_state
from training.runs import FORMAT
from training.runs.lock import exclusive
from training.runs.overview import overview

ROOT = Path(__file__).parents[3]
RECORD = {
    "format": FORMAT,
    "package": "generators",
    "model": "vae",
    "config": {"epochs": 5},
    "seed": 3,
    "versions": {"keras": "3"},
}
COMMAND = {"folder": "/my music", "line": "python -m generators.train vae --output runs/vae"}


def run_of(directory: Path, epochs: int, **more) -> Path:
    """A run directory as a training leaves one after so many epochs."""
    write_json(directory / "config.json", {**RECORD, **more})
    if epochs:
        rows = [f"{epoch},{1 / (epoch + 1)!r}" for epoch in range(epochs)]
        (directory / "history.csv").write_text("\n".join(["epoch,val_loss", *rows]) + "\n")
        write_state(directory / "backup" / "state.npz", {"epoch": epochs, "paths": ["kernel"]}, [np.zeros(1000)])
        write_json(directory / "best.json", {"epoch": epochs - 1, "monitor": "val_loss", "value": 1 / epochs})
        (directory / "model.keras").write_bytes(b"x" * 1000)
    return directory


def test_states(tmp_path):
    fresh, stopped, finished = (run_of(tmp_path / str(number), number) for number in (0, 3, 5))
    assert overview(fresh).state == "stopped"
    assert (overview(fresh).done, overview(fresh).resumes, overview(fresh).best, overview(fresh).last) == (0, 0, None, None)
    found = overview(stopped)
    assert (found.model, found.state, found.done, found.epochs, found.resumes) == ("generators.vae", "stopped", 3, 5, 3)
    assert found.best == (3, "val_loss", pytest.approx(1 / 3))
    assert found.size == sum(path.stat().st_size for path in stopped.rglob("*") if path.is_file()) > 9000
    assert overview(finished).state == "stopped", "its report is still to be written"
    (finished / "report.html").touch()
    assert overview(finished).state == "finished"
    with exclusive(stopped):
        assert overview(stopped).state == "running"
    assert overview(stopped).state == "stopped"


def test_a_run_that_ended_early_is_finished(tmp_path):
    run = run_of(tmp_path / "run", 12, config={"epochs": 40}, early_stop=0.25)
    (run / "report.html").touch()
    assert overview(run).state == "stopped", "its last epoch is its best"
    write_json(run / "best.json", {"epoch": 1, "monitor": "val_loss", "value": 0.5})
    assert overview(run).state == "finished"
    write_json(run / "config.json", {**RECORD, "config": {"epochs": 48}, "early_stop": 0.25})
    assert overview(run).state == "stopped", "of more epochs a quarter is more"


def test_nothing_is_written(tmp_path):
    run = run_of(tmp_path / "run", 2)
    before = sorted(tmp_path.rglob("*"))
    overview(run)
    assert sorted(tmp_path.rglob("*")) == before


DAMAGE = {
    "foreign": lambda run: shutil.rmtree(run) or (run / "thesis").mkdir(parents=True),
    "config.json": lambda run: (run / "config.json").write_text('{"format": 1'),
    "record": lambda run: write_json(run / "config.json", {"format": FORMAT}),
    "list": lambda run: write_json(run / "config.json", []),
    "epochs": lambda run: write_json(run / "config.json", {**RECORD, "config": {"epochs": "many"}}),
    "history": lambda run: (run / "history.csv").write_bytes(b"epoch,loss\n\xff\xfe,1\n"),
    "row": lambda run: (run / "history.csv").write_text("epoch,loss\nx,1\n"),
    "backup": lambda run: (run / "backup" / "state.npz").write_bytes(b"PK"),
    "best": lambda run: write_json(run / "best.json", [1]),
    "value": lambda run: write_json(run / "best.json", {"epoch": 1, "monitor": "loss", "value": None}),
    "command": lambda run: write_json(run / "config.json", {**RECORD, "command": "rm"}),
    "folder": lambda run: (run / "history.csv").unlink() or (run / "history.csv").mkdir(),
    "pipe": lambda run: (run / "history.csv").unlink() or os.mkfifo(run / "history.csv"),
    "huge": lambda run: os.truncate(run / "history.csv", 2**40),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_what_is_damaged_or_foreign_is_one_line(tmp_path, damage):
    DAMAGE[damage](run_of(tmp_path / "run", 2))
    with pytest.raises(InputError, match=str(tmp_path / "run")) as told:
        overview(tmp_path / "run")
    assert "\n" not in str(told.value)


def told(*arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "training.runs", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_the_list_goes_on_after_what_it_cannot_read(tmp_path):
    run_of(tmp_path / "a run", 3)
    (tmp_path / "b foreign").mkdir()
    run_of(tmp_path / "c damaged", 3)
    (tmp_path / "c damaged" / "config.json").write_text("{")
    run_of(tmp_path / "d \x1b[31mred", 0, model="\x1b[2Jvae")
    (tmp_path / "note.txt").touch()
    done = told("list", tmp_path)
    head, first, foreign, damaged, red = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert head.split() == ["RUN", "MODEL", "STATE", "EPOCHS", "BEST", "SIZE", "LAST", "EPOCH"]
    assert first.split()[:7] == ["a", "run", "generators.vae", "stopped", "3/5", "val_loss", "0.3333"]
    assert "is not a run directory" in foreign
    assert "is not readable JSON" in damaged
    assert "\x1b" not in red
    assert "generators.?[2Jvae" in red


def test_the_list_as_a_page(tmp_path):
    (run_of(tmp_path / "a <b>", 5, command=COMMAND) / "report.html").touch()
    run_of(tmp_path / "c", 3)
    (tmp_path / "d foreign").mkdir()
    done = told("list", tmp_path, "--html")
    assert done.stdout.splitlines()[-1] == str(tmp_path / "index.html")
    page = (tmp_path / "index.html").read_text()
    assert '<td><a href="a%20%3Cb%3E/report.html">a &lt;b&gt;</a></td><td>generators.vae</td><td>finished</td>' in page
    assert "<td>c</td><td>generators.vae</td><td>stopped</td><td>3/5</td><td>val_loss 0.3333</td>" in page
    assert "# c: after epoch 3\nthe call of Python" in page
    assert "# a &lt;b&gt;: with more --epochs\ncd &#39;/my music&#39;" in page
    assert "foreign" not in page
    assert told("list", tmp_path).stdout.splitlines() == done.stdout.splitlines()[:-1]
    assert told("show", tmp_path / "c", "--html").returncode == 1


def test_one_run_in_full(tmp_path):
    run = run_of(tmp_path / "run", 3, command=COMMAND, data={"path": "/my music/pieces"})
    (run / "autoencoder").mkdir()
    (run / "autoencoder" / "history.csv").write_text("epoch,loss\n0,1\n1,1\n")
    facts = dict(line.split(maxsplit=1) for line in told("show", run).stdout.splitlines())
    assert facts["run"] == str(run)
    assert facts["epochs"].startswith("3 of 5, the last at 20")
    assert facts["epochs"].endswith("autoencoder: 2")
    assert facts["best"] == "val_loss 0.333333 in epoch 3"
    assert (facts["data"], facts["seed"], facts["versions"]) == ("/my music/pieces", "3", "keras 3")
    assert facts["resumes"] == "after epoch 3: cd '/my music' && python -m generators.train vae --output runs/vae"
    with exclusive(run):
        assert "resumes   not while it is running" in told("show", run).stdout
    shutil.rmtree(run / "backup")
    write_json(run / "config.json", RECORD)
    assert "resumes   from the start: the call of Python that began it" in told("show", run).stdout


def test_where_there_is_nothing_to_show(tmp_path):
    for arguments, said in ((("show", tmp_path), "is not a run directory"), (("list", tmp_path / "no"), "is no folder")):
        done = told(*arguments)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
        assert said in done.stderr
    assert told("list", tmp_path).stdout.splitlines() == ["RUN  MODEL  STATE  EPOCHS  BEST  SIZE  LAST EPOCH"]


def test_json_numbers_are_not_believed(tmp_path):
    run = run_of(tmp_path / "run", 2)
    (run / "best.json").write_text(json.dumps({"epoch": float("inf"), "monitor": "loss", "value": 1}))
    with pytest.raises(InputError, match="damaged"):
        overview(run)
