"""Damaged files through reader and codecs: read or refused, nothing else (by the thousand: tests.reliability.fuzz)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from midi.demo import compose
from midi.files.writing import to_bytes
from tests.midi.smf import END, NOTE, smf
from tests.reliability.damage import DAMAGES, damaged
from tests.reliability.fuzz import GOOD, outcome_of

META = bytes([0, 0xFF, 0x51, 3, 7, 161, 32, 0, 0xFF, 0x58, 4, 3, 2, 24, 8, 0, 0xFF, 3, 2, 65, 66])
FILES = [
    smf(META + END, bytes([0, 0xC1, 5, 0, 0x91, 60, 100, 96, 60, 0, 0, 0xB1, 7, 100, 0, 0xF0, 2, 1, 0xF7]) + NOTE + END),
    smf(META + NOTE + END, form=0),
    *(to_bytes(compose(style, 0, 8)) for style in ("rock", "chorale")),
]


@settings(deadline=None, max_examples=100)
@given(st.sampled_from(FILES), st.integers(0, 1 << 32))
def test_damaged_files_are_read_or_refused(tmp_path_factory, data, seed):
    path = tmp_path_factory.getbasetemp() / "damaged.mid"
    path.write_bytes(damaged(data, np.random.default_rng(seed)))
    outcome, reason = outcome_of(path)
    assert outcome in GOOD, reason
    assert "\n" not in reason


@pytest.mark.parametrize("kind", DAMAGES, ids=lambda kind: kind.__name__.strip("_"))
def test_every_damage_does_something(kind):
    """Of each kind, and on nothing at all it does no harm."""
    found = set()
    for seed in range(40):
        data = bytearray(FILES[2])
        kind(data, np.random.default_rng(seed))
        found.add(bytes(data))
        kind(bytearray(), np.random.default_rng(seed))
    assert len(found) > 2


def test_what_must_not_be_is_told_apart(tmp_path, monkeypatch):
    (tmp_path / "a.mid").write_bytes(FILES[0])
    assert outcome_of(tmp_path / "a.mid") == ("read", "roll96, lossless")
    for caught, said in [(MemoryError(), "out of memory"), (IndexError("at 3"), "raised"), (RecursionError(), "raised")]:
        with monkeypatch.context() as patch:
            patch.setattr("midi.files.reading.events_of", lambda _, caught=caught: (_ for _ in ()).throw(caught))
            assert outcome_of(tmp_path / "a.mid")[0] == said
    monkeypatch.setattr("midi.measures.fidelity.exact", lambda *_: (0.5, 0))
    assert outcome_of(tmp_path / "a.mid") == ("came back changed", "")
