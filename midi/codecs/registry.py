"""The codecs with their usual fields."""

from __future__ import annotations

from midi.codecs.codec import Codec
from midi.codecs.dense import Dense, Levels
from midi.codecs.interleaved import Interleaved
from midi.codecs.lossless import Lossless
from midi.codecs.roll import Roll
from midi.codecs.sparse import Sparse

CODECS: dict[str, Codec] = {
    codec.name: codec
    for codec in (
        Roll(name="roll64", low=31, high=94, columns=64, resolution=4, top="low"),
        Roll(name="roll96", low=1, high=96, columns=96, resolution=12, gap=True, tempo=600_000),
        Interleaved(name="interleaved32", low=0, high=126, columns=3072, resolution=4),
        Sparse(name="sparse88", low=21, high=108, columns=200, resolution=20, unit="second"),
        Dense(name="dense88", low=21, high=108, columns=200, resolution=20, unit="second"),
        Levels(name="levels88", low=21, high=108, columns=200, resolution=20, unit="second"),
        Levels(name="beats88", low=21, high=108, columns=64, resolution=4),
        Roll(name="frames88", low=21, high=108, columns=64, resolution=2, top="low"),
        Lossless(name="lossless"),
    )
}
"""Name -> codec; to add one, write its file and add it here."""
