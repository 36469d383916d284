"""A command's options as inputs of a page, and as words of its command line."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import inspect
import itertools
import math
import textwrap
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

import tyro

from training.errors import InputError
from training.options import Range, check, range_of

NOTHING = ""
"""What an input of text holds where the option is to be left as it is."""


def words_of(options: Any) -> list[str]:
    """The words that a command line needs to give the dataclass `options`: what is not its default, positional words first.

    words_of(Options(files=(Path("a.mid"),), bits=8))  # ["a.mid", "--bits", "8"]
    """
    hints = typing.get_type_hints(type(options), include_extras=True)
    first: list[str] = []
    then: list[str] = []
    left: list[str] = []  # positional words that are as by default, to be said where one follows that is not
    for field in dataclasses.fields(options):
        value = getattr(options, field.name)
        if dataclasses.is_dataclass(value):
            then += words_of(value)
        elif tyro.conf.Positional in getattr(hints[field.name], "__metadata__", ()):
            left += _texts(value)
            if value != _default(field):
                first, left = [*first, *left], []
        elif value != _default(field):
            name = field.name.replace("_", "-")
            if isinstance(value, bool):
                then.append(f"--{name}" if value else f"--no-{name}")
            elif isinstance(value, tuple):
                then += [f"--{name}", *_texts(value)]
            else:  # one word, where the value could be taken for an option
                text = str(value)
                then += [f"--{name}={text}"] if text.startswith("-") else [f"--{name}", text]
    return [*first, *then]


def _texts(value: Any) -> list[str]:
    """The words of a value or of all in a tuple."""
    return [text for each in value for text in _texts(each)] if isinstance(value, tuple) else [str(value)]


def _default(field: dataclasses.Field) -> Any:
    """What the field is where nothing is given; MISSING where it must be."""
    return field.default_factory() if field.default_factory is not dataclasses.MISSING else field.default


class Form:
    """Inputs for some options of a command.

    options: a dataclass. choices: name of a field of text -> what it may be, and how a page tells that. starts: name of a
    field -> what its input begins with; None: the option's default.
    """

    def __init__(
        self, options: type, choices: Mapping[str, Mapping[str, str]] = MappingProxyType({}), **starts: Any
    ) -> None:
        self.options, self.choices = options, choices
        self.hints = typing.get_type_hints(options, include_extras=True)
        self.fields = {field.name: field for field in dataclasses.fields(options) if field.name in starts}
        self.starts = {name: _default(self.fields[name]) if start is None else start for name, start in starts.items()}

    def inputs(self, shown: int = 0) -> list[Any]:
        """New Gradio components, in the order of the fields that were named; all but the first `shown` are folded away."""
        import gradio as gr

        told, names = docs_of(self.options), [*self.starts]

        def made(names: list[str]) -> list[Any]:
            return [
                _input(name, self.hints[name], self.starts[name], told.get(name, ""), self.choices.get(name, {}))
                for name in names
            ]

        first = made(names[:shown])
        with gr.Accordion("More options", open=False):
            return [*first, *made(names[shown:])]

    def filled(self, values: Sequence[Any], **others: Any) -> Any:
        """The options with what the inputs hold and with `others`. InputError: a value that the option cannot have."""
        given = {name: _value(name, self.hints[name], value) for name, value in zip(self.starts, values, strict=True)}
        options = self.options(**given, **others)
        check(options)
        return options


def docs_of(options: type) -> dict[str, str]:
    """Name -> docstring of every field of a dataclass, on one line."""
    found: dict[str, str] = {}
    for cls in reversed(options.__mro__):
        if not dataclasses.is_dataclass(cls):
            continue
        body = ast.parse(textwrap.dedent(inspect.getsource(cls))).body[0].body  # type: ignore[attr-defined]
        for field, after in itertools.pairwise(body):
            if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                found[field.target.id] = " ".join(str(after.value.value).split())  # type: ignore[union-attr]
    return found


def _input(name: str, hint: Any, start: Any, told: str, named: Mapping[str, str]) -> Any:
    """The component that suits a field's type; named: values that it may have -> how they are told."""
    import gradio as gr

    about = {"label": name.replace("_", " "), "info": told or None}
    if named:
        return gr.Dropdown([(words, value) for value, words in named.items()], value=start, **about)
    plain, allowed = _plain(hint), range_of(hint) or Range()
    choices = [choice for part in plain if typing.get_origin(part) is Literal for choice in typing.get_args(part)]
    if plain == (bool,):
        return gr.Checkbox(value=start, **about)
    if choices and not {int, float, str} & {*plain}:
        empty = [("as it is", NOTHING)] if type(None) in plain else []
        value = NOTHING if start is None else start
        return gr.Dropdown([*empty, *((str(choice), choice) for choice in choices)], value=value, **about)
    if {*plain} <= {int, float, type(None)} and start is not None:  # one that may be empty is text: Gradio makes 0 of that
        whole = float not in plain
        if not whole and math.isfinite(allowed.low) and math.isfinite(allowed.high):
            return gr.Slider(allowed.low, allowed.high, value=start, step=0.01, **about)
        return gr.Number(value=start, precision=0 if whole else None, **about)  # `check` tells what is out of range
    return gr.Textbox(value=_text(start), **about)


def _text(value: Any) -> str:
    return NOTHING if value is None else " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _plain(hint: Any) -> tuple[Any, ...]:
    """The types that a field may be of, without what is annotated."""
    if typing.get_origin(hint) is typing.Annotated:
        return _plain(hint.__origin__)
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return tuple(one for part in typing.get_args(hint) for one in _plain(part))
    return (hint,)


def number_of(text: str | None, what: str) -> int | float | None:
    """The number in an input of text; None where it is empty. InputError: it is none."""
    return _value(what, int | float | None, (text or NOTHING).strip())


def _value(name: str, hint: Any, given: Any) -> Any:
    """What an input holds as the field's type wants it. InputError: it cannot be that."""
    plain = _plain(hint)
    if given is None or given == NOTHING:
        if any(typing.get_origin(part) is tuple for part in plain):
            return ()
        if type(None) in plain or str in plain:
            return None if type(None) in plain else ""
        raise InputError(f"{name.replace('_', ' ')} is empty")
    if not isinstance(given, str):
        return int(given) if int in plain and float not in plain and not isinstance(given, bool) else given
    for part in plain:
        if typing.get_origin(part) is Literal and given in typing.get_args(part):
            return given
        if typing.get_origin(part) is tuple:
            inner = typing.get_args(part)[0]
            return tuple(_value(name, inner, word) for word in given.split())
        if part in (str, Path):
            return part(given)
        if part in (int, float):
            with contextlib.suppress(ValueError):
                if math.isfinite(number := part(given)):
                    return number
    wanted = "must be a number" if float in plain else "must be a whole number" if int in plain else "cannot be that"
    raise InputError(f"{name.replace('_', ' ')} {wanted}; received {given!r}")
