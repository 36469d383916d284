"""The numbers of options: what a range takes and says, that every option of every command has one, and is checked."""

from __future__ import annotations

import dataclasses
import importlib
import math
import typing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import pytest

from training.errors import InputError
from training.family import PACKAGES, families_of
from training.model_cli import run_train_command
from training.options import (
    Amount,
    Count,
    Dropout,
    Fraction,
    Index,
    Momentum,
    Positive,
    Range,
    Seed,
    TrainOptions,
    check,
    range_of,
)  # fmt: skip

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("allowed", "inside", "outside", "words"),
    [
        (Range(), (0, -1e300, 1e300), (math.nan, math.inf, -math.inf), "a finite number"),
        (Range(1), (1, 10**30), (0, math.inf, math.nan), "1 or more"),
        (Range(0, above=True), (1e-300,), (0, -1), "above 0"),
        (Range(0, 1), (0, 0.5, 1), (-1e-9, 1 + 1e-9, math.nan), "from 0 to 1"),
        (Range(0, 1, below=True), (0, 0.999), (1,), "from 0 to below 1"),
        (Range(0, 1, above=True), (1e-9, 1), (0,), "above 0 and at most 1"),
        (Range(0, 1, above=True, below=True), (0.5,), (0, 1), "above 0 and below 1"),
        (Range(4, 1_000_000), (4, 10**6), (3,), "from 4 to 1,000,000"),
        (Range(high=5), (5, -1e9), (6, -math.inf), "5 or less"),
        (Range(high=5, below=True), (4,), (5,), "below 5"),
    ],
)
def test_ranges(allowed, inside, outside, words):
    assert str(allowed) == words
    assert all(number in allowed for number in inside)
    assert not any(number in allowed for number in outside)


@dataclass(frozen=True)
class Inner:
    strength: Fraction = 0.5


@dataclass(frozen=True)
class Every:
    batch_size: Count = 32
    worker_index: Index | None = None
    rates: tuple[Positive, ...] = (1.0,)
    items: tuple[Index, ...] = ()
    pair: tuple[Amount, Amount] = (1.0, 0.0)
    pools: tuple[tuple[Count, Count], ...] = ((4, 4),)
    temperature: float = 1.0
    name: str = "x"
    quick: bool = False
    inner: Inner = field(default_factory=Inner)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 0}, "--batch-size must be 1 or more; received 0"),
        ({"batch_size": -1_000_000}, "--batch-size must be 1 or more; received -1,000,000"),
        ({"worker_index": -1}, "--worker-index must be 0 or more; received -1"),
        ({"rates": ()}, "--rates must be one number or more; received none"),
        ({"rates": (1.0, 0.0)}, "--rates must be above 0; received 0.0"),
        ({"items": (0, -2)}, "--items must be 0 or more; received -2"),
        ({"pair": (1.0, -1.0)}, "--pair must be 0 or more; received -1.0"),
        ({"pools": ((4, 4), (4, 0))}, "--pools must be 1 or more; received 0"),
        ({"temperature": math.nan}, "--temperature must be a finite number; received nan"),
        ({"temperature": math.inf}, "--temperature must be a finite number; received inf"),
        ({"inner": Inner(1.5)}, "--strength must be from 0 to 1; received 1.5"),
    ],
)
def test_what_is_outside_is_refused_in_one_line(changes, message):
    with pytest.raises(InputError) as told:
        check(dataclasses.replace(Every(), **changes))
    assert str(told.value) == message


def test_what_is_inside_passes():
    check(Every())
    check(Every(worker_index=0, rates=(1e-9, 5.0), items=(0, 3), pair=(2.0, 0.5), quick=True))


@pytest.mark.parametrize(
    ("hint", "expected"),
    [
        (int, None), (str, None), (bool, None), (Path | None, None), (Count, Range(1)), (Count | None, Range(1)),
        (tuple[Count, ...], Range(1)), (tuple[Seed, ...] | None, Range(0, 2**32 - 1)), (Annotated[int, "a note"], None),
        (Annotated[Count, "a note"], Range(1)), (Dropout, Range(0, 1, below=True)), (Momentum, Range(0, 1, below=True)),
        (Annotated[float, "a note", Range(2)], Range(2)), (Literal[1, 2], None),
    ],
)  # fmt: skip
def test_ranges_are_found_wherever_a_hint_has_them(hint, expected):
    assert range_of(hint) == expected


