"""Runs: all jobs with their results, and what trainings there are, as `training.runs` tells."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import gradio as gr

from studio.folders import Studio
from studio.job import Job
from studio.page import Page, choice, told
from training.errors import InputError
from training.family import Section
from training.page import sections_html
from training.runs.overview import overview


class Runs(Page):
    """A job in, what is there of it out; below, the trainings."""

    name = "runs"
    title = "Runs"
    about = "Every job of this folder, also of earlier days, and how far trainings are. A job that was stopped may go on."
    action = "Show"
    live = True
    resumes = True

    def __init__(self, studio: Studio, pages: dict[str, Page]) -> None:
        super().__init__(studio)
        self.pages = pages

    def inputs(self) -> list[Any]:
        """Which job."""
        return [choice("job", "The newest first.", self._jobs, elem_id="runs-choice")]

    def begin(self, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Show a job that is there."""
        with told():
            job = self.studio.queue.find(str(values[0]))
        yield from self.follow(job)

    def sections(self, job: Job) -> list[Section]:
        """As its own page shows it."""
        page = self.pages.get(job.page)
        return list(page.sections(job)) if page else []

    def more(self, name: Any) -> None:
        """The table of trainings."""
        table = gr.HTML(elem_id="runs-trainings", elem_classes="shown")
        again = gr.Button("Look at the trainings again", elem_id="runs-again-table")
        gr.on([again.click], self.trainings, None, table, api_name="trainings", show_progress="hidden")
        gr.on(None, self.trainings, None, table, api_visibility="private", show_progress="hidden")

    def trainings(self) -> str:
        """HTML: a table of the runs in the folders given, and in those of jobs."""
        rows: list[tuple[str, ...]] = [("run", "model", "state", "epochs", "best so far", "resumed by")]
        for folder in (*self.studio.folders, self.studio.queue.root):
            for path in sorted(folder.glob("*/config.json")) + sorted(folder.glob("*/*/config.json")):
                with contextlib.suppress(InputError):  # no run
                    found = overview(path.parent)
                    best = f"{found.best[1]} {found.best[2]:.4g}" if found.best else "-"
                    run = path.parent.relative_to(folder).as_posix()
                    rows.append((run, found.model, found.state, f"{found.done}/{found.epochs}", best, found.command or "-"))
        text = "Stopped: the same command goes on with it. Best: of the figure that chooses the epoch; smaller is better."
        if len(rows) == 1:
            return sections_html([Section("Trainings", "There are none here yet.")], str)
        return sections_html([Section("Trainings", text, rows)], str)

    def _jobs(self) -> list[tuple[str, str]]:
        return [(f"{job.folder.name}: {job.state}", job.folder.name) for job in self.studio.queue.all()]
