"""The notes of a piece as one table, with what is needed to tell ticks, quarters and seconds from one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from midi.beside import Beside
from midi.tempo import TEMPO, USUAL_TEMPO, Tempo, TempoMap, last_of_tick
from training.errors import InputError
from training.machine_code import compiled

NOTE = np.dtype(
    [
        ("start", np.int64),
        ("end", np.int64),
        ("pitch", np.uint8),
        ("velocity", np.uint8),
        ("program", np.uint8),
        ("drum", np.bool_),
        ("track", np.int16),
    ],
    align=True,
)
"""A row of the table: a note sounds in the ticks [start, end); pitch, velocity and program are 0 to 127, as in MIDI."""
SIGNATURE = np.dtype([("tick", np.int64), ("numerator", np.int64), ("denominator", np.int64)])
"""From `tick` on the time signature is numerator / denominator."""
MAX_TRACKS = 32_767
"""Tracks that a table can number."""
LEFT_OUT = (*Beside().counts(), "hanging", "unmatched", "held")
"""What every reader counts of what is not in the notes; hanging: notes that begin at the end of their track; unmatched: ends
without a note; held: notes that never end, which are in the table up to the end of their track."""


@dataclass(frozen=True, eq=False)
class Piece:
    """Notes, tempo and time signatures of one MIDI file.

    notes are sorted by start, track, pitch, end and velocity. Notes of one track and pitch may overlap; they begin and end
    in the same order (first in, first out), which is how MIDI can tell them apart.
    """

    notes: np.ndarray
    """(count,) of NOTE."""
    division: int = 480
    """Ticks in a quarter note, 1 to 32,767."""
    tempos: np.ndarray = field(default_factory=lambda: np.empty(0, TEMPO))
    """(changes,) of TEMPO, ascending ticks, none twice."""
    signatures: np.ndarray = field(default_factory=lambda: np.empty(0, SIGNATURE))
    """(changes,) of SIGNATURE, ascending ticks, none twice."""
    left_out: Mapping[str, int] = field(default_factory=dict)
    """How much the file held that is not in the notes: LEFT_OUT, and of a damaged file what its reader gave up."""
    beside: Beside = field(default_factory=Beside)
    """What the file held beside them, for synthesisers and the writer."""

    def __post_init__(self) -> None:
        if not 1 <= self.division <= 32_767:
            raise InputError(f"ticks in a quarter note must be from 1 to 32767; received {self.division}")

    def __len__(self) -> int:
        return len(self.notes)

    @property
    def end(self) -> int:
        """The tick at which the last note ends; 0 without notes."""
        return int(self.notes["end"].max(initial=0))

    def quarters(self, ticks: np.ndarray) -> np.ndarray:
        """Ticks -> quarter notes."""
        return np.asarray(ticks) / self.division

    @property
    def tempo_map(self) -> TempoMap:
        """Its tempos in its division."""
        return TempoMap(self.tempos, self.division)

    def seconds(self, ticks: np.ndarray) -> np.ndarray:
        """Ticks -> seconds from the start, through all tempo changes."""
        return self.tempo_map.seconds(ticks)

    def ticks(self, seconds: np.ndarray) -> np.ndarray:
        """Seconds -> ticks (real numbers); the inverse of `seconds`."""
        return self.tempo_map.ticks(seconds)

    def tempo_at(self, tick: int) -> int:
        """Microseconds a quarter in force at `tick`."""
        return self.tempo_map.at(tick)


def make_piece(
    notes: np.ndarray,
    division: int = 480,
    tempos: np.ndarray | Tempo = USUAL_TEMPO,
    signatures: np.ndarray | None = None,
    left_out: Mapping[str, int] | None = None,
) -> Piece:
    """A piece of notes in any order. tempos: (changes,) of TEMPO, a map in any division, or one tempo for all of it."""
    if not isinstance(tempos, np.ndarray):
        tempos = TempoMap.of(tempos).in_division(division).changes
    signatures = np.empty(0, SIGNATURE) if signatures is None else signatures
    return Piece(in_order(notes), division, last_of_tick(tempos), last_of_tick(signatures), left_out or {})


def note_table(count: int, **columns: np.ndarray | int | bool) -> np.ndarray:
    """(count,) of NOTE with the given columns; velocity is 100 unless given, everything else 0."""
    notes = np.zeros(count, NOTE)
    notes["velocity"] = 100
    for name, values in columns.items():
        notes[name] = values
    return notes


def require_tracks(count: int) -> None:
    """InputError: more tracks than a table can number."""
    if count > MAX_TRACKS:
        raise InputError(f"at most {MAX_TRACKS:,} tracks with notes can be kept; received {count:,}")


def in_order(notes: np.ndarray) -> np.ndarray:
    """The notes sorted by start, then track, pitch, end and velocity."""
    key = _keys(notes)
    order = key.argsort(kind="stable")
    if _has_ties(key, order):
        order = np.lexsort([notes[name] for name in ("velocity", "end", "pitch", "track", "start")])
    return notes.take(order)


@compiled
def _keys(notes: np.ndarray) -> np.ndarray:
    """(count,) start, track and pitch of each note in one number."""
    key = np.empty(len(notes), np.int64)
    for place in range(len(notes)):
        note = notes[place]
        key[place] = (note.start << 23) | (np.int64(note.track) << 7) | note.pitch
    return key


@compiled
def _has_ties(key: np.ndarray, order: np.ndarray) -> bool:
    ties = False
    for place in range(1, len(order)):
        ties |= key[order[place]] == key[order[place - 1]]
    return ties


def with_notes(piece: Piece, notes: np.ndarray) -> Piece:
    """The same piece with other notes, in any order."""
    return replace(piece, notes=in_order(notes))


def pitch_name(pitch: int) -> str:
    """60 -> C4, in sharps."""
    return f"{PITCH_CLASSES[pitch % 12]}{pitch // 12 - 1}"


def program_name(program: int) -> str:
    """0 -> acoustic piano; General MIDI."""
    return PROGRAMS[program]


def drum_name(key: int) -> str:
    """36 -> kick; keys without a name are given as numbers."""
    return DRUMS.get(key, f"drum {key}")


PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
PROGRAMS = (
    "acoustic piano", "bright piano", "electric grand", "honky-tonk piano", "electric piano 1", "electric piano 2",
    "harpsichord", "clavinet", "celesta", "glockenspiel", "music box", "vibraphone", "marimba", "xylophone",
    "tubular bells", "dulcimer", "drawbar organ", "percussive organ", "rock organ", "church organ", "reed organ",
    "accordion", "harmonica", "bandoneon", "nylon guitar", "steel guitar", "jazz guitar", "clean guitar",
    "muted guitar", "overdriven guitar", "distorted guitar", "guitar harmonics", "acoustic bass", "fingered bass",
    "picked bass", "fretless bass", "slap bass 1", "slap bass 2", "synth bass 1", "synth bass 2", "violin", "viola",
    "cello", "double bass", "tremolo strings", "pizzicato", "harp", "timpani", "strings 1", "strings 2",
    "synth strings 1", "synth strings 2", "choir", "voice", "synth voice", "orchestra hit", "trumpet", "trombone",
    "tuba", "muted trumpet", "french horn", "brass section", "synth brass 1", "synth brass 2", "soprano sax",
    "alto sax", "tenor sax", "baritone sax", "oboe", "english horn", "bassoon", "clarinet", "piccolo", "flute",
    "recorder", "pan flute", "blown bottle", "shakuhachi", "whistle", "ocarina", "square lead", "saw lead",
    "calliope lead", "chiff lead", "charang lead", "voice lead", "fifths lead", "bass lead", "new age pad",
    "warm pad", "polysynth pad", "choir pad", "bowed pad", "metallic pad", "halo pad", "sweep pad", "rain",
    "soundtrack", "crystal", "atmosphere", "brightness", "goblins", "echoes", "science fiction", "sitar", "banjo",
    "shamisen", "koto", "kalimba", "bagpipe", "fiddle", "shanai", "tinkle bell", "agogo", "steel drums", "woodblock",
    "taiko", "melodic tom", "synth drum", "reverse cymbal", "fret noise", "breath noise", "seashore", "bird",
    "telephone", "helicopter", "applause", "gunshot",
)  # fmt: skip
"""General MIDI programs 0 to 127."""
DRUMS = {
    35: "kick 2", 36: "kick", 37: "rim", 38: "snare", 39: "clap", 40: "snare 2", 41: "low tom 2", 42: "closed hat",
    43: "low tom", 44: "pedal hat", 45: "mid tom 2", 46: "open hat", 47: "mid tom", 48: "high tom 2", 49: "crash",
    50: "high tom", 51: "ride", 52: "china", 53: "ride bell", 54: "tambourine", 55: "splash", 56: "cowbell",
    57: "crash 2", 58: "vibraslap", 59: "ride 2", 60: "high bongo", 61: "low bongo", 62: "muted conga",
    63: "high conga", 64: "low conga", 65: "high timbale", 66: "low timbale", 67: "high agogo", 68: "low agogo",
    69: "cabasa", 70: "maracas", 71: "short whistle", 72: "long whistle", 73: "short guiro", 74: "long guiro",
    75: "claves", 76: "high block", 77: "low block", 78: "muted cuica", 79: "open cuica", 80: "muted triangle",
    81: "triangle",
}  # fmt: skip
"""General MIDI drum keys."""
