"""Where a style writes its notes: parts, accents, swing and the tempo map."""

from __future__ import annotations

import numpy as np

from midi.notes import SIGNATURE, TEMPO, Piece, make_piece, note_table

DIVISION = 480
"""Ticks in a quarter note of the demo pieces."""
DRUMS = {"kick": 36, "rim": 37, "snare": 38, "clap": 39, "closed": 42, "pedal": 44, "open": 46, "crash": 49, "ride": 51,
         "low tom": 45, "high tom": 50, "shaker": 70, "brush": 40}  # fmt: skip
"""General MIDI keys of the drums that the styles use."""
LOUDNESS = {"X": 22, "x": 8, "o": -14}
"""What the marks of a drum pattern add to the velocity of the part."""


class Score:
    """A piece being written. Times are quarters from its start."""

    def __init__(self, rng: np.random.Generator, meter: float, *, beat: float = 1.0, swing: float = 0.5) -> None:
        """meter: quarters in a bar. beat: quarters between accents. swing: place of the second eighth, 0.5 is straight."""
        self.rng, self.meter, self.beat, self.swing = rng, meter, beat, swing
        self.parts: list[tuple[int, bool, int]] = []
        self.rows: list[tuple[int, int, int, int, int]] = []

    def part(self, program: int, loudness: int = 76, *, drum: bool = False) -> int:
        """A new part: General MIDI program (0 to 127) and mean velocity; gives its number."""
        self.parts.append((int(program), drum, loudness))
        return len(self.parts) - 1

    def note(self, part: int, start: float, length: float, pitch: int, accent: int = 0) -> None:
        """A note; the beats of a bar are accented, phrases of four bars swell, no two notes are equally loud."""
        place = start % self.meter
        metric = 12 if place == 0 else 5 if place % self.beat == 0 else -3
        swell = 6 * np.sin(np.pi * (start / self.meter % 4) / 4)
        velocity = self.parts[part][2] + accent + metric + swell + self.rng.normal(0, 2.5)
        first, last = self._tick(start), self._tick(start + length)
        self.rows.append((part, int(pitch), first, max(last, first + 1), int(np.clip(round(velocity), 1, 127))))

    def chord(self, part: int, start: float, length: float, pitches: tuple[int, ...], accent: int = 0) -> None:
        """Several notes at once."""
        for pitch in pitches:
            self.note(part, start, length, pitch, accent)

    def drums(self, part: int, bar: int, patterns: dict[str, str]) -> None:
        """A bar of drums: one string a drum, its marks spread evenly over the bar; X loud, x normal, o soft."""
        for drum, pattern in patterns.items():
            step = self.meter / len(pattern)
            for place, mark in enumerate(pattern):
                if mark in LOUDNESS:
                    self.note(part, bar * self.meter + place * step, step, DRUMS[drum], LOUDNESS[mark])

    def piece(self, tempo: float, bars: int, signature: tuple[int, int], *, slowing: float = 1.0) -> Piece:
        """The piece at `tempo` quarters a minute; over its last two bars it slows down to `slowing` of that."""
        rows = np.array(_apart(self.rows), np.int64)
        part, pitch, start, end, velocity = rows.T
        program, drum = (np.array([entry[column] for entry in self.parts])[part] for column in (0, 1))
        notes = note_table(
            len(rows), start=start, end=end, pitch=pitch, velocity=velocity, program=program, drum=drum, track=part
        )
        tempos = [(0, round(60e6 / tempo))]
        if slowing < 1:
            slowed = np.arange(max(0, (bars - 2) * self.meter), bars * self.meter)
            pace = np.linspace(1, slowing, len(slowed) + 1)[1:]
            tempos += [(round(at * DIVISION), round(60e6 / tempo / by)) for at, by in zip(slowed, pace, strict=True)]
        return make_piece(notes, DIVISION, np.array(tempos, TEMPO), np.array([(0, *signature)], SIGNATURE))

    def _tick(self, quarters: float) -> int:
        """Swung: the first half of a quarter takes up `swing` of it."""
        whole, part = divmod(quarters, 1)
        late = part * 2 * self.swing if part < 0.5 else 2 * self.swing - 1 + part * 2 * (1 - self.swing)
        return round((whole + late) * DIVISION)


def _apart(rows: list[tuple[int, int, int, int, int]]) -> list[tuple[int, int, int, int, int]]:
    """No note twice, and none that still sounds when its part strikes the same pitch again."""
    kept: list[tuple[int, int, int, int, int]] = []
    for row in sorted(rows):
        part, pitch, start, end, velocity = row
        if kept and kept[-1][:2] == (part, pitch):
            if kept[-1][2] == start:
                kept[-1] = (part, pitch, start, max(end, kept[-1][3]), max(velocity, kept[-1][4]))
                continue
            kept[-1] = (*kept[-1][:3], min(kept[-1][3], start), kept[-1][4])
        kept.append(row)
    return kept
