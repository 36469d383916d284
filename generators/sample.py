"""Make music from a trained generator, go on with a piece or fill it in, streamed to disk; the same command after a kill
goes on. Without a run a model that ships goes on with --primer, MIDI or sound, or composes.

Items are numbered; item i of seed s is the same whenever it is made on the same kind of device, alone (--items) or with
others. The output folder gets one folder a format, manifest.csv (one row an item), sample.json, and sheet.png to look at.
RUN --help tells what its model can be asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from training.cli import run

if TYPE_CHECKING:
    from generators.contract import SampleOptions


def main(options: SampleOptions) -> None:
    """Make the items, print the manifest's path."""
    from generators.contract import run_family

    print(run_family(options.run).sample(options))


def options_for(arguments: list[str]) -> type[SampleOptions]:
    """The options of the run that the command line names; where it names none, of the one that ships for such a primer.

    InputError: what stands first is no run of a generator.
    """
    from generators.contract import family_named
    from generators.sequences import ShippedSampleOptions
    from generators.sounds import ShippedSoundOptions

    if family := family_named(arguments):
        return family.sampling
    return ShippedSoundOptions if _is_sound(_value_of("--primer", arguments)) else ShippedSampleOptions


def _value_of(option: str, arguments: list[str]) -> str:
    """What a command line gives an option, as --option VALUE or --option=VALUE; empty where it gives nothing."""
    for place, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == option:
            return value or "".join(arguments[place + 1 : place + 2])
    return ""


def _is_sound(path: str) -> bool:
    """Whether a file is called like one of sound, and not like one of MIDI."""
    from pathlib import Path

    from spectro.clips import SUFFIXES

    return Path(path).suffix.lower() in SUFFIXES


if __name__ == "__main__":
    run(main, options_for, keras=True)
