"""The reader against its bridge to mido, and a reader of mido's messages that shares no code with either."""

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

    Programs hold for their channel in all tracks; of events at one tick the last of the file counts. Controllers 120 and 123
    to 127 end the notes of their channel. Notes that never end are held until their pitch is struck again, or to the end of
    their track.
    """
    notes, held, tempos, signatures, programs = [], 0, {}, {}, defaultdict(list)
    for number, track in enumerate(file.tracks):
        now, waiting, struck, ended = 0, defaultdict(deque), defaultdict(list), defaultdict(int)
        for place, message in enumerate(track):
            now += message.time
            key = (message.channel, message.note) if message.type in ("note_on", "note_off") else None
            if message.type == "program_change":
                programs[message.channel].append((now, number, place, message.program))
            elif message.type == "set_tempo":
                tempos[now] = message.tempo
            elif message.type == "time_signature":
                signatures[now] = message.numerator, message.denominator
            elif message.type == "control_change" and message.control in (120, *range(123, 128)):
                for (channel, pitch), begun in waiting.items():
                    if channel == message.channel and begun:
                        notes.extend((*note, now) for note in begun)
                        ended[channel, pitch] = now
                        begun.clear()
            elif message.type == "note_on" and message.velocity > 0:
                waiting[key].append((now, number, place, message))
                struck[key].append(now)
            elif key and waiting[key]:
                notes.append((*waiting[key].popleft(), now))
                ended[key] = now
        for key, begun in waiting.items():
            following = struck[key][len(struck[key]) - len(begun) + 1 :]
            for note, end in zip(begun, [*following, now], strict=True) if begun else []:
                ended[key] = max(end, ended[key])
                held += ended[key] > note[0]
                notes.extend([(*note, ended[key])] * (ended[key] > note[0]))
    rows = []
    for start, number, place, message, end in notes:
        before = [change[-1] for change in sorted(programs[message.channel]) if change[:3] < (start, number, place)]
        program = before[-1] if before else 0
        voice = number, message.channel, program
        rows.append((start, end, message.note, message.velocity, program, message.channel == 9, voice))
    numbers = {voice: place for place, voice in enumerate(sorted({row[6] for row in rows}))}
    return {
        "division": file.ticks_per_beat,
        "notes": sorted((*row[:6], numbers[row[6]]) for row in rows),
        "tempos": sorted(tempos.items()),
        "signatures": sorted((tick, *signature) for tick, signature in signatures.items()),
        "held": held,
    }


def outcome(path: Path) -> str:
    """Compare one file: "equal" (with or without notes that never end), or who does not read it."""
    told: list[str] = []
    try:
        piece = read(path, note=told.append)
    except InputError:
        return "refused"
    if any("read leniently" in line for line in told):
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
        "held": piece.left_out["held"],
    }, path
    assert bridged.notes.tolist() == piece.notes.tolist(), path
    assert bridged.tempos.tolist() == piece.tempos.tolist(), path
    assert bridged.signatures.tolist() == piece.signatures.tolist(), path
    assert (bridged.division, +Counter(bridged.left_out)) == (piece.division, +Counter(piece.left_out)), path
    return "equal, with notes that never end" if theirs["held"] else "equal"


@pytest.mark.parametrize("name", SETS)
def test_both_readers_agree(name):
    files = sorted(path for path in real_data(name).rglob("*") if path.is_file())
    chosen = random.Random(1).sample(files, min(len(files), FILES.get(name, 40)))
    found = Counter(outcome(path) for path in chosen)
    agreed = found["equal"] + found["equal, with notes that never end"]
    assert agreed == len(chosen) if name != "awkward_midi" else agreed >= 6
