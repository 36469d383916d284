"""Transfer: one recording in the style of another, by `transfer.nst`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from spectro.tour.page import SCORES
from studio.form import Form, words_of
from studio.job import Job
from studio.page import Page, uploaded
from training.family import Section
from training.files import read_json
from transfer.style.features.registry import FEATURES
from transfer.style.options import StyleOptions

COLUMNS = {"result": "result", "equalised": "an equaliser", "content": "the content itself"}
"""Whose scores stand beside each other."""
RESULT = "nst.wav"


class Transfer(Page):
    """Content and style in, the result with its scores out."""

    name = "transfer"
    title = "Transfer"
    about = (
        "Drop two recordings: the melody, harmony and rhythm of the **content** stay, the sound of the **style** comes. Any "
        "lengths; stereo stays stereo. It takes some seconds for each second of sound, longer with hybrid and mosaic."
    )
    action = "Transfer"
    form = Form(
        StyleOptions,
        choices={"features": {name: f"{name}: {one.about}" for name, one in FEATURES.items()}},
        style_strength=1.0, mask=None, features=None, preset=None, seed=None,
    )  # fmt: skip

    def inputs(self) -> list[Any]:
        """Two recordings, and how strongly where."""
        files = [gr.File(label=role, height=110, elem_id=f"transfer-{role}") for role in ("content", "style")]
        return [*files, *self.form.inputs(shown=1)]

    def steps(self, job: Job, content: Any, style: Any, *values: Any) -> list[list[object]]:
        """One transfer."""
        uploads = uploaded(content, "a recording as content") + uploaded(style, "a recording as style")
        options = self.form.filled(values, content=(), style=(), output=Path(RESULT), force=True)
        first, second = job.take(uploads)
        return [["nst", "--content", first, "--style", second, *words_of(options)]]

    def sections(self, job: Job) -> list[Section]:
        """Three sounds, their spectrograms, the scores."""
        if not {RESULT, "nst.json"} <= {*job.files()}:
            return []
        report = read_json(job.folder / "nst.json")
        content, style = (report[role]["source"] for role in ("content", "style"))
        there = [path for path in (content, style) if (job.folder / path).exists()]
        words = {content: "content", style: "style", RESULT: "result", "nst.png": "spectrograms, and how the transfer went"}
        text = "" if report["finished"] else "It was stopped: this is what there was so far."
        sections = [Section("To hear and see", text, files=[*there, RESULT, "nst.png"], captions=words)]
        if scores := report.get("scores"):
            sections.append(Section("Scores, from 0 to 1", table=_table(scores)))
        return sections


def _table(scores: dict[str, Any]) -> list[tuple[str, ...]]:
    """The scores of the result beside those of what needs no transfer."""
    columns = {name: words for name, words in COLUMNS.items() if scores.get(name)}
    rows = [("score", *columns.values(), "what it says")]
    for name, (words, says) in SCORES.items():
        figures = (scores[column].get(name) for column in columns)
        rows.append((words, *("-" if figure is None else f"{figure:.2f}" for figure in figures), says))
    return rows
