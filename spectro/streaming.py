"""Columns that come piece by piece -> sound, in constant memory and without a seam.

Each piece is rebuilt by Griffin-Lim together with the last columns of the one before (the context). There the phases start
from the sound that is there already, so that both pieces say nearly the same and can be cross-faded.
"""

from __future__ import annotations

import numpy as np

from spectro.heap import heap_phase
from spectro.inversion import griffin_lim
from spectro.stft import SpectrogramSetting

ITERATIONS = 50
"""Of Griffin-Lim, for each piece."""
NOTHING = np.zeros(0, np.float32)


class Rebuild:
    """Magnitudes in by `add`, samples out; `finish` gives what was held back.

    sound: (samples,) float32 that the columns go on from, after the last of its `whole_columns`; by default silence.
    lead: how many samples of that sound, up to its last whole column, come out first: the seam lies within them.
    """

    def __init__(
        self, setting: SpectrogramSetting, sound: np.ndarray = NOTHING, seed: int = 0, iterations: int = ITERATIONS
    ) -> None:
        self.setting, self.iterations = setting, iterations
        self.random = np.random.default_rng(seed)
        self.edge = edge(setting)
        self.context = 8 * self.edge
        self.lead = (self.context - 1) * setting.hop
        most = (self.context + 2 * self.edge) * setting.hop
        last = max(0, whole_columns(setting, len(sound)) - 1) * setting.hop  # sample at which the last whole column stands
        around = np.pad(sound, (most, setting.n_fft))[last:][: most + setting.n_fft // 2]  # it stands at `most` now
        first = most - self.lead
        spectrum = setting.analyse(around)[:, first // setting.hop :][:, : self.context]
        self.magnitude, self.phases = np.abs(spectrum), np.angle(spectrum)
        self.held = around[first : most + 1]

    def add(self, magnitude: np.ndarray) -> np.ndarray:
        """The next columns (rows, n) -> samples (n * hop,) that no later column will change."""
        magnitude = np.concatenate([self.magnitude, magnitude], axis=1)
        phases = self._start(magnitude)
        signal = self._joined(self._signal(magnitude, phases))
        keep = magnitude.shape[1] - self.context
        self.magnitude = magnitude[:, keep:]
        self.phases = np.angle(self.setting.analyse(signal)[:, keep:])
        self.phases[:, -self.edge :] = phases[:, -self.edge :]  # windows there reach beyond the piece
        self.held = signal[keep * self.setting.hop :]
        return signal[: keep * self.setting.hop]

    def finish(self) -> np.ndarray:
        """The samples up to the last column."""
        return self.held

    def _start(self, magnitude: np.ndarray) -> np.ndarray:
        """Phases by heap integration; each row goes on from where it was, weighted by how loud it was there."""
        before = self.context
        phases = heap_phase(magnitude, self.setting, int(self.random.integers(2**31)))
        turn = magnitude[:, :before] ** 2 * np.exp(1j * (self.phases - phases[:, :before]))
        phases += np.angle(turn.sum(axis=1, keepdims=True))
        phases[:, :before] = self.phases
        return phases

    def _signal(self, magnitude: np.ndarray, phases: np.ndarray) -> np.ndarray:
        """Griffin-Lim; where windows reach over the piece's ends it is asked for what the piece's own sound has there."""
        wanted = np.abs(self.setting.analyse(self.setting.synthesise(magnitude * np.exp(1j * phases))))
        inside = slice(self.edge, -self.edge)
        wanted[:, inside] = magnitude[:, inside]
        return griffin_lim(wanted, self.setting, start=phases, iterations=self.iterations)

    def _joined(self, signal: np.ndarray) -> np.ndarray:
        """Fade from the sound before to this piece, away from the ends of both."""
        shared, margin = len(self.held), 2 * self.edge * self.setting.hop
        ramp = np.clip((np.arange(shared) - margin + 0.5) / (shared - 2 * margin), 0, 1).astype(np.float32)
        signal[:shared] = (1 - ramp) * self.held + ramp * signal[:shared]
        return signal


def edge(setting: SpectrogramSetting) -> int:
    """Columns at a cut whose windows reach over it."""
    return -(-(setting.n_fft // 2) // setting.hop)


def whole_columns(setting: SpectrogramSetting, samples: int) -> int:
    """Columns of a sound whose windows do not reach over its end: 0 where it is shorter than half a window."""
    left = samples - setting.n_fft // 2
    return 1 + left // setting.hop if left >= 0 else 0
