"""Transcribe: sound in, MIDI out, by `transfer.transcribe`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gradio as gr

from studio.form import Form, words_of
from studio.job import Job
from studio.page import Page, uploaded
from training.family import Section
from training.files import read_json
from transfer.transcription.options import TranscribeOptions


class Transcribe(Page):
    """Recordings in, MIDI files out, and the notes to hear."""

    name = "transcribe"
    title = "Transcribe"
    about = (
        "Drop recordings of pitched instruments: their notes become MIDI files. Drums are not transcribed; take them out by "
        "*harmonic*. It is best at piano and plucked strings, and rough about the ends of notes."
    )
    action = "Transcribe"
    form = Form(
        TranscribeOptions, harmonic=None, tempo=None, quantise=None, tuning=None, channels=None, program=None, pedal=None
    )

    def inputs(self) -> list[Any]:
        """Recordings, and how notes are written down."""
        return [
            gr.File(label="recordings", file_count="multiple", height=110, elem_id="transcribe-files"),
            *self.form.inputs(shown=1),
        ]

    def steps(self, job: Job, files: Any, *values: Any) -> list[list[object]]:
        """One call for all files."""
        options = self.form.filled(values, output=Path("transcribed"), listen=True, force=True)
        return [["transcribe", *job.take(uploaded(files, "a recording")), *words_of(options)]]

    def sections(self, job: Job) -> list[Section]:
        """For each recording its notes to see, to hear and to keep."""
        found = []
        for path in (path for path in job.files() if path.endswith(".mid")):
            record = read_json(job.folder / f"{path}.json")
            notes = record["notes"]
            text = f"{len(notes)} notes. Each has its confidence in the JSON file."
            files = {
                f"{path}.wav": "the notes that were heard, by a simple synthesiser",
                f"{path}.png": "the spectrogram, what the network hears in it, and the notes",
                path: "the notes, as MIDI",
            }
            there = [name for name in files if (job.folder / name).exists()]
            found.append(Section(Path(path).stem, text, files=there, captions=files))
        return found
