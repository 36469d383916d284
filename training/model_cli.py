"""The command line of `PACKAGE.train MODEL`: the options of the command and of the model's Config, in one list."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from typing import Any

from training.cli import guarded, import_keras, parse, quiet_end, start
from training.devices.workers import is_chief
from training.errors import InputError
from training.family import families_of, preset_of
from training.options import TrainOptions


@quiet_end()
def run_train_command(package: str, arguments: list[str] | None = None) -> None:
    """Parse `[MODEL] [--option ...]`, train the model, print its run directory and exit.

    The first argument names the model (default: the package's first); its Config's fields become options, with the preset's
    values as defaults. `--help` alone imports no Keras and lists the models; `MODEL --help` lists that model's options too.
    The calling module's docstring is the description.
    """
    start()
    arguments = sys.argv[1:] if arguments is None else arguments
    families = families_of(package)
    named = bool(arguments) and not arguments[0].startswith("-")
    model = arguments[0] if named else next(iter(families))
    module = sys.modules["__main__"]
    about = f"{(module.__doc__ or '').strip()}\n\nModels: {', '.join(families)}. `MODEL --help` lists a model's own options."
    if model not in families:
        print(
            f"usage: python -m {package}.train [{'|'.join(families)}] [--option value]: no model {model!r}", file=sys.stderr
        )
        sys.exit(2)
    family = families[model]
    if not named and {"-h", "--help"} & set(arguments):
        parse(family.options, description=about, module=module, arguments=arguments)
    import_keras()
    config = _preset(family.module(model), arguments)
    both = dataclasses.make_dataclass(
        "Options", [("config", type(config), dataclasses.field(default=config))], bases=(family.options,), frozen=True
    )
    parsed: Any = parse(both, description=about, module=module, arguments=arguments[named:])

    def trained(chosen: Any) -> None:
        from training.recipe import train

        run = train(package, model, chosen.config, chosen)
        if is_chief():  # a worker that helps another has no result
            print(run)

    sys.exit(guarded(trained, parsed))


def _preset(module: Any, arguments: list[str]) -> Any:
    """The preset the command line asks for, which gives the other options their defaults."""
    given = {}
    for argument, following in itertools.pairwise([*arguments, ""]):
        name, equals, value = argument.partition("=")
        given[name] = value if equals else following
    try:
        return preset_of(module, given.get("--preset", TrainOptions.preset), "--quick" in given)
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
