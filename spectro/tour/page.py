"""The page of the tour: before and after, seen and heard; what the scores say; what to do next."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from training.family import Section
from training.files import read_json
from training.page import write_page

if TYPE_CHECKING:
    from spectro.tour import Step

NEXT = (
    "spectro classify train --data my_music --output runs/mine        # my_music: a folder with a folder for each genre",
    "spectro nst --content mine.wav --style other.wav                 # any lengths; --features hybrid: with its sounds",
    "spectro midi convert song.mid                                    # a picture that keeps every note; and back",
    "spectro transcribe song.wav --output song.mid                    # write down what is played in a recording",
    "spectro generate sample --primer song.mid --output more          # go on with a piece; without --primer: compose",
    "spectro generate sample --primer song.wav --output more          # go on with a recording; --loop: make a loop of it",
    "spectro generate train vae --data my_midi --output runs/vae      # learn to make new music from a folder of MIDI files",
    "spectro --help                                                   # everything else",
)
"""What a reader may type."""


def write(folder: Path, steps: Sequence[Step]) -> Path:
    """Write `index.html` into the folder that the steps have filled; its path."""
    return write_page(
        folder / "index.html",
        "A tour of sounds, pictures and MIDI",
        [
            _style(folder),
            _sound(folder),
            _midi(folder),
            _heard_notes(folder),
            _more(),
            _genres(folder),
            Section("Next, with files of your own", commands=NEXT),
        ],
        lead="All music on this page was composed and rendered by the project's own code, and is free of rights.",
        details={"The commands that made this page": "\n".join(map(_line, steps))},
    )


def _line(step: Step) -> str:
    return f"# {step.about} ({step.seconds:.0f} s)\n{step.command}\n"


def _style(folder: Path) -> Section:
    """The style transfer: sounds, pictures, scores in words."""
    names = ("lo_fi_as_future_bass", "lo_fi_as_future_bass-hybrid")
    gains, hybrid = (read_json(folder / f"{name}.json")["scores"] for name in names)
    columns = [gains["result"], hybrid["result"], gains["equalised"]]
    table = [("score, 0 to 1", "its own sounds", "with the style's", "an equaliser", "what it says")] + [
        (words, *(_figure(column[name]) for column in columns), says) for name, (words, says) in SCORES.items()
    ]
    heard = [_heard(folder, name) for name in (f"{names[0]}-content", *names)]
    files = {
        "lo_fi_as_future_bass-content.wav": "before: a lo-fi track",
        "lo_fi_as_future_bass-style.wav": "the style: a future bass track",
        "lo_fi_as_future_bass.wav": "after: the lo-fi track, its own sounds moved as those of future bass",
        "lo_fi_as_future_bass-hybrid.wav": "after: the same, and under it sounds of the future bass track itself",
        "lo_fi_as_future_bass.png": "spectrograms of the first three, and how the transfer went",
    }
    own, with_style, plain = (_figure(column["score"]) for column in columns)
    text = (
        f"The harmonies and rhythms of the first track stay, the sound of the second comes: {own} of 1 in all, {with_style} "
        f"with sounds that are the style's own, where an equaliser that matches the spectra reaches {plain}. The classifier "
        f"that ships with the project hears {heard[0]} before, {heard[1]} and {heard[2]} after."
    )
    return Section("One track in the style of another", text, table, tuple(files), files)


SCORES = {
    "timbre": ("timbre", "has it the colour of the style?"),
    "texture": ("texture", "does it move as the style does?"),
    "content_preservation": ("content preservation", "are harmonies and onsets still there?"),
    "no_leakage": ("no leakage", "is the style not simply laid over?"),
    "score": ("all four", "the harmonic mean: high only where all are"),
    "judge": ("second judge", "is it nearer to the style than to the content?"),
}
"""Scores of a transfer: their names, and the questions that they answer."""


def _heard(folder: Path, name: str) -> str:
    """The verdict of the shipped classifier, and how sure it is."""
    verdict = read_json(folder / "verdicts" / f"{name}.json")
    return f"{_words(verdict['verdict'])} ({100 * max(verdict['mean'].values()):.0f} %)"


def _sound(folder: Path) -> Section:
    """A recording that goes on, and a loop of it."""
    (loop,) = csv.DictReader((folder / "loop" / "manifest.csv").read_text().splitlines())
    beats = f"{loop['beats']} beats at {float(loop['tempo']):.1f} a minute"
    files = {
        "music/house/house-005.flac": "before: 15 s of a house track",
        "longer/wav/000000.wav": "after: the 15 s, and 15 more",
        "loop/wav/000000.wav": f"a loop of it, {beats}, played round and round",
    }
    text = (
        "Nothing is made up: a small network listens to the track, says from how far back to go on, and copies are joined "
        "where waveforms agree. It holds no sound, so that any recording goes on as itself, at its own rate and in stereo."
    )
    return Section("How a recording goes on", text, files=tuple(files), captions=files, loops=("loop/wav/000000.wav",))


def _midi(folder: Path) -> Section:
    """A tune, its picture, and the tune that the picture gives."""
    losses = read_json(folder / "folk.png.json")["losses"]
    files = {
        "heard/folk-000.wav": "before: the tune as it was composed",
        "heard/folk_again.wav": "after: the tune out of the picture",
        "drawings/folk.png": "the tune for people, and below it the pictures that a model sees",
        "folk_again.mid": "the tune out of the picture, as MIDI",
    }
    text = (
        f"The codec lossless brought back {losses['kept']} of {losses['notes']} notes, with their lengths, velocities and "
        "instruments. Other codecs show less and suit models better; each counts what it does not keep."
    )
    return Section("MIDI to a picture, and back", text, files=tuple(files), captions=files)


def _heard_notes(folder: Path) -> Section:
    """The transcription: how many of the notes were heard."""
    found = read_json(folder / "folk_heard.mid.json")
    figures = found["figures"]
    files = {
        "heard/folk-000.wav": "before: the tune as sound",
        "folk_heard.mid.wav": "after: the notes that were heard in it",
        "folk_heard.mid.png": "the spectrogram, what the network hears in it, and the notes",
        "folk_heard.mid": "the notes, as MIDI",
    }
    text = (
        f"A small network wrote {len(found['notes'])} notes down from the sound alone. "
        f"{100 * figures['onset_precision']:.0f} % of them are right, {100 * figures['onset_recall']:.0f} % of the tune's "
        f"notes were found (F1 {figures['onset_f1']:.2f}; with their ends {figures['offset_f1']:.2f})."
    )
    return Section("Sound to MIDI", text, files=tuple(files), captions=files)


def _more() -> Section:
    """How the tune goes on."""
    files = {
        "more/wav/000000.wav": "the tune, and 16 new bars",
        "more/wav/000001.wav": "the tune, and 16 other bars",
        "more/sheet.png": "the tune, a line, and what follows; a row for each of four continuations; onsets are white",
    }
    text = "A transformer that ships with the project reads the tune note by note and draws what comes next."
    return Section("How a tune goes on", text, files=tuple(files), captions=files)


def _genres(folder: Path) -> Section:
    """The training: how right it is, and what it mistakes."""
    scores = read_json(folder / "classifier" / "evaluation.json")
    labels, clips = scores["labels"], scores["segment"]
    files = {
        "classifier/confusion.png": "clips of each true genre (rows) by their predicted genre (columns)",
        "classifier/report.html": "the report of the training, with its curves",
    }
    text = (
        f"A network that began with random weights has learned {len(labels)} genres from a few composed tracks. Of the "
        f"{scores['clips']} clips of {scores['tracks']} tracks that it had never heard it names "
        f"{100 * clips['accuracy']:.0f} % rightly; guessing gives {100 / len(labels):.0f} %. It is a small test: with other "
        f"tracks of these genres anything from {100 * clips['low']:.0f} to {100 * clips['high']:.0f} % would be no surprise."
    )
    return Section("Genres, learned from nothing", text, files=tuple(files), captions=files)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _words(label: Any) -> str:
    return str(label).replace("_", " ")
