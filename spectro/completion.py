"""Print what makes a shell complete the commands of `spectro` and their options with Tab.

    spectro completion bash > ~/.local/share/bash-completion/completions/spectro
    spectro completion zsh > ~/.zfunc/_spectro          (a folder of fpath)
    spectro completion fish > ~/.config/fish/completions/spectro.fish

Options that one model has alone are not among them: `spectro classify train MODEL --help` lists those.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Literal

import tyro

from training.cli import run


@dataclass(frozen=True)
class Options:
    """For what to print it."""

    shell: tyro.conf.Positional[Literal["bash", "zsh", "fish"]] = "bash"
    """The shell."""


def main(options: Options) -> None:
    """Print the script."""
    from tyro.extras import SubcommandApp

    from training.cli import markers

    groups = {"": SubcommandApp()}
    for name, taken in _commands():
        *above, verb = name.split()
        for depth in range(1, len(above) + 1):
            group, parent = " ".join(above[:depth]), " ".join(above[: depth - 1])
            if group not in groups:
                groups[group] = groups[parent].command(SubcommandApp(), name=above[depth - 1])
        groups[" ".join(above)].command(name=verb)(taken)
    groups[""].cli(prog="spectro", args=["--tyro-write-completion", options.shell, "-"], config=markers())


def _commands() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every command and its options; a train command once for each of its models."""
    from spectro.commands import COMMANDS
    from training.family import PACKAGES, families_of

    for name, command in COMMANDS.items():
        package, _, verb = command.module.rpartition(".")
        if package in PACKAGES and verb == "train":
            yield from ((f"{name} {model}", family.options) for model, family in families_of(package).items())
            continue
        is_package = find_spec(command.module).submodule_search_locations is not None
        module = import_module(command.module + (".__main__" if is_package else ""))
        yield name, module.Options if hasattr(module, "Options") else module.options_for([])


if __name__ == "__main__":
    run(main, Options)
