"""One process at a time, and whether there is one."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from training.errors import InputError
from training.runs.lock import exclusive, in_use

HOLD = """
import sys, time
from pathlib import Path
from training.runs.lock import exclusive
with exclusive(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_killed_holder_frees_it(tmp_path):
    assert not in_use(tmp_path)
    assert os.listdir(tmp_path) == [], "asking leaves nothing"
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout.readline() == "held\n"
        assert in_use(tmp_path)
        with pytest.raises(InputError, match="in use by another process"), exclusive(tmp_path):
            pytest.fail("entered")
        holder.kill()
    assert not in_use(tmp_path)
    with exclusive(tmp_path):
        assert in_use(tmp_path)
    assert not in_use(tmp_path)


@pytest.mark.parametrize("call", ["os.open", "filelock.lock_descriptor"])
def test_asking_does_not_need_the_right_to_write(tmp_path, monkeypatch, call):
    (tmp_path / ".lock").touch(mode=0o444)
    tmp_path.chmod(0o555)
    assert not in_use(tmp_path)

    def refuse(*arguments, **named):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(call, refuse)
    assert not in_use(tmp_path)
    tmp_path.chmod(0o755)


def test_asking_changes_nothing(tmp_path):
    path = tmp_path / ".lock"
    path.write_text("left by somebody")
    os.utime(path, (1, 1))
    assert not in_use(tmp_path)
    assert (os.listdir(tmp_path), path.read_text(), path.stat().st_mtime) == ([".lock"], "left by somebody", 1)


def test_no_module_needs_one_system():
    """fcntl, msvcrt and their like are not everywhere; filelock is."""
    root = Path(__file__).parents[3]
    for package in ("spectro", "midi", "classifiers", "generators", "transfer", "training", "benchmarks"):
        for path in (root / package).rglob("*.py"):
            assert not re.search(r"^\s*(import|from) (fcntl|msvcrt|termios|pwd|grp)\b", path.read_text(), re.M), path


def test_what_is_no_lock_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / ".lock")
    assert not in_use(tmp_path)
