"""Write down what is played in recordings: sound in, MIDI out.

`python -m transfer.transcribe song.wav --output song.mid`. Beside each result, <its name>.json has every note with its
confidence, and <its name>.png shows the spectrogram, what the network hears in it, and the notes. It hears pitched
instruments; drums are not transcribed (--harmonic takes them out before). A recording that cannot be used is one line, and
the others go on; the exit status is then 1.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from training.batch import Batch
from training.cli import run

if TYPE_CHECKING:
    from transfer.transcription.options import TranscribeOptions


def options_for(arguments: list[str]) -> type[TranscribeOptions]:
    """The options, imported when the command runs and not when this module is."""
    from transfer.transcription.options import TranscribeOptions

    return TranscribeOptions


def main(options: TranscribeOptions) -> None:
    """Write every recording down, print the paths of the results."""
    from transfer.contract import targets_of
    from transfer.pretrained import path as shipped
    from transfer.transcription.application import Application

    targets = targets_of(options.files, options.output, options.force, Application.suffix)
    application = Application(options.run or shipped(), manner=options)
    batch = Batch("transcribed", len(targets))
    for source, target in targets:
        with batch.one(source):
            application.write(source, target, asdict(options))
            print(target, flush=True)
    batch.end()


if __name__ == "__main__":
    run(main, options_for, keras=True)
