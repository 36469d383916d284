"""The reader, by symusic, against its bridge to mido, and a reader of mido's messages that shares no code with either."""

from __future__ import annotations

import random
from collections import Counter, defaultdict, deque
from pathlib import Path

import mido
import pytest

from midi.files.mido_bridge import from_mido
from midi.files.reading import read
from tests.data import real_data
from training.errors import InputError

SETS = ("midi/nottingham", "midi/js_fakes", "midi/groove_drums", "midi/freedoom_rock_metal", "awkward_midi")
FILES = {"midi/freedoom_rock_metal": 14, "awkward_midi": 30}
"""How many of a set are read here; 40 of the others, which have shorter pieces."""
REFUSED = (OSError, EOFError, ValueError, KeyError, IndexError, mido.KeySignatureError)
"""What mido raises on files that it does not read."""


def by_mido(file: mido.MidiFile) -> dict[str, object]:
    """Notes, tempos and signatures, by the definition: first in, first out within a track, channel and pitch.

    Of several changes at one tick the last counts; hanging: how many notes never end.
    """
    notes, hanging, tempos, signatures = [], 0, {}, {}
    for number, track in enumerate(file.tracks):
        now, program, open_notes = 0, defaultdict(int), defaultdict(deque)
        for message in track:
            now += message.time
            if message.type == "program_change":
                program[message.channel] = message.program
            elif message.type == "set_tempo":
                tempos[now] = message.tempo
            elif message.type == "time_signature":
                signatures[now] = message.numerator, message.denominator
            elif message.type == "note_on" and message.velocity > 0:
                open_notes[message.channel, message.note].append((now, message.velocity, program[message.channel]))
            elif message.type in ("note_on", "note_off") and open_notes[message.channel, message.note]:
                start, velocity, instrument = open_notes[message.channel, message.note].popleft()
                voice = number, message.channel, instrument
                notes.append((start, now, message.note, velocity, instrument, message.channel == 9, voice))
        hanging += sum(map(len, open_notes.values()))
    numbers = {voice: place for place, voice in enumerate(sorted({note[6] for note in notes}))}
    return {
        "division": file.ticks_per_beat,
        "notes": sorted((*note[:6], numbers[note[6]]) for note in notes),
        "tempos": sorted(tempos.items()),
        "signatures": sorted((tick, *signature) for tick, signature in signatures.items()),
        "hanging": hanging,
    }


def outcome(path: Path) -> str:
    """Compare one file: "equal" (with or without notes that never end), or who does not read it."""
    told: list[str] = []
    try:
        piece = read(path, note=told.append)
    except InputError:
        return "refused"
    if told:
        return "not well-formed"
    try:
        file = mido.MidiFile(path)
    except REFUSED:
        return "refused by mido"
    theirs, bridged = by_mido(file), from_mido(file)
    assert theirs == {
        "division": piece.division,
        "notes": sorted(piece.notes.tolist()),
        "tempos": piece.tempos.tolist(),
        "signatures": piece.signatures.tolist(),
        "hanging": piece.left_out["hanging"],
    }, path
    assert bridged.notes.tolist() == piece.notes.tolist(), path
    assert bridged.tempos.tolist() == piece.tempos.tolist(), path
    assert bridged.signatures.tolist() == piece.signatures.tolist(), path
    assert (bridged.division, +Counter(bridged.left_out)) == (piece.division, +Counter(piece.left_out)), path
    return "equal, with notes that never end" if theirs["hanging"] else "equal"


@pytest.mark.parametrize("name", SETS)
def test_both_readers_agree(name):
    files = sorted(path for path in real_data(name).rglob("*") if path.is_file())
    chosen = random.Random(1).sample(files, min(len(files), FILES.get(name, 40)))
    found = Counter(outcome(path) for path in chosen)
    agreed = found["equal"] + found["equal, with notes that never end"]
    assert agreed == len(chosen) if name != "awkward_midi" else agreed >= 6
