"""Make: new music by `generators.sample`, from models that ship or that were trained here."""

from __future__ import annotations

from typing import Any

import gradio as gr

from generators.pretrained import path as shipped
from studio.form import number_of
from studio.job import Job
from studio.page import address, choice, told
from studio.samples import Samples, item_section, items_of
from training.errors import InputError
from training.family import Section
from training.page import sections_html

SIDE = 10
"""Of a map of latents, as --grid makes it."""


class Make(Samples):
    """A run in, new items out."""

    name = "make"
    title = "Make"
    about = (
        "New pieces from a trained model: one that ships, or your own of the folders given by `--folders`. The same seed "
        "makes the same pieces. A **map** of a model with latents (VAE, GANs) has ten times ten pieces to walk through."
    )
    action = "Make"

    def inputs(self) -> list[Any]:
        """Which model, how many, how bold."""
        run = choice("run", "A trained generator.", lambda: self.studio.runs("generators", shipped()), elem_id="make-run")
        with gr.Row():
            count = gr.Number(4, label="count", info="Pieces.", precision=0, min_width=120)
            seed = gr.Number(0, label="seed", info="Another one makes others.", precision=0, min_width=120)
        mapped = gr.Checkbox(False, label="map", info="A map of latents instead; of a VAE or a GAN.", elem_id="make-map")
        with gr.Accordion("More options", open=False):
            bold = gr.Slider(0, 2, 1, label="temperature", info="Below 1 safer, above 1 bolder.", step=0.05)
            columns = gr.Textbox(label="columns", info="Length in sixteenths, of models of sequences; empty: 16 bars.")
        return [run, count, seed, mapped, bold, columns]

    def steps(
        self, job: Job, run: str, count: int, seed: int, mapped: bool, temperature: float, columns: str
    ) -> list[list[object]]:
        """Sample, and render."""
        bold = None if temperature == 1 else temperature
        chosen = {"count": None if mapped else count or 0, "grid": mapped or None, "seed": seed}
        return self.sample(
            self.studio.allowed(run) if run else shipped(), temperature=bold, columns=number_of(columns, "columns"), **chosen
        )

    def sections(self, job: Job) -> list[Section]:
        """Of a map all pieces on one sheet, to be walked through below; else the items."""
        found = super().sections(job)
        if "--grid" not in job.steps[0]:
            return found
        return [section._replace(title="The map", text="Walk through it below.") for section in found[:1]]

    def more(self, name: Any) -> None:
        """Also a walk through a map."""
        super().more(name)
        with gr.Accordion("Walk through a map", open=False):
            places = [
                gr.Slider(1, SIDE, 1, step=1, label=f"{which} direction", elem_id=f"make-{which}")
                for which in ("first", "second")
            ]
            here = gr.HTML(elem_id="make-here", elem_classes="shown")
            for place in places:
                place.change(self.walk, [name, *places], here, api_name="make_walk", show_progress="hidden")

    def walk(self, job: str, row: int, column: int) -> str:
        """HTML of the piece at a place of a map, counted from 1."""
        with told():
            found, item = self.studio.queue.find(job), f"{(int(row) - 1) * SIDE + int(column) - 1:06d}"
            if len(items_of(found)) != SIDE**2:
                raise InputError("this job made no map; tick map, and make one")
            return sections_html([item_section(found, item)], lambda path: address(found, path))
