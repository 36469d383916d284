"""A picture that comes column by column -> sound, in pieces, in constant memory and without a seam.

Each piece is rebuilt by Griffin-Lim together with the last columns of the one before (the context). In the context the
phase starts from the sound that is there already, so both pieces say the same there and can be cross-faded: what is
played twice is nearly equal, neither clicks nor cancels.
"""

from __future__ import annotations

import numpy as np

from spectro.heap import heap_phase
from spectro.inversion import griffin_lim
from spectro.stft import SpectrogramSetting
from transfer.style.settings import Recipe
from transfer.style.tiles import edge


class Rebuilder:
    """Magnitudes in by `add`, samples out; `error_db` afterwards is what the whole inversion missed.

    samples: the length of the whole sound, which says where its last column is.
    """

    def __init__(self, setting: SpectrogramSetting, samples: int, recipe: Recipe, seed: int) -> None:
        self.setting, self.samples, self.recipe = setting, samples, recipe
        self.random = np.random.default_rng(seed)
        self.margin = 2 * edge(setting)
        self.context = 4 * self.margin
        self.first = 0  # the column where the next piece starts, context included
        self.magnitude = self.phases = self.held = None
        self.missed = self.wanted = 0.0

    @property
    def error_db(self) -> float | None:
        """20 log10(|| |STFT(sound)| - S || / ||S||), over all columns so far; None for silence, or for perfection."""
        return None if not self.missed or not self.wanted else float(10 * np.log10(self.missed / self.wanted))

    def add(self, magnitude: np.ndarray, content: np.ndarray, painted: bool = True) -> np.ndarray:
        """The next columns (channels, rows, n) -> the samples (channels, any) that are final by now.

        content: the content's spectrum there, for its phase. painted: False where the magnitude is the content's own; its
        phase then is right as it is.
        """
        before = 0 if self.magnitude is None else self.context
        if before:
            magnitude = np.concatenate([self.magnitude, magnitude], axis=-1)
        phases = self._start(magnitude, content, before) if painted else np.angle(content)
        if before:
            phases = np.concatenate([self.phases, phases], axis=-1)
        columns = magnitude.shape[-1]
        last = self.first + columns >= self.setting.frames(self.samples)
        length = self.samples - self.first * self.setting.hop if last else self.setting.samples(columns)
        signal = griffin_lim(
            self._cut(magnitude, phases, length, last),
            self.setting,
            length=length,
            start=phases,
            iterations=self.recipe.inversion_iterations if painted else 0,
            momentum=0 if self.recipe.phase == "content" else 0.99,
        )
        signal = self._joined(signal)
        spectrum = self.setting.analyse(signal)
        self._measure(np.abs(spectrum), magnitude, last)
        if last:
            return signal
        keep = columns - self.context
        self.magnitude, self.phases = magnitude[..., keep:], np.angle(spectrum[..., keep:])
        if self.recipe.phase == "content" or not painted:  # a recording's phases are better than those at a cut
            self.phases[..., -self.margin :] = phases[..., -self.margin :]
        self.held = signal[:, keep * self.setting.hop :]
        self.first += keep
        return signal[:, : keep * self.setting.hop]

    def _start(self, magnitude: np.ndarray, content: np.ndarray, before: int) -> np.ndarray:
        """Phases for the columns of `content`; magnitude: of these and of `before` columns of context."""
        if self.recipe.phase == "content":
            return np.angle(content)
        if self.recipe.phase == "random":
            return self.random.uniform(-np.pi, np.pi, content.shape).astype(np.float32)
        phases = heap_phase(magnitude, self.setting, int(self.random.integers(2**31)))
        if before:  # each row goes on from where it was, weighted by how loud it was there
            turn = magnitude[..., :before] ** 2 * np.exp(1j * (self.phases - phases[..., :before]))
            phases += np.angle(turn.sum(axis=-1, keepdims=True))
        return phases[..., before:]

    def _cut(self, magnitude: np.ndarray, phases: np.ndarray, length: int, last: bool) -> np.ndarray:
        """The magnitude, but where the sound goes on beyond the piece, as the piece's own sound has it.

        Windows over a cut hear silence behind it. Asked for the uncut magnitude there, Griffin-Lim would bend the phases of
        the whole piece to come nearer to what cannot be.
        """
        cut = np.abs(self.setting.analyse(self.setting.synthesise(magnitude * np.exp(1j * phases), length)))
        reach = edge(self.setting)
        if self.held is None:
            cut[..., :-reach] = magnitude[..., :-reach]
        else:
            cut[..., reach:-reach] = magnitude[..., reach:-reach]
        if last:
            cut[..., -reach:] = magnitude[..., -reach:]
        return cut

    def _joined(self, signal: np.ndarray) -> np.ndarray:
        """Fade from the sound before to this piece, away from both pieces' edges, which lack their neighbours."""
        if self.held is not None:
            shared = min(self.held.shape[1], signal.shape[1])
            inside = (self.context - 2 * self.margin) * self.setting.hop
            ramp = np.clip((np.arange(shared) - self.margin * self.setting.hop + 0.5) / inside, 0, 1).astype(np.float32)
            signal[:, :shared] = (1 - ramp) * self.held[:, :shared] + ramp * signal[:, :shared]
        return signal

    def _measure(self, found: np.ndarray, magnitude: np.ndarray, last: bool) -> None:
        """Count each column once, where both its neighbours are there."""
        begin = 0 if self.held is None else self.margin
        end = magnitude.shape[-1] if last else magnitude.shape[-1] - self.context + self.margin
        inside = (..., slice(begin, end))
        self.missed += float(np.sum((found[inside] - magnitude[inside]) ** 2, dtype=np.float64))
        self.wanted += float(np.sum(magnitude[inside] ** 2, dtype=np.float64))
