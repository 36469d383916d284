"""A page of the studio: inputs on the left; on the right the job that they began, how far it is, and what came of it."""

from __future__ import annotations

import contextlib
import html
import inspect
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, ClassVar
from urllib.parse import quote

import gradio as gr

from studio.folders import Studio
from studio.job import Job
from studio.jobs import TICK
from training.errors import InputError
from training.family import Section
from training.page import sections_html

MAX_FILES = 64
"""Uploads of a job at most."""
LOG_LINES = 12
"""Lines of a log that are shown, the last ones."""
FILE_URL = "/gradio_api/file="
"""Where the server gives the files of the folder of jobs."""
STATES = {
    "waiting": "Waits: one job runs at a time, because each may need all of the machine.",
    "running": "Runs. You may close this page: the job goes on, and is found again under Runs.",
    "done": "Done.",
    "partly": "Done in part: some files could not be used. The log tells which, and why.",
    "failed": "Failed. The last line tells why.",
    "stopped": "Stopped. What was finished by then is kept.",
}
"""State of a job -> what it means."""


class Page:
    """What a page is; they differ in inputs, in the commands that these make, and in what they show of the results."""

    name: ClassVar[str]
    """Of the page; of its function in the HTTP API, too."""
    title: ClassVar[str]
    about: ClassVar[str]
    """What it is for, in a sentence or two."""
    action: ClassVar[str]
    """What the button says."""
    live: ClassVar[bool] = False
    """Show what there is while the job runs."""
    resumes: ClassVar[bool] = False
    """A job that was stopped can go on."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio

    def inputs(self) -> list[Any]:
        """Build the inputs where Gradio now stands; those whose values `steps` is given."""
        raise NotImplementedError

    def steps(self, job: Job, *values: Any) -> list[list[object]]:
        """The commands of a job, as words after `spectro`, run in its folder. InputError: values that cannot be."""
        raise NotImplementedError

    def sections(self, job: Job) -> Sequence[Section]:
        """What there is to see and hear in the folder of a job, finished or not."""
        raise NotImplementedError

    def build(self) -> None:
        """The page, where Gradio now stands."""
        gr.Markdown(self.about)
        with gr.Row():
            with gr.Column(scale=2, min_width=320):
                inputs = self.inputs()
                with gr.Row():
                    begin = gr.Button(self.action, variant="primary", elem_id=f"{self.name}-begin")
                    stop = gr.Button("Stop", elem_id=f"{self.name}-stop")
                    again = gr.Button("Go on", visible=self.resumes, elem_id=f"{self.name}-again")
            with gr.Column(scale=3, min_width=320):
                outputs = self.outputs()
                self.more(outputs[-1])
        quiet = {"show_progress": "hidden", "concurrency_limit": None}
        begin.click(_named(self.begin, inputs), inputs, outputs, api_name=self.name, **quiet)
        if self.resumes:
            again.click(self.again, outputs[-1], outputs, api_name=f"{self.name}_again", **quiet)
        stop.click(self.stop, outputs[-1], None, api_name=f"{self.name}_stop", queue=False)

    def more(self, name: Any) -> None:
        """Build what else can be done with a job, below its results; name: the component that has the job's name."""

    def outputs(self) -> list[Any]:
        """New components for what `view` gives: a job's state, what came of it, its files, its command, its name."""
        about: dict[str, Any] = {"interactive": False}
        return [
            gr.HTML(elem_id=f"{self.name}-state", elem_classes="shown"),
            gr.HTML(elem_id=f"{self.name}-results", elem_classes="shown"),
            gr.File(label="files", file_count="multiple", height=120, visible=False, elem_id=f"{self.name}-files", **about),
            gr.Code(label="the same on a command line", lines=1, wrap_lines=True, visible=False, **about),
            gr.Textbox(label="job", info="Its name, and its folder's.", visible=False, elem_id=f"{self.name}-job", **about),
        ]

    def begin(self, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Begin a job, and show it until it is over."""
        job = self.studio.queue.new(self.name)
        try:
            with told():
                self.studio.queue.start(job, self.name, self.steps(job, *values))
        except BaseException:
            shutil.rmtree(job.folder)
            raise
        yield from self.follow(job)

    def again(self, name: str) -> Iterator[tuple[Any, ...]]:
        """Let a job that was stopped go on, and show it."""
        with told():
            job = self.studio.queue.find(name)
            self.studio.queue.again(job)
        yield from self.follow(job)

    def follow(self, job: Job) -> Iterator[tuple[Any, ...]]:
        """The views of a job until it is over, each once."""
        shown = None
        while True:
            over, view = job.over, self.view(job)
            if view != shown:
                yield view
            if over:
                return
            shown = view
            time.sleep(TICK)

    def view(self, job: Job) -> tuple[Any, ...]:
        """What `outputs` show of a job."""
        over = job.over
        files = [str(job.folder / path) for path in job.files()] if over else []
        results = sections_html(self.sections(job), lambda path: address(job, path)) if over or self.live else ""
        command, name = (gr.update(value=text, visible=True) for text in (job.command, job.folder.name))
        return self.state(job), results, gr.update(value=files, visible=bool(files)), command, name

    def state(self, job: Job) -> str:
        """HTML: the state, what it means, how far it is, the end of the log, the folder."""
        state, log = job.state, job.log()
        lines = [f"<p role='status'><b class='state {state}'>{state}</b> {STATES[state]}"]
        if state == "waiting":
            before = self.studio.queue.ahead(job)
            lines.append(f"Jobs before it: {before}." if before else "It begins in some seconds.")
        elif job.seconds:
            lines.append(f"{job.seconds} s.")
        lines.append(f"</p><p>Folder: <code>{html.escape(str(job.folder))}</code></p>")
        if state == "running" and (found := re.search(r"(\d+)%\|.*\[([\d:]+)<([\d:]+)", log[-1] if log else "")):
            done, took, left = found.groups()
            label = f"{done} %, {took} gone, about {left} left"
            lines.append(f"<p><progress max='100' value='{done}' aria-label='done'></progress> {label}</p>")
        if log:
            opened = " open" if state in ("running", "failed", "partly") else ""
            shown = html.escape("\n".join(log[-LOG_LINES:]))
            lines.append(f"<details{opened}><summary>What the command tells</summary><pre>{shown}</pre></details>")
        return " ".join(lines)

    def stop(self, name: str) -> None:
        """Ask the job of that name to stop."""
        with told():
            self.studio.queue.stop(self.studio.queue.find(name))


@contextlib.contextmanager
def told() -> Iterator[None]:
    """A user's mistake within becomes one line on the page."""
    try:
        yield
    except InputError as error:
        raise gr.Error(" ".join(str(error).split()), duration=None, print_exception=False) from None


def _named(begin: Callable[..., Iterator[Any]], inputs: Sequence[Any]) -> Callable[..., Iterator[Any]]:
    """The function with parameters called like its inputs: so the HTTP API knows them."""

    def named(*values: Any) -> Iterator[Any]:
        yield from begin(*values)

    names = [component.label.replace(" ", "_") for component in inputs]
    named.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in names]
    )
    return named


def address(job: Job, path: str) -> str:
    """Where a page finds a file of a job."""
    return FILE_URL + quote(os.fsencode(job.folder / path))


def choice(label: str, info: str, choices: Callable[[], list[tuple[str, str]]], **about: Any) -> Any:
    """A new list to choose from, of what there is whenever a page is opened; empty choices leave it empty."""

    def there() -> Any:
        found = choices()
        return gr.Dropdown(found, value=found[0][1] if found else None)

    found = gr.Dropdown([], label=label, info=info, allow_custom_value=True, **about)
    gr.on(None, there, None, found, api_visibility="private", queue=False, show_progress="hidden")
    return found


def uploaded(files: Any, what: str) -> list[str]:
    """The paths of uploads. InputError: there are none, or too many."""
    found = [files] if isinstance(files, str) else list(files or ())
    if not found:
        raise InputError(f"drop {what} first")
    if len(found) > MAX_FILES:
        raise InputError(f"{len(found)} files; a job takes {MAX_FILES} at most")
    return found
