"""Sound and MIDI become pictures, pictures train image models, pictures become music again."""

from __future__ import annotations

import os
import runpy
import sys


def main() -> None:
    """Run the command that the words of the command line begin with, as `python -m` of its module does."""
    _import_ours()
    import training.cli
    from spectro.commands import COMMANDS, command_of, help_of
    from training.errors import InputError
    from training.installation import VERSION

    training.cli.start()
    words = sys.argv[1:]
    if words == ["--version"]:
        print(f"spectro {VERSION}")
        return
    if listed := help_of(words):
        group = words[:1] if words and not words[0].startswith("-") else []
        with training.cli.quiet_end():
            print(f"usage: {' '.join(['spectro', *group, 'COMMAND'])} [--option value]\n\n{__doc__}\n\n{listed}\n")
            print("spectro COMMAND --help tells the options of a command, spectro --version the version.")
        return
    try:
        name, sys.argv[1:] = command_of(words)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    training.cli.program = f"spectro {name}"
    runpy.run_module(COMMANDS[name].module, run_name="__main__", alter_sys=True)


def _import_ours() -> None:
    """Import the package `training` that lies beside this one, whatever else of that name stands before it on the path.

    It then tells which packages are not ours; whoever stands in its own place is never run.
    """
    home = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    sys.path.insert(0, home)
    try:
        import training.installation  # noqa: F401
    except ImportError:
        sys.exit(f"error: {home} has no package training of this project; install it again")
    finally:
        sys.path.remove(home)


if __name__ == "__main__":
    main()
