"""One process at a time, and whether there is one."""

import os
import subprocess
import sys

import pytest

from training.cli import InputError
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


def test_asking_does_not_need_the_right_to_write(tmp_path):
    (tmp_path / ".lock").touch(mode=0o444)
    assert not in_use(tmp_path)


def test_what_is_no_lock_holds_nobody_up(tmp_path):
    os.mkfifo(tmp_path / ".lock")
    assert not in_use(tmp_path)
