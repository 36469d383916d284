"""The codecs: MIDI pictures and their inverses, by name."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from training.errors import InputError

if TYPE_CHECKING:
    from midi.codecs.codec import Codec


def codec_named(name: str, **fields: Any) -> Codec:
    """The codec `name` with its usual fields, or with some of them changed. InputError: unknown name or field, bad value."""
    from midi.codecs.registry import CODECS

    if not isinstance(name, str) or name not in CODECS:
        raise InputError(f"no codec {name!r}; expected one of {', '.join(CODECS)}")
    try:
        return replace(CODECS[name], **fields)
    except TypeError:
        known = ", ".join(field.name for field in dataclass_fields(CODECS[name]))
        raise InputError(f"codec {name} has the fields {known}; received {', '.join(fields)}") from None


def from_facts(facts: dict[str, Any]) -> Codec:
    """The codec of what `Codec.facts` gave. InputError: not such facts."""
    if not isinstance(facts, dict) or "name" not in facts:
        raise InputError(f"expected a codec's name and fields; received {facts!r}")
    return codec_named(**facts)
