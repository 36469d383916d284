"""Exit codes and one-line errors."""

import errno
import sys
from dataclasses import dataclass

import pytest

from training.cli import guarded, run
from training.errors import InputError


@dataclass(frozen=True)
class Options:
    """Options of the test command."""

    count: int = 3
    """How many."""


def test_the_same_object_reaches_main():
    seen = []
    with pytest.raises(SystemExit) as stop:
        run(_keep(seen), Options, ["--count", "5"])
    assert stop.value.code == 0
    assert seen == [Options(5)]


@pytest.mark.parametrize("arguments", [["--count", "many"], ["--cuont", "5"]])
def test_wrong_usage_exits_with_2(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        run(_keep([]), Options, arguments)
    assert stop.value.code == 2
    assert "count" in capsys.readouterr().err


def test_a_users_mistake_is_one_line_and_1(capsys):
    assert guarded(_raiser(InputError("expected a,\nreceived b")), None) == 1
    assert capsys.readouterr().err == "error: expected a, received b\n"


def test_a_full_disk_is_one_line_too(capsys):
    assert guarded(_raiser(OSError(errno.ENOSPC, "No space left on device", "/big")), None) == 1
    assert capsys.readouterr().err == "error: /big: No space left on device\n"


def test_interrupts_end_with_130():
    assert guarded(_raiser(KeyboardInterrupt()), None) == 130


@pytest.mark.parametrize("bug", [ValueError("ours"), OSError(errno.EBADF, "ours")])
def test_our_own_bugs_keep_their_traceback(bug):
    with pytest.raises(type(bug)):
        guarded(_raiser(bug), None)


def _raiser(error):
    def main(options):
        raise error

    return main


def _keep(seen):
    def main(options):
        seen.append(options)

    main.__module__ = __name__
    assert __name__ in sys.modules
    return main
