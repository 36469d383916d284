"""Pieces as sound of which every note is known: excerpts, played by the built-in synthesiser or by SoundFonts.

A rendering varies what recordings vary in: instruments, transposition, speed, velocities, tuning, drums, room, noise,
equalisation. Of some excerpts all pitches are drawn anew, so that nothing is learned of harmony alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import soxr

from midi.notes import Piece, make_piece
from midi.pedal import with_pedal
from midi.synthesis.rendering import sound_of
from midi.synthesis.timbres import frequency
from spectro.libraries import librosa
from transfer.transcription.notes import LOWEST, PITCHES, heard

STUDIO = 48_000
"""Hz at which instruments play, so that nothing above half the model's rate is folded into it."""
LEVEL = 0.1
"""RMS of the loudest half second, to which all sound is brought."""
DIVISION = 500
"""Ticks of an excerpt in a quarter of half a second: a millisecond each."""
PITCHED = 96
"""Programs below it play one pitch at a time; those above are effects, or drums."""
CENTS, ROOM, SPEED, TRANSPOSED = 30.0, 0.6, 1.25, 6
"""At most: cents of tuning, seconds in which a room dies away by 60 dB, factor of speed, semitones."""
DRUMS, SCATTERED, PIANO, MIXED, TONES, VOICE, FILTERED = 0.4, 0.2, 0.45, 0.35, 0.08, 0.15, 0.15
"""Parts of the excerpts: with the piece's drums, with pitches drawn anew, for piano alone, for instruments drawn anew, as
tones with few harmonics, with a voice that speaks, without what `without_drums` takes out."""
OVERTONES = 4
"""That such a tone has at most."""
SEPARATED_BY = 0.064
"""Seconds of the window by which drums are told from notes; by twice of that, librosa's own, attacks go with the drums."""
TOGETHER = 0.03
"""Seconds within which two notes of a pitch, of whatever parts, are heard as one."""

Instruments = Literal["varied", "own"] | int
"""Drawn anew for some excerpts; the piece's own; a program for all."""


def rendered(
    piece: Piece,
    generator: np.random.Generator,
    *,
    rate: int,
    seconds: float,
    soundfonts: Sequence[str] = (),
    instruments: Instruments = "varied",
) -> tuple[np.ndarray, np.ndarray]:
    """An excerpt of a piece as (sound float32 (samples,), its notes of HEARD).

    varied: everything that the module tells of is drawn by `generator`, and whether one of `soundfonts` or the built-in
    synthesiser plays; otherwise only where the excerpt begins: the first of them plays, without drums.
    Both are empty where the excerpt has no note of a piano's range. InputError: a SoundFont that cannot be read.
    """
    varied = instruments == "varied"
    notes = _excerpt(with_pedal(piece, "extend")[0], generator, seconds)
    stretch = SPEED ** generator.uniform(-1, 1) if varied else 1.0
    notes = _varied(notes, generator) if varied else notes[~notes["drum"]]
    if isinstance(instruments, int):
        notes["program"] = instruments
    inside = notes["drum"] | ((notes["pitch"] >= LOWEST) & (notes["pitch"] < LOWEST + PITCHES))
    notes = notes[inside]
    for name in ("start", "end"):
        notes[name] = np.rint(notes[name] * stretch)
    notes["end"] = np.maximum(notes["end"], notes["start"] + 20)
    truth = once_each(notes[~notes["drum"]])
    if not len(truth):
        return np.zeros(0, np.float32), heard(*(np.zeros(0) for _ in range(4)))
    font = generator.choice(["", *soundfonts]) if varied else [*soundfonts, ""][0]
    tones = varied and generator.random() < TONES
    played = notes[notes["drum"]] if tones else notes
    sound = np.zeros((2, 0), np.float32)
    if len(played):
        seed = int(generator.integers(1 << 31))
        sound = sound_of(make_piece(played, DIVISION), soundfont=str(font) or None, rate=STUDIO, seed=seed)
    left = generator.uniform(0.3, 0.7)
    mono = sound[0] * left + sound[1] * (1 - left)
    if tones:
        mono = _sum(mono, _tones(notes[~notes["drum"]], generator))
    tuned = 2 ** (generator.uniform(-CENTS, CENTS) / 1_200) if varied else 1.0
    mono = soxr.resample(mono, STUDIO, rate * tuned).astype(np.float32)
    mono = mono[: round(rate * (seconds * stretch * tuned + 1.0))]
    if varied:
        if generator.random() < VOICE:
            voice = _voice(len(mono), rate, generator)
            mono = mono + voice * np.std(mono) * 10 ** (generator.uniform(-15, 5) / 20)
        mono = _in_room(_equalised(mono, generator), rate, generator)
        if generator.random() < FILTERED:
            mono = without_drums(mono, rate)
        mono = mono + _noise(len(mono), generator) * np.std(mono) * 10 ** (-generator.uniform(15, 60) / 20)
    begin, end = (truth[name] / 1_000 * tuned for name in ("start", "end"))
    return levelled(mono, rate), heard(begin, end, truth["pitch"], truth["velocity"])


