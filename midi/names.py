"""What people call pitches, programs and drums."""

from __future__ import annotations

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


def pitch_name(pitch: int) -> str:
    """60 -> C4, in sharps."""
    return f"{PITCH_CLASSES[pitch % 12]}{pitch // 12 - 1}"


def program_name(program: int) -> str:
    """0 -> acoustic piano; General MIDI."""
    return PROGRAMS[program]


def drum_name(key: int) -> str:
    """36 -> kick; keys without a name are given as numbers."""
    return DRUMS.get(key, f"drum {key}")
