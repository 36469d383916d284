"""What stands beside notes: keys that move with them, times that stretch, and what it is counted as."""

import numpy as np
import pytest

from midi.beside import BEND, CONTROL, EVENT, KEY, KINDS, META, PEDAL, SYSEX, TOUCH, VOLUME, Beside, in_time


def beside(*events: tuple[int, int, int], data: bytes = b"") -> Beside:
    """events: (tick, status, first data byte)."""
    table = np.zeros(len(events), EVENT)
    table["tick"], table["status"], table["first"] = np.array(events).T
    table["length"] = len(data)
    return Beside(table, data)


@pytest.mark.parametrize("semitones", range(-13, 14))
def test_a_transposed_key_has_its_tonic_as_much_higher(semitones):
    """A key of n fifths above C has its tonic 7 n semitones above C, and the same mode."""
    for fifths in range(-7, 8):
        moved = beside((0, META, KEY), data=bytes([fifths % 256, 1])).transposed(semitones)
        found, mode = np.frombuffer(moved.data, np.int8).tolist()
        assert (7 * found - 7 * fifths - semitones) % 12 == 0
        assert -6 <= found <= 5
        assert mode == 1


def test_other_data_stays_when_keys_move():
    both = beside((0, SYSEX, 0), data=b"\x05\x06")
    assert both.transposed(3).data == both.data


def test_times_are_stretched_and_rounded():
    found = beside((0, CONTROL, VOLUME), (3, CONTROL, VOLUME), (5, BEND, 0))
    assert found.stretched(1.5).events["tick"].tolist() == [0, 4, 8]
    assert found.events["tick"].tolist() == [0, 3, 5]


def test_events_are_counted_by_kind():
    one_each = ((CONTROL, VOLUME), (CONTROL, PEDAL), (BEND, 9), (TOUCH, 1), (META, KEY), (META, 1), (SYSEX, 0))
    found = beside(*((0, *kind) for kind in one_each), (1, CONTROL, PEDAL)).counts()
    assert found == dict.fromkeys(KINDS, 1) | {"pedal_changes": 2}


def test_events_of_all_tracks_come_in_order_of_time():
    events = beside((5, CONTROL, 1), (0, CONTROL, 2), (5, CONTROL, 3), (0, CONTROL, 4)).events
    assert in_time(events)["first"].tolist() == [2, 4, 1, 3]