def is_number(hint) -> bool:
    """Does a field's type take an int or a float?"""
    if typing.get_origin(hint) is Literal:
        return False
    return hint in (int, float) or any(is_number(part) for part in typing.get_args(hint))


def commands() -> list[str]:
    """The modules that are run with -m."""
    packages = ("spectro", "midi", "classifiers", "generators", "transfer", "training")
    paths = [path for package in packages for path in (ROOT / package).rglob("*.py")]
    verbs = sorted(path for path in paths if '__name__ == "__main__"' in path.read_text())
    return [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in verbs]


def options_of(command: str) -> type | None:
    """What a command takes where it names no run; None of those that train, which take what their package's families do,
    and of `spectro`, which takes what the command does that it runs."""
    module = importlib.import_module(command)
    return module.options_for([]) if hasattr(module, "options_for") else vars(module).get("Options")


def option_classes() -> list[type]:
    """The options of every command and the settings of every model, each class once."""
    found = [options_of(command) for command in commands()]
    for package in PACKAGES:
        for model, family in families_of(package).items():
            found += [getattr(family, name, None) for name in ("options", "sampling", "evaluating")]
            found += [family.module(model).Config]
    return [each for each in dict.fromkeys(found) if each is not None]


def fields_of(options: type):
    """(name, type) of all fields, those of dataclasses within it, too."""
    hints = typing.get_type_hints(options, include_extras=True)
    for each in dataclasses.fields(options):
        hint = hints[each.name]
        if dataclasses.is_dataclass(hint):
            yield from fields_of(hint)
        else:
            yield each.name, hint


def described(options: type) -> str:
    return f"{options.__module__}.{options.__name__}"


def test_every_command_and_every_family_is_among_them():
    without = {command for command in commands() if options_of(command) is None}
    assert without == {"spectro.__main__", *(f"{name}.train" for name in PACKAGES)}
    modules = {each.__module__ for each in option_classes()}
    assert {
        "generators.pictures",
        "generators.sequences",
        "generators.sounds",
        "transfer.contract",
        "classifiers",
    } <= modules
    assert TrainOptions not in option_classes(), "every package has options of its own"


@pytest.mark.parametrize("options", option_classes(), ids=described)
def test_every_number_names_a_range(options):
    without = [name for name, hint in fields_of(options) if is_number(hint) and range_of(hint) is None]
    assert not without, f"{described(options)}: give {', '.join(without)} a range of training.options beside the field"


@pytest.mark.parametrize(("package", "model"), [(package, model) for package in PACKAGES for model in families_of(package)])
def test_every_preset_is_within_its_ranges(package, model):
    for config in families_of(package)[model].module(model).PRESETS.values():
        check(config)


@pytest.mark.parametrize(
    ("package", "arguments", "message"),
    [
        ("classifiers", ("--batch-size", "0"), "--batch-size must be 1 or more; received 0"),
        ("classifiers", ("--seed", "-1"), "--seed must be from 0 to 4,294,967,295; received -1"),
        ("classifiers", ("--samples-every", "0"), "--samples-every must be 1 or more; received 0"),
        ("classifiers", ("--learning-rate", "-1"), "--learning-rate must be above 0; received -1.0"),
        ("transfer", ("dtn", "--batch-size", "0"), "--batch-size must be 1 or more; received 0"),
        ("transfer", ("hilbert_autoencoder", "--epochs", "0"), "--epochs must be 1 or more; received 0"),
        ("transfer", ("hilbert_autoencoder", "--learning-rate", "-1"), "--learning-rate must be above 0; received -1.0"),
        ("generators", ("vae", "--epochs", "-3"), "--epochs must be 1 or more; received -3"),
    ],
)
def test_commands_end_with_one_line(package, arguments, message, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        run_train_command(package, [*arguments, "--output", str(tmp_path / "run")])
    captured = capsys.readouterr()
    assert ended.value.code == 1
    assert (captured.out, captured.err) == ("", f"error: {message}\n")
    assert not (tmp_path / "run").exists()
