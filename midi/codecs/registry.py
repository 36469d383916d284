"""The codecs with their usual fields."""

from __future__ import annotations

from midi.codecs.codec import Codec
from midi.codecs.roll import Roll

CODECS: dict[str, Codec] = {
    codec.name: codec
    for codec in (
        Roll(name="roll64", low=31, high=94, columns=64, resolution=4, top="low"),
        Roll(name="roll96", low=1, high=96, columns=96, resolution=12, gap=True, tempo=600_000),
    )
}
"""Name -> codec; to add one, write its file and add it here."""
