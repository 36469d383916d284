"""The tour: the main jobs on music that the project composes itself, each by its command, and a page of what came of it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from spectro.commands import COMMANDS, command_of
from training.cli import log
from training.errors import InputError
from training.installation import HOME

ONE_THREAD = {"TF_NUM_INTRAOP_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""For each step: two that each take all cores wait for one another more than they compute."""


@dataclass(frozen=True)
class Step:
    """A command of the tour."""

    words: tuple[str, ...]
    """As they stand after `spectro`."""
    about: str
    """What it does."""
    seconds: float = 0.0
    """How long it took."""

    @property
    def command(self) -> str:
        """As a reader may type it."""
        return shlex.join(["spectro", *self.words])


def tour(folder: Path) -> Path:
    """Run all steps into `folder`, two at a time; the path of the page. InputError: one of them has failed."""
    from spectro.tour.page import write

    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file; expected a folder for the tour")
    folder.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    with ThreadPoolExecutor(2) as lanes:
        running = [lanes.submit(_run_all, steps, stop) for steps in steps_into(folder)]
        done = [step for lane in running for step in lane.result()]
    return write(folder, done)


def steps_into(folder: Path) -> tuple[list[Step], list[Step]]:
    """Two lists of steps that go on beside each other, of about the same length."""
    sound, music, drawn = folder / "lo_fi_as_future_bass.wav", folder / "music", folder / "drawings"
    content, style, hybrid = (sound.with_stem(f"{sound.stem}-{role}") for role in ("content", "style", "hybrid"))
    track = music / "house" / "house-005.flac"
    song, picture, again = folder / "pieces" / "folk" / "folk-000.mid", folder / "folk.png", folder / "folk_again.mid"
    return (
        [
            _step("compose a lo-fi and a future bass track; paint the one in the style of the other",
                  "nst", "--output", sound, "--force"),
            _step("paint it with sounds of the style's own, too", "nst", "--features", "hybrid", "--content", content,
                  "--style", style, "--output", hybrid, "--force"),
            _step("ask the classifier that ships with the project what it hears in all four",
                  "classify predict", content, style, sound, hybrid, "--output", folder / "verdicts", "--force"),
            _step("compose pieces in seven styles", "midi demo", "--output", folder / "pieces", "--pieces", 1, "--bars", 16),
            _step("turn a folk tune into a picture", "midi convert", song, "--output", picture, "--plot", drawn, "--force"),
            _step("turn the picture back into MIDI", "midi convert", picture, "--output", again, "--force"),
            _step("render both", "midi render", song, again, "--output", folder / "heard", "--force"),
            _step("write down what is heard of the tune, and count what is right",
                  "transcribe", folder / "heard" / "folk-000.wav", "--output", folder / "folk_heard.mid", "--against", song,
                  "--listen", "--force"),
            _step("go on with the tune by the model that ships with the project",
                  "generate sample", "--primer", song, "--output", folder / "more", "--count", 4, "--format", "midi,wav"),
        ],
        [
            _step("compose tracks in eight genres", "sound demo", "--output", music, "--tracks", 6, "--seconds", 15),
            _step("go on with one of them by copies of itself", "generate sample", "--primer", track, "--seconds", 15,
                  "--lead-in", 15, "--output", folder / "longer", "--count", 1, "--format", "wav"),
            _step("make a loop of it", "generate sample", "--primer", track, "--loop", "--output", folder / "loop",
                  "--count", 1, "--format", "wav"),
            _step("learn to tell the genres apart, from nothing",
                  "classify train", "lil_data", "--data", music, "--output", folder / "classifier", "--epochs", 25,
                  "--cache", folder / "cache"),
        ],
    )  # fmt: skip


def _step(about: str, name: str, *arguments: object) -> Step:
    return Step((*name.split(), *map(str, arguments)), about)


def _run_all(steps: list[Step], stop: threading.Event) -> list[Step]:
    """Run them one after the other; each with the time it took. Ends early where another list has failed."""
    done = []
    for step in steps:
        if stop.is_set():
            break
        try:
            done.append(_run(step))
        except BaseException:
            stop.set()
            raise
    return done


def _run(step: Step) -> Step:
    """Run one. InputError: it has failed; its own last words."""
    name, rest = command_of(list(step.words))
    log(f"$ {step.command}")
    safe = [] if Path.cwd() == HOME else ["-P"]  # a folder of the user's is not put on the path
    began = time.monotonic()
    command = [sys.executable, *safe, "-m", COMMANDS[name].module, *rest]
    env = os.environ | ONE_THREAD
    ended = subprocess.run(command, env=env, capture_output=True, text=True, errors="replace", check=False)
    if ended.returncode:
        last = (ended.stderr.strip().splitlines() or ["no word"])[-1]
        raise InputError(f"spectro {name} ended with status {ended.returncode}: {last.removeprefix('error: ')}")
    done = replace(step, seconds=time.monotonic() - began)
    log(f"{done.seconds:5.0f} s: {step.about}")
    return done
