"""Send whole files through a trained transfer model.

hilbert_autoencoder: recordings into 16-bit WAV files of the same length, at the model's sample rate; windows overlap and are
faded into each other, so that there are no clicks, and memory does not grow with the length. dtn: MIDI files into MIDI files
of as many bars, with the same tempos, time signatures and drums. Beside each result, <its name>.json tells how it was made.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from training.batch import Batch
from training.cli import run

if TYPE_CHECKING:
    from transfer.contract import ApplyOptions


def options_for(arguments: list[str]) -> type[ApplyOptions]:
    """The options, imported when the command runs and not when this module is."""
    from transfer.contract import ApplyOptions

    return ApplyOptions


def main(options: ApplyOptions) -> None:
    """Send every file through, print the paths of the results."""
    from transfer.contract import open_application, targets_of

    application = open_application(options.run, options.overlap, options.strength)
    batch = Batch("transferred", len(options.files))
    for source, target in targets_of(options.files, options.output, options.force, application.suffix):
        with batch.one(source):
            application.write(source, target, asdict(options))
            print(target, flush=True)
    batch.end()


if __name__ == "__main__":
    run(main, options_for, keras=True)
