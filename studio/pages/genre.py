"""Genre: what recordings are, by `classifiers.predict`, and learning that from a folder of one's own."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import gradio as gr

from classifiers import MODELS
from classifiers.pretrained import path as shipped
from studio.form import Form, number_of, words_of
from studio.job import Job
from studio.page import Page, choice, told, uploaded
from training.family import Section
from training.files import read_json
from training.options import TrainOptions
from training.report import training_sections

RUN = "run"
"""Folder of a training, in that of its job."""
SHOWN = 16
"""Songs that have a section of their own, at most."""


class Genre(Page):
    """Recordings in, a time line and a verdict for each out."""

    name = "genre"
    title = "Genre"
    about = (
        "Drop songs: each gets a verdict, and a time line of what it sounds like when. **Novelty** above 1 says that a "
        "sound is unlike all that the classifier was trained on; its verdict then means little."
    )
    action = "Listen"

    def inputs(self) -> list[Any]:
        """Songs, and by which classifier."""
        return [
            gr.File(label="songs", file_count="multiple", height=110, elem_id="genre-songs"),
            choice("classifier", "A trained one.", lambda: self.studio.runs("classifiers", shipped()), elem_id="genre-run"),
        ]

    def steps(self, job: Job, songs: Any, run: str) -> list[list[object]]:
        """One call for all songs."""
        given = [self.studio.allowed(run)] if run and run != str(shipped()) else []
        return [["classify", "predict", *given, *job.take(uploaded(songs, "a song")), "--output", "verdicts", "--force"]]

    def sections(self, job: Job) -> list[Section]:
        """A section for each song."""
        found = [path for path in job.files() if path.startswith("verdicts/") and path.endswith(".json")]
        more = len(found) - SHOWN
        left = [Section("More", f"{more} more are in the folder, and among the files below.")] if more > 0 else []
        return [*(_verdict(job, path) for path in found[:SHOWN]), *left]


def _verdict(job: Job, path: str) -> Section:
    """What a song is, how sure that is, when it is what."""
    found, drawing = read_json(job.folder / path), str(Path(path).with_suffix(".png"))
    likely = sorted(found["mean"].items(), key=lambda pair: -pair[1])[:3]
    text = f"{likely[0][0].replace('_', ' ')}, with {likely[0][1]:.0%} of the weight"
    if found["novel"]:
        text = f"Unlike all that it was trained on (novelty {found['novelty']:.2f}). The nearest is {text}"
    table = [("most likely", "part"), *((name.replace("_", " "), f"{part:.0%}") for name, part in likely)]
    song = f"input/{found['file']}"
    files = {song: "the song", drawing: "what it sounds like when"}
    return Section(found["file"], text + ".", table, [name for name in files if (job.folder / name).exists()], files)


class Learn(Page):
    """A folder of genre folders in, a trained classifier out."""

    name = "learn"
    title = "Learn genres"
    about = (
        "Train a classifier on a folder that has a folder for each genre. It is one of those given by `--folders` when the "
        "studio was opened, or lies in one; without any it is demo music. *Stop* keeps what is learned, *Go on* goes on."
    )
    action = "Train"
    live = True
    resumes = True
    presets: ClassVar = {"ours": "ours", "paper": "as published", "quick": "quick: to see that everything works"}
    form = Form(TrainOptions, choices={"preset": presets}, preset=None, seed=None)

    def inputs(self) -> list[Any]:
        """Where the music is, and which model how long."""
        return [
            choice("folder", "Of genre folders; empty: demo music.", self._folders, elem_id="learn-folder"),
            gr.Dropdown([*MODELS], value=next(iter(MODELS)), label="model"),
            gr.Textbox(label="epochs", info="Passes over the music; empty: as the preset has it."),
            *self.form.inputs(),
        ]

    def steps(self, job: Job, folder: str, model: str, epochs: str, *values: Any) -> list[list[object]]:
        """One training."""
        options = self.form.filled(values, data=self.studio.allowed(folder) if folder else None, output=Path(RUN))
        wanted = number_of(epochs, "epochs")
        return [["classify", "train", model, *words_of(options), *(["--epochs", wanted] if wanted is not None else [])]]

    def sections(self, job: Job) -> list[Section]:
        """The curves so far; at the end what it mistakes, and its report."""
        history = job.folder / RUN / "history.csv"
        with told():
            found = _curves(history.parent, history.stat().st_mtime_ns) if history.exists() else []
        files = {
            f"{RUN}/confusion.png": "clips of each true genre (rows) by their predicted genre (columns)",
            f"{RUN}/report.html": "the report of the training",
        }
        there = [name for name in files if (job.folder / name).exists()]
        return [*found, Section("What was learned", files=there, captions=files)] if there else found

    def _folders(self) -> list[tuple[str, str]]:
        """The demo music, the folders given, and those in them that hold folders."""
        inner = [path for folder in self.studio.folders for path in sorted(folder.iterdir()) if path.is_dir()]
        found = [*self.studio.folders, *(path for path in inner if any(each.is_dir() for each in path.iterdir()))]
        return [("demo music", ""), *((str(path), str(path)) for path in found)]


@lru_cache(maxsize=16)
def _curves(run: Path, changed: int) -> list[Section]:
    """How a training goes, drawn once for each time that its history has changed."""
    return [section._replace(title="How it goes") for section in training_sections(run)]
