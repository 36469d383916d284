"""The command line of `PACKAGE.train MODEL`: the options of the command and of the model's Config, in one list."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import itertools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from training.cli import guarded, import_keras, parse, quiet
from training.devices.workers import enlist, is_chief
from training.family import families_of, module_of


@dataclasses.dataclass(frozen=True)
class TrainOptions:
    """What every train command takes."""

    data: Path | None = None
    """Folder of the user's files, CSV, or corpus; without it the built-in demo music."""
    output: Path | None = None
    """Run directory; by default runs/MODEL. The same command again resumes."""
    preset: str = "ours"
    """Starting values of the model's options: paper, ours or quick."""
    quick: bool = False
    """Short for --preset quick: tiny, trains in seconds, to see that everything works."""
    seed: int = 0
    """Seed of weights, order, augmentation and split."""
    devices: str = "1"
    """1, a number, all, gpu:0,1 or cpu:2; with --workers those of each."""
    workers: str | None = None
    """Machines that train together: host:port,... of all, the one that keeps the run first; or as TF_CONFIG says."""
    worker_index: int | None = None
    """Which of --workers this is, from 0. All run the same command else, on the same data."""
    precision: Literal["float32", "mixed_bfloat16"] = "float32"
    """Of what is computed; weights are float32 either way. mixed_bfloat16 is for accelerators that are faster with it."""
    init: Path | None = None
    """Run whose weights to start from; layers of another shape (other labels) start fresh."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""


def run_model_command(
    main: Callable[[Any, Any], None], options: type, package: str, arguments: list[str] | None = None
) -> None:
    """Parse `[MODEL] [--option ...]`, call `main(options, config)` and exit.

    The first argument names the model (default: the package's first); its Config's fields become options, with the preset's
    values as defaults. `--help` alone imports no Keras and lists the models; `MODEL --help` lists that model's options too.
    """
    quiet()
    arguments = sys.argv[1:] if arguments is None else arguments
    models = tuple(families_of(package))
    named = bool(arguments) and not arguments[0].startswith("-")
    model = arguments[0] if named else models[0]
    module = sys.modules[main.__module__]
    about = f"{(module.__doc__ or '').strip()}\n\nModels: {', '.join(models)}. `MODEL --help` lists a model's own options."
    if named and model not in models:
        print(f"usage: python -m {package}.train [{'|'.join(models)}] [--option value]: no model {model!r}", file=sys.stderr)
        sys.exit(2)
    if not named and {"-h", "--help"} & set(arguments):
        parse(options, description=about, module=module, arguments=arguments)
    import_keras()
    config = _preset(module_of(package, model), arguments)
    both = dataclasses.make_dataclass(
        "Options", [("config", type(config), dataclasses.field(default=config))], bases=(options,), frozen=True
    )
    parsed = parse(both, description=about, module=module, arguments=arguments[named:])

    def trained(chosen: Any) -> None:
        import keras

        enlist(chosen.workers, chosen.worker_index)
        keras.config.set_dtype_policy(chosen.precision)
        with contextlib.nullcontext() if is_chief() else contextlib.redirect_stdout(io.StringIO()):  # a helper has no result
            main(model, chosen)

    sys.exit(guarded(trained, parsed))


def _preset(module: Any, arguments: list[str]) -> Any:
    """The preset the command line asks for; "ours" where the model has one, else "paper"."""
    given = dict(
        argument.split("=", 1) if "=" in argument else (argument, following)
        for argument, following in itertools.pairwise([*arguments, ""])
    )
    name = "quick" if "--quick" in given else given.get("--preset", "ours" if "ours" in module.PRESETS else "paper")
    if name not in module.PRESETS:
        print(f"--preset must be one of {', '.join(module.PRESETS)}; received {name!r}", file=sys.stderr)
        sys.exit(2)
    return module.PRESETS[name]
