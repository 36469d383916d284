"""The commands of `spectro`, and the modules that they are: `spectro classify train` is `python -m classifiers.train`."""

from __future__ import annotations

import difflib
from typing import NamedTuple

from training.errors import InputError


class Command(NamedTuple):
    """A module that `python -m` runs, and what it does in a few words."""

    module: str
    about: str


COMMANDS = {
    "sound convert": Command("spectro.convert", "recordings to pictures, and back"),
    "sound corpus": Command("spectro.corpus", "a folder of recordings as a corpus"),
    "sound demo": Command("spectro.demo", "compose recordings in eight genres"),
    "midi convert": Command("midi.convert", "MIDI files to pictures, and back"),
    "midi corpus": Command("midi.corpus", "a folder of MIDI files as a corpus"),
    "midi render": Command("midi.render", "MIDI files and pictures to sound"),
    "midi measures": Command("midi.measures", "measure and compare sets of MIDI files"),
    "midi demo": Command("midi.demo", "compose pieces in seven styles"),
    "classify train": Command("classifiers.train", "learn the labels of recordings"),
    "classify predict": Command("classifiers.predict", "tell the label of recordings"),
    "classify evaluate": Command("classifiers.evaluate", "how right a classifier is"),
    "generate train": Command("generators.train", "learn to make new music"),
    "generate sample": Command("generators.sample", "make music, or go on with a piece"),
    "generate evaluate": Command("generators.evaluate", "compare samples with held-out music"),
    "generate likelihood": Command("generators.likelihood", "how well a model foresees music"),
    "nst": Command("transfer.nst", "a recording in the style of another"),
    "scores": Command("transfer.scores", "has the style come, has the content stayed?"),
    "scores-paired": Command("transfer.scores.paired", "scores where the true result is known"),
    "scores-notes": Command("transfer.scores.notes", "notes of MIDI files, such as transcriptions, against true ones"),
    "transcribe": Command("transfer.transcribe", "recordings to MIDI files"),
    "transfer train": Command("transfer.train", "learn to turn music into another kind"),
    "transfer apply": Command("transfer.apply", "send files through such a model"),
    "transfer evaluate": Command("transfer.evaluate", "judge such a model"),
    "runs": Command("training.runs", "what trainings there are, how far, how to resume"),
    "export": Command("training.export", "SavedModel, ONNX or LiteRT of a trained model"),
    "cache": Command("training.cache", "list or clear what was made of your folders"),
    "studio": Command("studio", "all main jobs on a page in the browser"),
    "tour": Command("spectro.tour", "see and hear it all on one page, in two minutes"),
    "doctor": Command("spectro.doctor", "what is installed, and what to install for what"),
    "completion": Command("spectro.completion", "complete commands and options with Tab"),
}
"""What the user calls -> what runs. Every command of the packages is here."""


def command_of(words: list[str]) -> tuple[str, list[str]]:
    """(the command that the words begin with, the words after it). InputError: there is none."""
    for count in (2, 1):
        name = " ".join(words[:count])
        if len(words) >= count and name in COMMANDS:
            return name, words[count:]
    given = " ".join(words[:2])
    near = difflib.get_close_matches(given, COMMANDS, n=1) or difflib.get_close_matches(words[0], COMMANDS, n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise InputError(f"no command {given!r}{hint} `spectro --help` lists them")


def help_of(words: list[str]) -> str:
    """What `spectro [GROUP] [--help]` prints: all commands, or those of the group; empty where the words ask for no list."""
    asked = [word for word in words if word not in ("-h", "--help")]
    if len(words) > 2 or len(asked) > 1 or (asked and (asked[0] in COMMANDS or asked[0] != words[0])):
        return ""
    group = "".join(asked)
    lines = [f"  {name:<20} {one.about}" for name, one in COMMANDS.items() if group in ("", name.split()[0])]
    return "\n".join(lines)
