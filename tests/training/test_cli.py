"""Exit codes and one-line errors."""

import errno
import io
import os
import subprocess
import sys
import threading
from dataclasses import dataclass

import pytest

from training.cli import guarded, quiet, run, silenced_stderr
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


def command(*arguments, **more):
    return [sys.executable, "-m", *arguments], {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **more}


@pytest.mark.parametrize("columns", ["1", "7", "0", "many"])
def test_help_ends_in_a_terminal_of_any_width(columns):
    arguments, more = command("training.cache", "--help", env=os.environ | {"COLUMNS": columns})
    done = subprocess.run(arguments, timeout=60, check=True, **more)
    assert "--cache" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("arguments", [("training.cache", "--help"), ("training.cache", "list", "--cache", "{}")])
def test_a_closed_pipe_ends_in_silence(tmp_path, arguments):
    (tmp_path / ("0" * 16)).mkdir()
    (tmp_path / ("0" * 16) / "plan.json").write_text(f'{{"fingerprint": "{"0" * 64}", "kind": "x", "format": 1}}')
    arguments, more = command(*(argument.format(tmp_path) for argument in arguments))
    with subprocess.Popen(arguments, **more) as process:
        process.stdout.close()
        assert (process.stderr.read(), process.wait(60)) == ("", 141)


def test_what_c_libraries_print_is_lost_and_nothing_else(capfd):
    with silenced_stderr():
        os.write(2, b"mpg123 says")
    print("ours", file=sys.stderr)
    assert capfd.readouterr().err == "ours\n"
    with pytest.raises(RuntimeError), silenced_stderr():
        raise RuntimeError
    threads = [threading.Thread(target=_silences) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"still here")
    assert capfd.readouterr().err == "still here"


def _silences():
    for _ in range(50):
        with silenced_stderr():
            os.write(2, b"never seen")


@pytest.mark.parametrize(
    ("encoding", "shown"), [("utf-8", b"caf\xe9 \xe6\xad\x8c \xc3\xa9"), ("ascii", b"caf\xe9 \\u6b4c \\xe9")]
)
def test_any_name_is_printed(monkeypatch, encoding, shown):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    quiet()
    print("caf\udce9 歌 é", end="", flush=True)
    assert stream.buffer.getvalue() == shown


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
