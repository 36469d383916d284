"""Change: whole files through a trained transfer model, by `transfer.apply`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from midi.files.reading import SUFFIXES as MIDI
from studio.form import Form, words_of
from studio.job import INPUT, Job
from studio.page import Page, choice, uploaded
from training.errors import InputError
from training.family import Section
from transfer.contract import ApplyOptions

CHANGED, BEFORE, AFTER = "changed", "before", "after"
"""Folders: of results; of MIDI files as sound and as rolls, those that were given and the results."""


class Change(Page):
    """Files and a run in, the files as the model makes them out."""

    name = "change"
    title = "Change"
    about = (
        "Send files through a model of your own: a **domain transfer network** turns MIDI of one kind into another, a "
        "**Hilbert autoencoder** any recording into the sound that it has learned. None ships; train one by "
        "`spectro transfer train`, and open the studio with `--folders` on the folder of its run."
    )
    action = "Change"
    form = Form(ApplyOptions, strength=None, overlap=None)

    def inputs(self) -> list[Any]:
        """Files, through which model, how far."""
        return [
            gr.File(label="files", file_count="multiple", height=110, elem_id="change-files"),
            choice("run", "A trained transfer model.", lambda: self.studio.runs("transfer"), elem_id="change-run"),
            *self.form.inputs(shown=1),
        ]

    def steps(self, job: Job, files: Any, run: str, *values: Any) -> list[list[object]]:
        """Apply, and render what is MIDI."""
        if not run:
            raise InputError("there is no transfer model yet: train one, and open the studio with --folders on its folder")
        names = job.take(uploaded(files, "a file"))
        options = self.form.filled(
            values, run=self.studio.allowed(run), files=tuple(names), output=Path(CHANGED), force=True
        )
        steps: list[list[object]] = [["transfer", "apply", *words_of(options)]]
        if pieces := [name for name in names if name.suffix.lower() in MIDI]:
            for folder, files in ((BEFORE, pieces), (AFTER, [Path(CHANGED)])):
                steps.append(["midi", "render", *files, "--output", folder, "--plot", f"{folder}/rolls", "--force"])
        return steps

    def sections(self, job: Job) -> list[Section]:
        """What was given, and what came of it."""
        given = sorted(f"{INPUT}/{path.name}" for path in (job.folder / INPUT).glob("*"))
        made = [path for path in job.files() if not path.endswith(".json")]
        parts = {
            "Before": [*given, *(path for path in made if path.startswith(f"{BEFORE}/"))],
            "After": [path for path in made if path.startswith((f"{CHANGED}/", f"{AFTER}/"))],
        }
        return [
            Section(title, files=files, captions={path: f"{Path(path).name}, {title.lower()}" for path in files})
            for title, files in parts.items() if parts["After"]
        ]  # fmt: skip