def without_drums(sound: np.ndarray, rate: int) -> np.ndarray:
    """What of (samples,) does not come suddenly (Fitzgerald, "Harmonic/percussive separation using median filtering", DAFx
    2010)."""
    size = round(SEPARATED_BY * rate)
    return librosa.effects.harmonic(sound, n_fft=size, hop_length=size // 4)


def truth_of(piece: Piece) -> np.ndarray:
    """All that is to be heard of a piece as notes of HEARD: without drums, under its pedal, of a pitch one at a time."""
    piece, _ = with_pedal(piece, "extend")
    notes = piece.notes[~piece.notes["drum"]].copy()
    for name in ("start", "end"):
        notes[name] = np.rint(1_000 * piece.seconds(notes[name]))
    notes = once_each(notes)
    return heard(notes["start"] / 1_000, notes["end"] / 1_000, notes["pitch"], notes["velocity"])


def levelled(sound: np.ndarray, rate: int) -> np.ndarray:
    """Brought to LEVEL; silence stays silence."""
    loudest = loudness(sound, rate)
    return (sound * (LEVEL / loudest if loudest > 0 else 1.0)).astype(np.float32)


def loudness(sound: np.ndarray, rate: int) -> float:
    """RMS of the loudest half second of (samples,)."""
    size = rate // 2
    parts = [sound[first : first + size] for first in range(0, len(sound), size)]
    return max((float(np.sqrt(np.square(part, dtype=np.float64).sum() / size)) for part in parts), default=0.0)


def once_each(notes: np.ndarray) -> np.ndarray:
    """Notes of NOTE as one instrument of keys has them: of a pitch one at a time, each until the next one begins."""
    kept: list[np.ndarray] = []
    for pitch in np.unique(notes["pitch"]):
        mine = notes[notes["pitch"] == pitch]
        mine = mine[np.argsort(mine["start"], kind="stable")]
        first = np.diff(mine["start"], prepend=-(1 << 40)) > 1_000 * TOGETHER
        group = np.cumsum(first) - 1
        one = mine[first].copy()
        np.maximum.at(one["end"], group, mine["end"])
        np.maximum.at(one["velocity"], group, mine["velocity"])
        one["end"][:-1] = np.minimum(one["end"][:-1], one["start"][1:])
        kept.append(one)
    return np.concatenate(kept) if kept else notes[:0]


def _excerpt(piece: Piece, generator: np.random.Generator, seconds: float) -> np.ndarray:
    """The notes of `seconds` of the piece, of which one is its first, in milliseconds from there on."""
    start, end = piece.seconds(piece.notes["start"]), piece.seconds(piece.notes["end"])
    last = start.max(initial=0.0) - seconds
    begins = start[start <= max(last, start.min(initial=0.0))]
    begin = generator.choice(begins) if len(begins) else 0.0
    inside = (start >= begin) & (start < begin + seconds)
    notes = piece.notes[inside].copy()
    notes["start"] = np.rint(1_000 * (start[inside] - begin + 0.1))
    notes["end"] = np.rint(1_000 * (np.minimum(end[inside], begin + seconds) - begin + 0.1))
    return notes


def _varied(notes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Other pitches, velocities and instruments."""
    drums = notes["drum"]
    notes = notes if generator.random() < DRUMS and not drums.all() else notes[~drums]
    pitched = ~notes["drum"]
    count = int(pitched.sum())
    if generator.random() < SCATTERED:
        pitches = generator.integers(LOWEST, LOWEST + PITCHES, count)
    else:
        pitches = notes["pitch"][pitched].astype(int) + generator.integers(-TRANSPOSED, TRANSPOSED + 1)
    notes["pitch"][pitched] = np.clip(pitches, 0, 127)
    loud = generator.uniform(50, 100) + generator.uniform(0, 25) * generator.standard_normal(count)
    notes["velocity"][pitched] = np.clip(loud, 20, 127)
    kind = generator.random()
    if kind < PIANO:
        notes["program"][pitched] = generator.choice([0, 0, 0, 1, 2])
    elif kind < PIANO + MIXED:
        parts = notes["track"][pitched].astype(int) * 128 + notes["program"][pitched]
        _, part = np.unique(parts, return_inverse=True)
        notes["program"][pitched] = generator.integers(0, PITCHED, part.max(initial=0) + 1)[part]
    return notes


def _tones(notes: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Sines with few overtones or none, as whistles and flutes have, that swell or begin at once, and last or die away."""
    attack, release, dies = generator.uniform(0.004, 0.12), generator.uniform(0.01, 0.1), generator.uniform(-2, 4)
    overtones = max(0.0, generator.uniform(-0.3, 0.4))
    sound = np.zeros(round(STUDIO * (notes["end"].max() / 1_000 + release)) + 2, np.float32)
    for note in notes:
        length = (note["end"] - note["start"]) / 1_000
        time = np.arange(round(STUDIO * (length + release))) / STUDIO
        envelope = np.minimum(time / attack, 1) * np.clip((length + release - time) / release, 0, 1)
        phase = 2 * np.pi * (float(frequency(int(note["pitch"]))) * time + generator.random())
        wave = sum(overtones**above * np.sin((1 + above) * phase) for above in range(1 + OVERTONES))
        begin = round(STUDIO * note["start"] / 1_000)
        sound[begin : begin + len(time)] += note["velocity"] / 127 * envelope * np.exp(-max(0.0, dies) * time) * wave
    return sound / max(float(np.abs(sound).max()), 1e-9)


def _voice(samples: int, rate: int, generator: np.random.Generator) -> np.ndarray:
    """Syllables of standard deviation 1, whose pitch never stays: pulses through three formants, and hisses between them."""
    time = np.arange(samples) / rate
    knots = np.arange(0, time[-1] + 0.2, generator.uniform(0.08, 0.2))
    glide = generator.uniform(90, 260) * 2 ** np.interp(time, knots, generator.normal(0, 0.25, len(knots)))
    pulses = np.fft.rfft(np.diff(np.floor(np.cumsum(glide) / rate), prepend=0))
    hertz = np.fft.rfftfreq(samples, 1 / rate)
    centres = (generator.uniform(300, 900), generator.uniform(900, 2_200), generator.uniform(2_200, 3_000))
    voice = np.fft.irfft(pulses * sum(1 / (1 + ((hertz - centre) / 100) ** 2) for centre in centres), samples)
    syllables = np.sin(2 * np.pi * generator.uniform(2, 6) * time)
    voice *= np.maximum(syllables, 0) / max(float(np.std(voice)), 1e-12)
    voice += generator.uniform(0, 0.3) * generator.standard_normal(samples) * np.maximum(-syllables, 0)
    return voice / max(float(np.std(voice)), 1e-12)


def _sum(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Of two sounds, the shorter one followed by silence."""
    size = max(len(one), len(other))
    return np.pad(one, (0, size - len(one))) + np.pad(other, (0, size - len(other)))


def _equalised(sound: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A tilt and broad bumps of its spectrum, of some dB."""
    spectrum = np.fft.rfft(sound)
    octaves = np.log2(np.maximum(np.arange(len(spectrum)), 1) / len(spectrum))
    knots = generator.uniform(0, 4) * generator.standard_normal(9)
    gain = generator.uniform(-2, 2) * (octaves + 5) + np.interp(octaves, np.arange(-8, 1), knots)
    return np.fft.irfft(spectrum * 10 ** (np.clip(gain, -24, 12) / 20), len(sound)).astype(np.float32)


def _in_room(sound: np.ndarray, rate: int, generator: np.random.Generator) -> np.ndarray:
    """With a noise that dies away, as a room answers; half of the excerpts stay dry."""
    dies, wet = generator.uniform(0.1, ROOM), generator.uniform(-20, -4)
    if generator.random() < 0.5:
        return sound
    time = np.arange(round(1.5 * dies * rate)) / rate
    answer = generator.standard_normal(len(time)) * 10 ** (-3 * time / dies)
    answer *= 10 ** (wet / 20) / np.sqrt(np.square(answer).sum())
    answer[0] += 1
    size = len(sound) + len(answer)
    return np.fft.irfft(np.fft.rfft(sound, size) * np.fft.rfft(answer, size), size)[: len(sound)].astype(np.float32)


def _noise(samples: int, generator: np.random.Generator) -> np.ndarray:
    """Of standard deviation 1, from white to falling by 6 dB an octave."""
    spectrum = np.fft.rfft(generator.standard_normal(samples))
    spectrum /= np.maximum(np.arange(len(spectrum)), 20) ** generator.uniform(0, 1)
    noise = np.fft.irfft(spectrum, samples)
    return (noise / max(float(np.std(noise)), 1e-12)).astype(np.float32)
