"""Magnitude columns that come piece by piece -> sound, in constant memory and without a seam.

Each piece is inverted by Griffin-Lim together with the last columns of the one before (the context). There the phases
start from the sound that exists already, so that both pieces are nearly equal in the context, and a cross-fade neither
clicks nor cancels.
"""

from __future__ import annotations

import os
import tempfile
from typing import Literal

import numpy as np

from spectro.heap import heap_phase
from spectro.inversion import griffin_lim
from spectro.stft import SpectrogramSetting

ITERATIONS = 50
"""Of Griffin-Lim, for each piece."""
NOTHING = np.zeros(0, np.float32)


class StreamingGriffinLim:
    """Magnitudes (..., rows, columns) in by `add`, samples (..., any) out that no later column will change.

        stream = StreamingGriffinLim(setting, sound)
        after = np.concatenate([*(stream.add(magnitude) for magnitude in pieces), stream.finish()])

    samples: length of the whole sound, whose columns come from the first to the last; the last piece gives all that is left.
    None: columns go on from `sound`, after the last of its `whole_columns`, until `finish`.
    sound: (samples,) float32 to go on from; by default silence.
    seed: of random phases. momentum: as `spectro.inversion.griffin_lim`'s.
    """

    def __init__(
        self, setting: SpectrogramSetting, sound: np.ndarray = NOTHING, *,
        samples: int | None = None, seed: int = 0, iterations: int = ITERATIONS, momentum: float = 0.99,
    ) -> None:  # fmt: skip
        self.setting, self.samples, self.iterations, self.momentum = setting, samples, iterations, momentum
        self.random = np.random.default_rng(seed)
        self.edge = edge(setting)
        self.context = 8 * self.edge
        self.lead = (self.context - 1) * setting.hop
        """Samples of the sound gone on from, up to its last whole column, that come out first: the seam lies within them."""
        self.first = 0  # column at which the next piece begins, context included
        self.magnitude = self.phases = self.held = None  # of the context
        self.missed = self.wanted = 0.0
        if samples is None:
            self._go_on_from(sound)

    def _go_on_from(self, sound: np.ndarray) -> None:
        """Take the last whole columns of a sound for context."""
        hop, n_fft = self.setting.hop, self.setting.n_fft
        reach = (self.context + 2 * self.edge) * hop
        last = max(0, whole_columns(self.setting, len(sound)) - 1) * hop  # sample at which the last whole column stands
        around = np.pad(sound, (reach, n_fft))[last:][: reach + n_fft // 2]  # it stands at `reach` now
        first = reach - self.lead
        spectrum = self.setting.analyse(around)[:, first // hop :][:, : self.context]
        self.magnitude, self.phases = np.abs(spectrum), np.angle(spectrum)
        self.held = around[first : reach + 1]

    @property
    def error_db(self) -> float | None:
        """20 log10(|| |STFT(sound)| - S || / ||S||) over all columns so far; None for silence, or for perfection."""
        return None if not self.missed or not self.wanted else float(10 * np.log10(self.missed / self.wanted))

    def add(
        self, magnitude: np.ndarray, start: Literal["heap", "random"] | np.ndarray = "heap", iterations: int | None = None
    ) -> np.ndarray:
        """The next columns -> the samples that are final by now.

        start: their first phases, as `spectro.inversion.griffin_lim` takes them; an array: those of a recording, in radians.
        iterations: instead of the usual; 0 takes the phases as they are.
        """
        before = 0 if self.magnitude is None else self.context
        if before:
            magnitude = np.concatenate([self.magnitude, magnitude], axis=-1)
        phases = self._first_phases(magnitude, start, before)
        columns = magnitude.shape[-1]
        last = self.samples is not None and self.first + columns >= self.setting.frames(self.samples)
        length = self.samples - self.first * self.setting.hop if last else self.setting.samples(columns)
        signal = self._joined(self._inverted(magnitude, phases, length, last, iterations))
        spectrum = self.setting.analyse(signal)
        self._measure(np.abs(spectrum), magnitude, last)
        return signal if last else self._hold(signal, spectrum, magnitude, phases, self._uncertain(start))

    def finish(self) -> np.ndarray:
        """The samples up to the last column, where the length of the whole is not known."""
        return self.held

    def _hold(
        self, signal: np.ndarray, spectrum: np.ndarray, magnitude: np.ndarray, phases: np.ndarray, uncertain: int
    ) -> np.ndarray:
        """Hold the last columns back as the next piece's context; the samples before them. uncertain: see `_uncertain`."""
        keep = magnitude.shape[-1] - self.context
        self.magnitude, self.phases = magnitude[..., keep:], np.angle(spectrum[..., keep:])
        if uncertain:
            self.phases[..., -uncertain:] = phases[..., -uncertain:]
        self.held = signal[..., keep * self.setting.hop :]
        self.first += keep
        return signal[..., : keep * self.setting.hop]

    def _first_phases(self, magnitude: np.ndarray, start: str | np.ndarray, before: int) -> np.ndarray:
        """Phases for all columns: those of the context are its sound's."""
        if not isinstance(start, str):
            phases = start
        elif start == "random":
            shape = (*magnitude.shape[:-1], magnitude.shape[-1] - before)
            phases = self.random.uniform(-np.pi, np.pi, shape).astype(np.float32)
        else:
            phases = self._heap_phases(magnitude, before)
        return np.concatenate([self.phases, phases], axis=-1) if before else phases

    def _heap_phases(self, magnitude: np.ndarray, before: int) -> np.ndarray:
        """By heap integration; each row goes on from where it was, weighted by how loud it was there."""
        phases = heap_phase(magnitude, self.setting, int(self.random.integers(2**31)))
        if before:
            turn = magnitude[..., :before] ** 2 * np.exp(1j * (self.phases - phases[..., :before]))
            phases += np.angle(turn.sum(axis=-1, keepdims=True))
        return phases[..., before:]

    def _inverted(
        self, magnitude: np.ndarray, phases: np.ndarray, length: int, last: bool, iterations: int | None
    ) -> np.ndarray:
        """Griffin-Lim; where windows reach over the piece's ends it is asked for what the piece's own sound has there.

        Windows over a cut hear silence behind it. Asked for the uncut magnitude there, Griffin-Lim would bend the phases of
        the whole piece to come nearer to what cannot be.
        """
        own = np.abs(self.setting.analyse(self.setting.synthesise(magnitude * np.exp(1j * phases), length)))
        inside = slice(0 if self.held is None else self.edge, None if last else -self.edge)
        own[..., inside] = magnitude[..., inside]
        return griffin_lim(
            own,
            self.setting,
            length=length,
            start=phases,
            iterations=self.iterations if iterations is None else iterations,
            momentum=self.momentum,
        )

    def _uncertain(self, start: str | np.ndarray) -> int:
        """Columns before a cut that go on with the phases they started from: windows there reach beyond the piece.

        A recording's phases are better than any that were found near a cut.
        """
        if not isinstance(start, str):
            return 2 * self.edge
        return self.edge if self.samples is None else 0

    def _joined(self, signal: np.ndarray) -> np.ndarray:
        """Fade from the sound before to this piece, away from the ends of both, which lack their neighbours."""
        if self.held is None:
            return signal
        margin, held = 2 * self.edge * self.setting.hop, self.held.shape[-1]
        shared = min(held, signal.shape[-1])
        inside = (held if self.samples is None else self.context * self.setting.hop) - 2 * margin
        ramp = np.clip((np.arange(shared) - margin + 0.5) / inside, 0, 1).astype(np.float32)
        signal[..., :shared] = (1 - ramp) * self.held[..., :shared] + ramp * signal[..., :shared]
        return signal

    def _measure(self, found: np.ndarray, magnitude: np.ndarray, last: bool) -> None:
        """Count each column once, where both its neighbours are there."""
        margin = 2 * self.edge
        end = magnitude.shape[-1] - (0 if last else self.context - margin)
        inside = (..., slice(0 if self.held is None else margin, end))
        self.missed += float(np.sum((found[inside] - magnitude[inside]) ** 2, dtype=np.float64))
        self.wanted += float(np.sum(magnitude[inside] ** 2, dtype=np.float64))


def edge(setting: SpectrogramSetting) -> int:
    """Columns at a cut whose windows reach over it."""
    return -(-(setting.n_fft // 2) // setting.hop)


def whole_columns(setting: SpectrogramSetting, samples: int) -> int:
    """Columns of a sound whose windows do not reach over its end: 0 where it is shorter than half a window."""
    left = samples - setting.n_fft // 2
    return 1 + left // setting.hop if left >= 0 else 0


def scratch_array(folder: str | os.PathLike, shape: tuple[int, int]) -> np.ndarray:
    """A float32 array of zeros in an unnamed file in `folder`, so that a long result need not fit in memory.

    OSError if the disk is too full: its place is taken now, not during the work.
    """
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(shape[0]):
            for start in range(0, shape[1], 1 << 20):
                file.write(bytes(4 * min(1 << 20, shape[1] - start)))
        file.flush()
        return np.memmap(file, np.float32, "r+", shape=shape)
