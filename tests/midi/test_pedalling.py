"""The pedal is found again where it was, and what is played with it sounds as what was heard."""

from __future__ import annotations

import numpy as np
import pytest

from midi.demo import STYLES, compose
from midi.files.reading import read
from midi.files.writing import write
from midi.notes import NOTE, Piece, make_piece, note_table
from midi.pedal import pedal_changes, with_pedal
from midi.pedalling import RELEASE, find_pedal

BAR = 960
"""Ticks, and as many milliseconds: pieces here have 500 ticks in half a second."""


def piece_of(*notes: tuple[int, int, int], track: int = 0) -> Piece:
    """notes: (milliseconds from, to, pitch)."""
    begin, end, pitch = np.array(notes).T
    return make_piece(note_table(len(notes), start=begin, end=end, pitch=pitch, track=track), 500)


def played(seed: int, bars: int = 12) -> tuple[Piece, list[tuple[int, int]]]:
    """(what sounds of broken chords and a melody above, when the pedal was down), a harmony a bar."""
    generator = np.random.default_rng(seed)
    notes, down = [], []
    for bar in range(0, bars * BAR, BAR):
        root, up = int(generator.integers(36, 48)), bar + BAR + int(generator.integers(0, 30))
        chord = root + np.array([0, 7, 12, 16, 19, 24])
        down.append((bar + int(generator.integers(40, 120)), up))
        for place, pitch in enumerate(chord):
            notes.append((bar + 160 * place, bar + 160 * place + 150, pitch))
        notes.append((bar, bar + int(generator.integers(200, 900)), root + int(generator.integers(30, 40))))
    pressed, released = np.array(down).T
    begin, end, pitch = np.array(notes).T
    for note in range(len(notes)):
        held = (pressed < end[note]) & (end[note] <= released)
        again = begin[(pitch == pitch[note]) & (begin > begin[note])].min(initial=1 << 40)
        end[note] = max(end[note], min(released[held].min(initial=1 << 40), again)) if held.any() else end[note]
    return piece_of(*zip(begin, end, pitch, strict=True)), down


def is_down(spans: list[tuple[float, float]]) -> np.ndarray:
    """Of every millisecond of twelve bars and one more."""
    down = np.zeros(13 * BAR, bool)
    for first, last in spans:
        down[round(first) : round(last)] = True
    return down


def sounding(piece: Piece) -> np.ndarray:
    return with_pedal(piece, "extend")[0].notes


def same_but_for_ends(one: np.ndarray, other: np.ndarray) -> None:
    names = [name for name in NOTE.names if name != "end"]
    assert (np.sort(one[names]) == np.sort(other[names])).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_pedal_is_found_where_it_was(seed):
    heard, down = played(seed)
    piece, found = find_pedal(heard)
    true, told = is_down(down), is_down([(1_000 * first, 1_000 * last) for first, last in found.down])
    assert 2 * (true & told).sum() / (true.sum() + told.sum()) > 0.93
    assert found.shortened > len(heard) / 2
    assert (sounding(piece) == heard.notes).all()
    assert found.moved == 0


@pytest.mark.parametrize("seed", range(40))
def test_whatever_was_heard_sounds_the_same(seed):
    generator = np.random.default_rng(seed)
    count, releases = 80, np.sort(generator.integers(500, 12_000, 16))
    begin = np.sort(generator.integers(0, 11_900, count))
    free = begin + generator.integers(1, 1_500, count)
    until = releases[np.minimum(np.searchsorted(releases, begin, side="right"), 15)]
    pedalled = generator.random(count) < 0.9
    end = np.where(pedalled, np.maximum(until + generator.integers(-60, 61, count), begin + 1), free)
    heard = piece_of(*zip(begin, end, generator.integers(50, 62, count), strict=True))
    piece, found = find_pedal(heard)
    again = sounding(piece)
    same_but_for_ends(again, heard.notes)
    order = ["start", "pitch", "end"]
    moved = np.abs(np.sort(again[order], order=order)["end"] - np.sort(heard.notes[order], order=order)["end"])
    assert moved.max() <= 1_000 * RELEASE
    assert np.count_nonzero(moved) == found.moved
    assert (np.sort(piece.notes["end"]) <= np.sort(again["end"])).all()
    assert found.down or piece is heard


def test_ends_that_scatter_are_brought_to_the_release():
    heard, down = played(0)
    notes = heard.notes.copy()
    last = np.isin(notes["end"], [up for _, up in down])
    notes["end"][last] += np.random.default_rng(0).integers(-40, 41, last.sum())
    piece, found = find_pedal(make_piece(notes, 500))
    assert len(found.down) == len(down)
    assert last.sum() / 2 < found.moved <= last.sum() + 2
    ups = np.array([up for _, up in down])
    np.testing.assert_allclose([1_000 * up for _, up in found.down], ups, atol=40)
    assert len(np.unique(sounding(piece)["end"])) < len(np.unique(notes["end"])) / 2


@pytest.mark.parametrize("style", STYLES)
def test_music_without_a_pedal_has_none(style):
    piece = compose(style, 3, 16)
    assert find_pedal(piece) == (piece, find_pedal(piece_of((0, 1, 60)))[1])


def test_chords_and_a_single_release_are_no_pedal():
    chords = [(960 * bar, 960 * bar + 900, pitch) for bar in range(8) for pitch in (48, 60, 64, 67)]
    assert not find_pedal(piece_of(*chords))[1].down
    arpeggio = [(200 * place, 2_000, 48 + 4 * place) for place in range(6)]
    assert not find_pedal(piece_of(*arpeggio))[1].down
    twice = [*arpeggio, *((begin + 2_100, end + 2_100, pitch) for begin, end, pitch in arpeggio)]
    assert find_pedal(piece_of(*twice))[1].down == [(0.0, 2.0), (2.1, 4.1)]


def test_a_key_is_left_for_the_next_note_of_its_hand():
    bar = [(0, 1_900, 36), (0, 1_900, 72), (400, 800, 52), (800, 1_900, 52), (1_200, 1_900, 76), (1_210, 1_900, 79)]
    notes = [(begin + move, end + move, pitch) for move in (0, 2_000, 4_000) for begin, end, pitch in bar]
    piece, _ = find_pedal(piece_of(*notes))
    keys = {(begin, pitch): end for begin, end, pitch in piece.notes[["start", "end", "pitch"]][:6].tolist()}
    assert keys[0, 36] == 1_200  # nothing near: a second, and whatever begins then
    assert keys[0, 72] == 1_200
    assert keys[400, 52] == 800  # struck again
    assert keys[800, 52] == keys[1_200, 76] == keys[1_210, 79] == 1_900  # a chord is no reason


def test_each_track_has_a_pedal_of_its_own_in_the_file(tmp_path):
    pieces = [played(seed)[0] for seed in range(2)]
    tables = [piece.notes.copy() for piece in pieces]
    tables[1]["track"] = 1
    drums = note_table(3, start=[5, 700, 900], end=[80, 800, 1_000], pitch=38, drum=True, track=1)
    heard = make_piece(np.concatenate([*tables, drums]), 500)
    piece, found = find_pedal(heard)
    write(tmp_path / "two.mid", piece)
    again = read(tmp_path / "two.mid")
    assert set(pedal_changes(again)) == {0, 1}
    assert len(found.down) == sum(len(find_pedal(one)[1].down) for one in pieces)
    np.testing.assert_array_equal(np.sort(sounding(again)["end"]), np.sort(heard.notes["end"]))
