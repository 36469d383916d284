"""Pictures: sounds and MIDI files to pictures and back, by `spectro.convert` and `midi.convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr
from PIL import PngImagePlugin

from midi.codecs.losses import in_words
from midi.codecs.registry import CODECS
from midi.files.reading import SUFFIXES as MIDI
from studio.job import Job
from studio.page import Page, uploaded
from training.family import Section
from training.files import read_json

SEEN, AGAIN, HEARD, DRAWN = "pictures", "again", "heard", "drawn"
"""Folders: of pictures, of what these become again, of MIDI files as sound, of drawings for people."""


class Pictures(Page):
    """Sounds, MIDI files or pictures of them in; the other, the way back, and what was lost, out."""

    name = "pictures"
    title = "Pictures"
    about = (
        "Drop recordings, MIDI files, or pictures that were made of them here. Each becomes a picture as the models see it, "
        "and the picture becomes sound or MIDI again: hear, and read, what it keeps."
    )
    action = "There and back"

    def inputs(self) -> list[Any]:
        """The files, and how MIDI becomes pictures."""
        return [
            gr.File(label="files", file_count="multiple", height=110, elem_id="pictures-files"),
            gr.Dropdown(
                sorted(CODECS), value="lossless", label="codec", info="Of pictures of MIDI: what they show, how finely."
            ),
        ]

    def steps(self, job: Job, files: Any, codec: str) -> list[list[object]]:
        """For each kind of file the way there, and the way back."""
        kinds: dict[str, list[Path]] = {"sound": [], "midi": [], "sound picture": [], "midi picture": []}
        for name in job.take(uploaded(files, "a file")):
            kinds[_kind(job.folder / name)].append(name)
        steps: list[list[object]] = []
        if sounds := kinds["sound"]:
            steps.append(["sound", "convert", *sounds, "--output", f"{SEEN}/sound", "--force"])
        if sounds or kinds["sound picture"]:
            pictures = [f"{SEEN}/sound"] if sounds else []
            steps.append(["sound", "convert", *pictures, *kinds["sound picture"], "--output", f"{AGAIN}/sound", "--force"])
        if pieces := kinds["midi"]:
            where = ["--output", f"{SEEN}/midi", "--plot", DRAWN, "--force"]
            steps.append(["midi", "convert", *pieces, "--codec", codec, *where])
        if pieces or kinds["midi picture"]:
            pictures = [f"{SEEN}/midi"] if pieces else []
            steps.append(["midi", "convert", *pictures, *kinds["midi picture"], "--output", f"{AGAIN}/midi", "--force"])
            steps.append(["midi", "render", *pieces, f"{AGAIN}/midi", "--output", HEARD, "--force"])
        return steps

    def sections(self, job: Job) -> list[Section]:
        """What was made of each file: to see, to hear, and what it costs."""
        files = [path for path in job.files() if not path.endswith(".json")]
        found = []
        for path in (path for path in files if path.startswith(f"{SEEN}/")):
            losses = read_json(job.folder / f"{path}.json").get("losses")
            text = f"What the picture keeps: {in_words(losses)}." if losses else ""
            found.append(Section(Path(path).stem, text, files=[path], captions={path: "as models see it"}))
        words = {AGAIN: "out of the picture", HEARD: "as sound", DRAWN: "for people, above what models see"}
        there = [path for path in files if Path(path).parts[0] in words]
        captions = {path: f"{Path(path).name}: {words[Path(path).parts[0]]}" for path in there}
        return [*found, Section("And back", files=there, captions=captions)] if there else found


def _kind(path: Path) -> str:
    """What a file is, by its suffix; of a picture, by what it carries."""
    if path.suffix.lower() != ".png":
        return "midi" if path.suffix.lower() in MIDI else "sound"
    try:
        with path.open("rb") as file:
            return "midi picture" if "facts" in PngImagePlugin.PngImageFile(file).info else "sound picture"
    except (OSError, SyntaxError, ValueError):
        return "sound picture"  # whose command tells what is wrong with it
