"""Send recordings through a trained transfer model: 16-bit WAV files of the same length, at the model's sample rate.

Windows overlap and are faded into each other, so that there are no clicks; memory does not grow with the length. Beside each
result, <its name>.json tells how it was made.
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
    """Recordings of any length, rate and number of channels."""
    output: Path = Path("transferred")
    """Folder for the results, named like the files, or the name of a .wav file if there is but one."""
    overlap: float = 0.125
    """Share of a window that the next one repeats, 0 to 0.5; 0 makes clicks."""
    force: bool = False
    """Overwrite results that exist."""


def main(options: Options) -> None:
    """Send every file through, print the paths of the results."""
    from training.cli import InputError, tell
    from transfer.application import Application, targets_of

    application = Application(options.run, options.overlap)
    failed = []
    for source, target in targets_of(options.files, options.output, options.force):
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
