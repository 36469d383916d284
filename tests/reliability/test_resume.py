"""A training that is killed and repeated ends as if nothing had happened: by the program that makes the table of it.

A few kills here; every model and every instant in the marked test.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.reliability.document import write_section

ROOT = Path(__file__).parents[2]


def resumed(*options: str) -> str:
    """What the program prints; it fails where a run came back changed."""
    command = [sys.executable, "-m", "tests.reliability.resume", *options]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_killed_at_a_batch_and_at_an_instant():
    """In one process: whole, killed at a batch, repeated, killed at an instant, repeated."""
    model = "classifiers.lil_data"
    kills = ("--no-writes", "--instants", "1", "--instants-of", model)
    assert "| yes | 1 of 1 |" in resumed("--models", model, "--epochs", "2", *kills)


@pytest.mark.slow
def test_every_model_killed_at_every_instant():
    from tests.reliability.tiny_runs import model_names

    assert resumed("--instants", "2").count("| yes |") == len(model_names())


def test_a_section_is_written_in_its_place(tmp_path):
    path = tmp_path / "docs.md"
    path.write_text("# Title\n\n## One\n\nfirst\n\n## Two\n\nsecond\n")
    write_section(path, "One", "new\n")
    assert path.read_text() == "# Title\n\n## One\n\nnew\n\n## Two\n\nsecond\n"
    write_section(path, "Three", "last")
    assert path.read_text() == "# Title\n\n## One\n\nnew\n\n## Two\n\nsecond\n\n## Three\n\nlast\n"
    write_section(tmp_path / "new.md", "One", "first")
    assert (tmp_path / "new.md").read_text().startswith("# Reliability\n")
