"""Options as inputs and as words: what a page shows as its command line is what it does."""

from __future__ import annotations

import dataclasses
import math
import sys
import types
import typing
from pathlib import Path
from typing import Annotated, Literal

import pytest
import tyro
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifiers import Options as ClassifierOptions
from studio.__main__ import Options as StudioOptions
from studio.form import Form, docs_of, number_of, words_of
from tests.training.test_options import commands, described, options_of
from training.cli import parse
from training.errors import InputError
from training.family import PACKAGES, families_of
from training.options import Range, TrainOptions, check, range_of
from transfer.contract import ApplyOptions
from transfer.style.options import StyleOptions
from transfer.transcription.options import TranscribeOptions

LETTERS = "aZ9ß♪ .'\"$;<&-"
"""Of names and words: all that shells, pages and command lines could take amiss."""
FORMS = (StyleOptions, TrainOptions, TranscribeOptions, ApplyOptions)


def taken() -> list[type]:
    """What every command and every family of models takes, each class once."""
    found = [StudioOptions, *(options_of(command) for command in commands())]
    for package in PACKAGES:
        for family in families_of(package).values():
            found += [getattr(family, name, None) for name in ("options", "sampling", "evaluating")]
    return [each for each in dict.fromkeys(found) if each is not None]


def hints_of(options: type) -> dict[str, typing.Any]:
    return typing.get_type_hints(options, include_extras=True)


def takes(hint, kind: type) -> bool:
    return hint is kind or any(takes(part, kind) for part in typing.get_args(hint))


def values_of(hint, allowed=None, lead=LETTERS):
    """Values of a type, within the range that it names."""
    allowed = range_of(hint) or allowed or Range()
    origin, parts = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        positional = tyro.conf.Positional in hint.__metadata__
        return values_of(parts[0], allowed, LETTERS.replace("-", "") if positional else lead)
    if origin is Literal:
        return st.sampled_from(parts)
    if origin in (typing.Union, types.UnionType):
        return st.one_of(*(values_of(part, allowed, lead) for part in parts))
    if origin is tuple:  # several words after one option: none of them can begin like an option
        inner = [values_of(part, allowed, LETTERS.replace("-", "")) for part in parts if part is not Ellipsis]
        return st.lists(inner[0], min_size=1, max_size=3).map(tuple) if Ellipsis in parts else st.tuples(*inner)
    if hint is type(None):
        return st.none()
    if hint is bool:
        return st.booleans()
    low, high = (end if math.isfinite(end) else None for end in (allowed.low, allowed.high))
    if hint is int:
        return st.integers(low, high)
    if hint is float:
        open_ends = {"exclude_min": allowed.above, "exclude_max": allowed.below}
        return st.floats(low, high, allow_nan=False, allow_infinity=False, **open_ends)
    if dataclasses.is_dataclass(hint):
        return filled_by_chance(hint)
    text = st.builds(str.__add__, st.sampled_from(lead), st.text(LETTERS, max_size=5))
    return text.map(hint) if hint in (str, Path) else st.nothing()


@st.composite
def filled_by_chance(draw, options):
    """Options of that class, some of them as they are by default."""
    hints, given = hints_of(options), {}
    for field in dataclasses.fields(options):
        default = field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default
        if default is dataclasses.MISSING or draw(st.booleans()):
            given[field.name] = draw(values_of(hints[field.name]))
    return options(**given)


@pytest.mark.parametrize("options", taken(), ids=described)
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_command_line_makes_the_same_options(options, data):
    wanted = data.draw(filled_by_chance(options))
    check(wanted)
    read = parse(options, description="", module=sys.modules[options.__module__], arguments=words_of(wanted))
    assert read == wanted


def test_what_is_as_by_default_is_not_said():
    assert words_of(StyleOptions()) == []
    assert words_of(StyleOptions(style_strength=0.5, mask=("2-4s", "100-200hz"), force=True)) == [
        "--style-strength", "0.5", "--mask", "2-4s", "100-200hz", "--force",
    ]  # fmt: skip


@pytest.mark.parametrize("options", taken(), ids=described)
def test_every_field_is_told(options):
    helped = [name for name, hint in hints_of(options).items() if "help=" in repr(getattr(hint, "__metadata__", ""))]
    told = docs_of(options)
    fields = {field.name for field in dataclasses.fields(options)}
    assert {*told, *helped} == fields
    assert all(text.strip() == text and "\n" not in text and text.endswith(".") for text in told.values())


def test_a_docstring_is_of_the_field_above_it():
    assert docs_of(ClassifierOptions)["seed"] == "Seed of weights, order, augmentation and split."
    assert docs_of(StyleOptions)["style_strength"].startswith("From 0, the content, to 1")


NUMBERS = [
    (options, name, allowed)
    for options in FORMS
    for name, hint in hints_of(options).items()
    if (allowed := range_of(hint)) and math.isfinite(allowed.low)
]


@pytest.mark.parametrize(("options", "name", "allowed"), NUMBERS, ids=lambda value: str(getattr(value, "__name__", value)))
def test_what_a_command_refuses_a_form_refuses(options, name, allowed):
    outside = (float if takes(hints_of(options)[name], float) else int)(allowed.low - 1)
    others = {"run": Path("run")} if options is ApplyOptions else {}
    with pytest.raises(InputError) as by_command:
        check(options(**{name: outside}, **others))
    for value in (outside, str(outside)):  # of a number, of a text
        with pytest.raises(InputError, match="must be") as by_form:
            Form(options, **{name: None}).filled([value], **others)
        assert str(by_form.value) == str(by_command.value)


@pytest.mark.parametrize(
    ("options", "given", "message"),
    [
        (StyleOptions, {"style_strength": "much"}, "style strength must be a number; received 'much'"),
        (StyleOptions, {"iterations": "2.5"}, "iterations must be a whole number; received '2.5'"),
        (StyleOptions, {"preset": "best"}, "preset cannot be that; received 'best'"),
        (TrainOptions, {"seed": None}, "seed is empty"),
        (TrainOptions, {"seed": ""}, "seed is empty"),
    ],
)
def test_other_values_are_told_in_one_line(options, given, message):
    with pytest.raises(InputError) as told:
        Form(options, **dict.fromkeys(given)).filled([*given.values()])
    assert str(told.value) == message


def test_texts_are_read_as_their_fields_want_them():
    form = Form(StyleOptions, mask=None, style_strength=None, optimizer=None, output=None, iterations=None)
    assert form.filled(["2-4s  100-200hz", "0.5", "", "a b.wav", "7"]) == StyleOptions(
        mask=("2-4s", "100-200hz"), style_strength=0.5, output=Path("a b.wav"), iterations=7
    )
    assert form.filled(["", "", "", "", ""]) == StyleOptions()
    assert [number_of(text, "bars") for text in ("", " 4 ", "0.5")] == [None, 4, 0.5]
    with pytest.raises(InputError, match="bars must be a number; received 'four'"):
        number_of("four", "bars")
