"""Recordings to notes: a run of transcription beside basic-pitch 0.4, where that is installed, on the same renderings.

Excerpts of 20 s of the run's held-out pieces, played as a piano by the built-in synthesiser and by each SoundFont, and by
other instruments by the last of these. basic-pitch (Apache-2.0) asks for an old TensorFlow, but its ONNX file runs without:

    python -m pip install --no-deps --target PEER basic-pitch==0.4.0 pretty_midi resampy
    PYTHONPATH=PEER python -m benchmarks.transcription --run RUN --soundfont one.sf2 another.sf2

Its own thresholds stand beside those that find most onsets on pieces of the validation part. F1 by mir_eval: pitch and onset
within 50 ms; the offset, too; pitches every 10 ms; mean of the pieces. Seconds are of one CPU core for a minute of sound.
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.cli import log, run
from training.options import Count

if TYPE_CHECKING:
    import numpy as np

    from midi.notes import Piece
    from transfer.transcription.measures import Figures

RATE = 44_100
"""Hz of the renderings, of which each network gets its own."""
INSTRUMENTS = {"guitar": 25, "strings": 48, "flute": 73}
"""Besides the piano."""
TUNED = (0.3, 0.4, 0.5, 0.6, 0.7)
"""Onset thresholds of basic-pitch that are tried."""


@dataclass(frozen=True)
class Options:
    """What is compared on what."""

    run: Path | None = None
    """Run of transcription; by default the one that ships."""
    data: Path | None = None
    """Where its files are now, if they have moved; demo pieces if it was trained on them."""
    soundfont: tuple[Path, ...] = ()
    """SoundFonts, seen in training or not."""
    pieces: Count = 10
    """Held-out pieces at most, from all of them evenly."""


def main(options: Options) -> None:
    """Print the table."""
    from midi.synthesis.rendering import BUILT_IN
    from transfer.pretrained import path as shipped
    from transfer.transcription.data import checked_soundfonts, held_out

    where = options.run or shipped()
    fonts = ["", *checked_soundfonts(options.soundfont)]
    pieces = {part: _evenly(held_out(where, part, options.data), options.pieces) for part in ("validation", "test")}
    ways: dict[str, Any] = {"ours": Ours(where)}
    if importlib.util.find_spec("basic_pitch"):
        ways |= {"basic-pitch": Peer(0.5), "basic-pitch, tuned": Peer(_tuned(pieces["validation"]))}
    else:
        log("basic-pitch is not installed: see the module's docstring")
    print("| player | instrument | network | onset F1 | onset and offset F1 | frame F1 | CPU s a minute |\n|" + "---|" * 7)
    cases = [(font, "piano", 0) for font in fonts] + [(fonts[-1], name, program) for name, program in INSTRUMENTS.items()]
    for font, name, program in cases:
        excerpts = list(_excerpts(pieces["test"], font, program))
        for way, network in ways.items():
            found, seconds = _scored(network, excerpts)
            figures = f"{found.onset_f1:.3f} | {found.offset_f1:.3f} | {found.frame_f1:.3f}"
            print(f"| {Path(font).stem or BUILT_IN} | {name} | {way} | {figures} | {seconds:.2f} |", flush=True)


class Ours:
    """A run of transcription."""

    def __init__(self, where: Path) -> None:
        from transfer.transcription.transcriber import Transcriber

        self.transcriber = Transcriber(where)

    def __call__(self, sound: np.ndarray) -> np.ndarray:
        """The notes of HEARD of a sound at RATE."""
        import soxr

        sound = soxr.resample(sound, RATE, self.transcriber.config.rate)
        return self.transcriber.notes(self.transcriber.stream([sound]))


class Peer:
    """basic-pitch, with its own settings but for the threshold of onsets."""

    def __init__(self, threshold: float) -> None:
        from basic_pitch.inference import Model  # type: ignore[import-not-found]

        place = Path(importlib.util.find_spec("basic_pitch").origin).parent  # type: ignore[union-attr,arg-type]
        self.threshold, self.model = threshold, Model(place / "saved_models" / "icassp_2022" / "nmp.onnx")

    def __call__(self, sound: np.ndarray) -> np.ndarray:
        """The notes of HEARD of a sound at RATE."""
        import contextlib
        import io

        import numpy as np
        from basic_pitch.inference import predict  # type: ignore[import-not-found]

        from spectro.audio import write
        from transfer.transcription.notes import heard

        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            write(Path(folder, "sound.wav"), sound, RATE, "FLOAT")
            events = predict(Path(folder, "sound.wav"), self.model, onset_threshold=self.threshold)[2]
        onset, offset, pitch, amplitude = (np.array([event[column] for event in events]) for column in range(4))
        return heard(onset, offset, pitch, np.rint(127 * amplitude))


def _evenly(pieces: list[Piece], count: int) -> list[Piece]:
    """At most `count` of them, the first and the last among them."""
    count = min(count, len(pieces))
    return [pieces[round(number * (len(pieces) - 1) / max(count - 1, 1))] for number in range(count)]


def _tuned(pieces: list[Piece]) -> float:
    """The onset threshold with which basic-pitch finds most on validation pieces by the built-in synthesiser."""
    excerpts = list(_excerpts(pieces[:8], "", 0))
    return max(TUNED, key=lambda threshold: _scored(Peer(threshold), excerpts)[0].onset_f1)


def _excerpts(pieces: list[Piece], font: str, program: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """(sound at RATE, true notes) of each piece."""
    import numpy as np

    from transfer.transcription.rendering import rendered

    how = {"rate": RATE, "seconds": 20.0, "soundfonts": [font] if font else [], "instruments": program}
    for number, piece in enumerate(pieces):
        sound, true = rendered(piece, np.random.default_rng([1, number]), **how)
        if len(true):
            yield sound, true


def _scored(network: Any, excerpts: list[tuple[np.ndarray, np.ndarray]]) -> tuple[Figures, float]:
    """(mean figures, CPU seconds a minute of sound)."""
    from transfer.transcription.measures import figures, mean

    begin, found = time.process_time(), [network(sound) for sound, _ in excerpts]
    seconds = (time.process_time() - begin) / sum(len(sound) / RATE / 60 for sound, _ in excerpts)
    return mean(figures(true, one) for (_, true), one in zip(excerpts, found, strict=True)), seconds


if __name__ == "__main__":
    run(main, Options, keras=True)
