"""Continue: a MIDI file or a recording goes on, by `generators.sample`."""

from __future__ import annotations

from typing import Any

import gradio as gr

from generators.pretrained import path as shipped
from midi.files.reading import SUFFIXES as MIDI
from studio.form import number_of
from studio.job import Job
from studio.page import choice, uploaded
from studio.samples import Samples

BAR = 16
"""Columns of a bar of 4/4."""


class Continue(Samples):
    """A primer in, several ways to go on out."""

    name = "continue"
    title = "Continue"
    about = (
        "Drop a MIDI file, and a model draws how it may go on; or a recording, and it goes on by copies of itself, in time "
        "and in tune. *Loop* cuts bars out of a recording that can be played round without a seam."
    )
    action = "Continue"

    def inputs(self) -> list[Any]:
        """The primer, by which model, how long."""
        primer = gr.File(label="primer", height=110, elem_id="continue-primer")
        with gr.Row():
            count = gr.Number(4, label="count", info="Ways to go on.", precision=0, min_width=120)
            seed = gr.Number(0, label="seed", info="Another one: otherwise.", precision=0, min_width=120)
        loop = gr.Checkbox(False, label="loop", info="Of a recording: bars of it instead.", elem_id="continue-loop")
        with gr.Accordion("More options", open=False):
            run = choice("run", "Empty: the model that ships for such a file.", self._runs, elem_id="continue-run")
            bars = gr.Textbox(label="bars", info="Added to a MIDI file, of 4/4; empty: 16.")
            seconds = gr.Textbox(label="seconds", info="Added to a recording; empty: as the model was trained.")
            bold = gr.Slider(0, 2, 1, label="temperature", info="Below 1 safer, above 1 bolder.", step=0.05)
        return [primer, count, seed, loop, run, bars, seconds, bold]

    def steps(
        self, job: Job, primer: Any, count: int, seed: int, loop: bool, run: str, bars: str, seconds: str,
        temperature: float,
    ) -> list[list[object]]:  # fmt: skip
        """Go on, and render what is MIDI."""
        name = job.take(uploaded(primer, "a MIDI file or a recording")[:1])[0]
        ships = shipped() if name.suffix.lower() in MIDI else shipped("pointer")
        columns = round(BAR * bar) if (bar := number_of(bars, "bars")) else None
        wanted = {"columns": columns, "seconds": number_of(seconds, "seconds"), "loop": loop or None}
        bold = None if temperature == 1 else temperature
        chosen = self.studio.allowed(run) if run else ships
        return self.sample(chosen, primer=name, count=count or 0, seed=seed, temperature=bold, **wanted)

    def _runs(self) -> list[tuple[str, str]]:
        return [("the one that ships", ""), *self.studio.runs("generators")]
