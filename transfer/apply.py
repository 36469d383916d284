"""Send whole files through a trained transfer model.

hilbert_autoencoder: recordings into 16-bit WAV files of the same length, at the model's sample rate; windows overlap and are
faded into each other, so that there are no clicks, and memory does not grow with the length. dtn: MIDI files into MIDI files
of as many bars, with the same tempos, time signatures and drums. Beside each result, <its name>.json tells how it was made.
"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from training.batch import Batch
from training.cli import run
from training.errors import InputError

if TYPE_CHECKING:
    from transfer.contract import ApplyOptions


def options_for(arguments: list[str]) -> type[ApplyOptions]:
    """The options, imported when the command runs and not when this module is."""
    from transfer.contract import ApplyOptions

    return ApplyOptions


def main(options: ApplyOptions) -> None:
    """Send every file through, print the paths of the results."""
    from transfer.contract import open_application

    application = open_application(options.run, options.overlap, options.strength)
    batch = Batch("transferred", len(options.files))
    for source, target in targets_of(options.files, options.output, options.force, application.suffix):
        with batch.one(source):
            application.write(source, target, asdict(options))
            print(target, flush=True)
    batch.end()


def targets_of(files: tuple[Path, ...], output: Path, force: bool, suffix: str = ".wav") -> list[tuple[Path, Path]]:
    """(source, target) of every file; suffix: of the results.

    InputError: no file, one name for several, a result that exists or is a source.
    """
    from training.files import distinct, refuse_existing

    if not files:
        raise InputError("expected one file or more; received none")
    if output.suffix.lower() != suffix:
        targets = distinct([output / path.with_suffix(suffix).name for path in files])
    elif len(files) == 1:
        targets = [output]
    else:
        raise InputError(f"--output {output} names one file, but there are {len(files)}; give a folder")
    for target in targets:
        if target.resolve() in {path.resolve() for path in files}:
            raise InputError(f"{target} is an input and would be overwritten; give another --output")
        refuse_existing(target, force)
        target.parent.mkdir(parents=True, exist_ok=True)
    return list(zip(files, targets, strict=True))


if __name__ == "__main__":
    run(main, options_for, keras=True)
