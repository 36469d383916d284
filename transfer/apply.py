"""Send whole files through a trained transfer model.

hilbert_autoencoder: recordings into 16-bit WAV files of the same length, at the model's sample rate; windows overlap and are
faded into each other, so that there are no clicks, and memory does not grow with the length. dtn: MIDI files into MIDI files
of as many bars, with the same tempos, time signatures and drums. Beside each result, <its name>.json tells how it was made.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from training.cli import run


@dataclass(frozen=True)
class Options:
    """What to send through what."""

    run: tyro.conf.Positional[Path]
    """Run directory of a transfer model."""
    files: tyro.conf.Positional[tuple[Path, ...]]
    """Recordings of any length, rate and number of channels, or MIDI files, as the model takes them."""
    output: Path = Path("transferred")
    """Folder for the results, named like the files, or the name of a .wav or .mid file if there is but one."""
    overlap: float = 0.125
    """Share of a window that the next one repeats, 0 to 0.5; 0 makes clicks. dtn: at least that, since windows lie
    whole bars apart."""
    strength: float = 1.0
    """From 0, the source as it is, to 1, what the model makes of it. Recordings are mixed. dtn: a cell of a black and white
    picture follows the model where it is sure of it, of a wanted certainty of 1 - strength; other pictures are mixed."""
    force: bool = False
    """Overwrite results that exist."""


def main(options: Options) -> None:
    """Send every file through, print the paths of the results."""
    from training.cli import InputError, tell
    from transfer.application import open_application, targets_of

    application = open_application(options.run, options.overlap, options.strength)
    failed = []
    for source, target in targets_of(options.files, options.output, options.force, application.suffix):
        try:
            application.write(source, target, asdict(options))
            print(target, flush=True)
        except (InputError, FileNotFoundError) as error:
            failed.append(str(error))
            if len(options.files) > 1:
                tell(f"error: {error}")
    if failed:
        raise InputError(failed[0] if len(options.files) == 1 else f"{len(failed)} of {len(options.files)} files failed")


if __name__ == "__main__":
    run(main, Options, keras=True)
