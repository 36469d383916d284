"""One name for all commands: each is the module it stands for, help is short and quick, shells complete it."""

import shutil
import subprocess
import sys

import pytest

from spectro.commands import COMMANDS, command_of, help_of
from tests.test_architecture import COMMANDS as FILES
from tests.test_architecture import ROOT, name_of
from training.errors import InputError
from training.installation import VERSION


def spectro(*words, **named):
    """The finished `python -m spectro`."""
    command = [sys.executable, "-m", "spectro", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, **named)


def test_every_command_of_the_packages_is_there_once():
    modules = [command.module for command in COMMANDS.values()]
    assert sorted(modules) == sorted({name_of(path).removesuffix(".__main__") for path in FILES} - {"spectro"})
    assert len(set(modules)) == len(modules)


def test_words_name_the_longest_command():
    assert command_of(["midi", "convert", "a.mid"]) == ("midi convert", ["a.mid"])
    assert command_of(["scores", "convert", "--x"]) == ("scores", ["convert", "--x"])


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["clasify", "train"], "mean classify train?"),
        (["doktor", "--help"], "mean doctor?"),
        (["?"], "'?' `spectro --help`"),
    ],
)
def test_other_words_are_told_with_what_was_meant(words, hint):
    with pytest.raises(InputError) as told:
        command_of(words)
    assert hint in str(told.value)


def test_help_fits_a_screen_and_loads_nothing():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "spectro", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    lines = done.stdout.splitlines()
    assert len(lines) <= 40
    assert max(map(len, lines)) <= 100
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines()}
    assert not loaded & {"keras", "tensorflow", "numpy", "librosa", "tyro"}


def test_groups_list_their_commands():
    assert [line.split()[1] for line in help_of(["generate"]).splitlines()] == ["train", "sample", "evaluate", "likelihood"]
    assert help_of(["generate", "--help"]) == help_of(["generate"])
    assert len(help_of([]).splitlines()) == len(help_of(["-h"]).splitlines()) == len(COMMANDS)
    for words in (["cache"], ["midi", "convert"], ["nobody"], ["scores", "--help"], ["midi", "convert", "--help"]):
        assert help_of(words) == ""


def test_a_command_is_its_module(tmp_path):
    """Output, exit status and errors are those of `python -m`; the help is called as the user has called it."""
    (tmp_path / "no_run").mkdir()
    for words, module in ((("runs", "list", tmp_path), "training.runs"), (("runs", "show", tmp_path), "training.runs")):
        done = spectro(*words)
        command = [sys.executable, "-m", module, *map(str, words[1:])]
        alone = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (alone.returncode, alone.stdout, alone.stderr)
    assert spectro("runs", "--help").stdout.startswith("usage: spectro runs ")
    wrong = spectro("rums")
    assert (wrong.returncode, wrong.stdout, wrong.stderr.count("\n")) == (2, "", 1)
    assert spectro("--version").stdout == f"spectro {VERSION}\n"


def test_worker_processes_know_the_command(tmp_path):
    """Functions of the module are pickled as they are by `python -m`."""
    assert spectro("midi", "demo", "--output", tmp_path, "--pieces", "1", "--bars", "4").returncode == 0
    done = spectro("midi", "render", tmp_path / "folk", tmp_path / "waltz", "--output", tmp_path / "wav", "--jobs", "2")
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "wav").glob("*.wav"))) == 2


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is absent")
def test_bash_completes_commands_options_and_values(tmp_path):
    (tmp_path / "script").write_text(spectro("completion", "bash").stdout)
    completed = """
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        $(complete -p spectro | sed 's/.* -F \\([^ ]*\\) .*/\\1/')
        echo "${COMPREPLY[@]}"
    """

    def complete(*words):
        command = ["bash", "-c", completed, "bash", tmp_path / "script", "spectro", *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()

    assert {name.split()[0] for name in COMMANDS} <= set(complete(""))
    assert complete("midi", "ren") == ["render"]
    assert complete("classify", "train", "so") == ["softmax"]
    assert complete("classify", "train", "softmax", "--prec") == ["--precision"]
    assert complete("classify", "train", "softmax", "--precision", "m") == ["mixed_bfloat16"]
    assert "--iterations" in complete("nst", "--it")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_have_scripts(shell):
    done = spectro("completion", shell)
    assert done.returncode == 0
    assert "render" in done.stdout
    assert "mixed_bfloat16" in done.stdout
