"""Pages whose jobs make numbered items by `generators.sample`: what came of them, and keeping the good ones."""

from __future__ import annotations

import csv
import zipfile
from dataclasses import fields
from pathlib import Path
from typing import Any

import gradio as gr

from generators.contract import run_family
from generators.pretrained import path as shipped
from generators.sequences import ShippedSampleOptions
from generators.sounds import ShippedSoundOptions
from studio.form import words_of
from studio.job import Job
from studio.page import Page, told
from training.errors import InputError
from training.family import Section
from training.files import atomic
from training.options import check

MADE, HEARD, DRAWN = "made", "heard", "rolls"
"""Folders: of samples, of these as sound, of drawings of MIDI files."""
SHOWN = 16
"""Items that have a player, at most; the others are in the folder."""


class Samples(Page):
    """Pages whose jobs make numbered items."""

    def sample(self, run: Path, **wanted: Any) -> list[list[object]]:
        """The commands that make items. wanted: options -> value, None where nothing is said.

        InputError: an option that the run's model does not have.
        """
        options = {shipped(): ShippedSampleOptions, shipped("pointer"): ShippedSoundOptions}.get(run) or run_family(
            run
        ).sampling
        given = {name: value for name, value in wanted.items() if value is not None}
        there = {field.name for field in fields(options)}
        if unknown := [name for name in given if name not in there]:
            raise InputError(f"a {run.name} run has no option {unknown[0].replace('_', ' ')}; leave it out")
        filled = options(run=run, output=Path(MADE), **given)
        check(filled)
        words: list[object] = ["generate", "sample", *words_of(filled)]
        if "tempo" not in there:  # sounds are heard as they are
            return [words]
        return [words, ["midi", "render", f"{MADE}/midi", "--output", HEARD, "--plot", DRAWN, "--force"]]

    def sections(self, job: Job) -> list[Section]:
        """All items on one sheet, and the first of them to hear."""
        sheet = [f"{MADE}/sheet.png"] if f"{MADE}/sheet.png" in job.files() else []
        captions = {f"{MADE}/sheet.png": "all items; what stands before a line was given"}
        found = [Section("All of them", _figures(job), files=sheet, captions=captions)] if sheet else []
        items = items_of(job)
        found += [item_section(job, item) for item in items[:SHOWN]]
        if len(items) > SHOWN:
            found.append(Section("More", f"{len(items) - SHOWN} more are in the folder, and in the ZIP file."))
        return found

    def more(self, name: Any) -> None:
        """Below the results: keep the good ones."""
        with gr.Row(equal_height=True):
            kept = gr.Textbox(
                label="keep", info="Numbers of the good ones, as 0 3 5; empty: all.", elem_id=f"{self.name}-keep", scale=3
            )
            pack = gr.Button("ZIP of these", elem_id=f"{self.name}-zip", scale=1)
        packed = gr.File(label="kept", interactive=False, height=80, visible=False, elem_id=f"{self.name}-zipped")
        pack.click(self.zipped, [name, kept], packed, api_name=f"{self.name}_zip", show_progress="hidden")

    def zipped(self, job: str | None, keep: str | None) -> Any:
        """A ZIP file of items of the job of that name."""
        with told():
            found = self.studio.queue.find(job)
            items = items_of(found)
            if not items:
                raise InputError("nothing was made yet")
            wanted = (keep or "").replace(",", " ").split() or items
            if unknown := [item for item in wanted if not item.isdigit() or item.zfill(6) not in items]:
                raise InputError(f"there is no item {unknown[0]!r}; those made are {int(items[0])} to {int(items[-1])}")
            numbers = {item.zfill(6) for item in wanted}
            with (
                atomic(found.folder / "kept.zip") as temporary,
                zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as file,
            ):
                for path in found.files():
                    if Path(path).stem in numbers or path.endswith("manifest.csv"):
                        file.write(found.folder / path, path)
            return gr.update(value=str(found.folder / "kept.zip"), visible=True)


def items_of(job: Job) -> list[str]:
    """The numbers of the items that were made, of six digits."""
    folders = {f"{MADE}/midi", f"{MADE}/wav"}
    return sorted({Path(path).stem for path in job.files() if str(Path(path).parent) in folders})


def item_section(job: Job, item: str) -> Section:
    """One item to see and hear."""
    files = {
        f"{HEARD}/{item}.wav": "by the built-in synthesiser",
        f"{MADE}/wav/{item}.wav": "the sound",
        f"{DRAWN}/{item}.png": "the piece, for people",
        f"{MADE}/midi/{item}.mid": "the piece, as MIDI",
    }
    return Section(f"Item {int(item)}", files=[name for name in files if (job.folder / name).exists()], captions=files)


def _figures(job: Job) -> str:
    """What is told of the items together."""
    with (job.folder / MADE / "manifest.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    notes = [int(row["notes"]) for row in rows if row.get("notes", "").isdigit()]
    return f"{len(rows)} items" + (f" of {min(notes)} to {max(notes)} notes." if notes else ".")
