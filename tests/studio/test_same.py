"""The same call from Python, on the command line and by HTTP makes the same bytes."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from generators.pretrained import path as shipped
from generators.sequences import ShippedSampleOptions
from studio.job import Job
from tests.studio.conftest import PATIENCE, ROOT, call, uploaded
from transfer.style.options import StyleOptions


def job_of(studio, page, **values) -> Job:
    """The job that a call by HTTP began, once it is over."""
    before = set(studio.root.glob(f"*-{page}-*"))
    answer = call(studio, page, **values)
    (folder,) = set(studio.root.glob(f"*-{page}-*")) - before
    job = Job(folder)
    assert "event: error" not in answer, answer
    assert job.state == "done", job.log()
    return job


def typed(command: str, folder: Path) -> None:
    """Run command lines that a page shows, in a folder."""
    for line in command.splitlines():
        program, *words = shlex.split(line)
        assert program == "spectro"
        call = [sys.executable, "-P", "-c", "from spectro.__main__ import main; main()", *words]
        env = {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(call, cwd=folder, capture_output=True, text=True, timeout=PATIENCE, check=False, env=env)
        assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_a_transfer(studio, sounds, tmp_path):
    from transfer import nst

    content, style = sounds
    nst.main(StyleOptions(content=(content,), style=(style,), preset="quick", seed=3, output=tmp_path / "called.wav"))
    given = {"content": uploaded(studio, content), "style": uploaded(studio, style)}
    job = job_of(studio, "transfer", **given, preset="quick", seed=3)
    assert "--content plucked.wav --style bowed.wav" in job.command
    for path in sounds:
        shutil.copy(path, tmp_path)
    typed(job.command, tmp_path)
    wanted = (tmp_path / "called.wav").read_bytes()
    assert wanted == (tmp_path / "nst.wav").read_bytes() == (job.folder / "nst.wav").read_bytes()


@pytest.mark.slow
def test_sampling(studio, tmp_path):
    from generators import sample

    sample.main(ShippedSampleOptions(run=shipped(), count=1, seed=5, columns=32, output=tmp_path / "called"))
    job = job_of(studio, "make", count=1, seed=5, columns="32")
    typed(job.command, tmp_path)
    for name in ("midi/000000.mid", "sheet.png"):
        wanted = (tmp_path / "called" / name).read_bytes()
        assert wanted == (tmp_path / "made" / name).read_bytes() == (job.folder / "made" / name).read_bytes()
    heard = "heard/000000.wav"
    assert (tmp_path / heard).read_bytes() == (job.folder / heard).read_bytes()
