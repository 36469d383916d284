"""How runs of models of sounds go on with recordings that they never heard: figures, pictures and sounds.

Each held-out clip is heard up to its middle; what follows is compared with what really follows, beside simple ways to go on.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np

from generators.contract import run_family
from generators.samples import fingerprint_of
from generators.sounds.data import batches, data_of
from generators.sounds.drawing import draw
from generators.sounds.sampler import Stream
from generators.sounds.sampling import BATCH, temperature_of
from generators.sounds.statistics import NAMES, distance, mean_of, measured
from generators.sounds.training import pictures_of
from generators.sounds.watch import continued
from spectro.audio import write
from spectro.inversion import inversion_error
from spectro.stft import SpectrogramSetting
from spectro.streaming import StreamingGriffinLim
from training.cli import InputError
from training.corpora.batches import Purpose, stream_of
from training.family import Section
from training.files import read_json, refuse_existing, write_json
from training.report import write_report
from training.runs import load, read_run, versions

HEARD = 6
"""Clips whose continuation becomes sound."""
LEAST = 4
"""Test clips that an evaluation needs."""


def evaluate(
    run: str | os.PathLike,
    *,
    count: int = 64,
    seed: int = 0,
    temperature: float | None = None,
    output: str | os.PathLike | None = None,
    data: str | os.PathLike | None = None,
    cache: Path | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Evaluate a run on up to `count` clips of its test part; the record, which is also written to `evaluation.json`.

    output: folder for the results, by default RUN/evaluation. temperature: as `sampling.sample` takes it. data: where the
    data are now, if they have moved. The run's `report.html` is written anew. InputError: not such a run, results that
    exist, numbers out of range, data that are gone or others, fewer than LEAST test clips.
    """
    run, output = Path(run), Path(output or Path(run, "evaluation"))
    run_family(run)
    if not (output.is_dir() and not any(output.iterdir())):
        refuse_existing(output, force)
    record, model = read_run(run), load(run)
    temperature, setting = temperature_of(temperature, model.output_head.noise), model.setting
    about = data_of(record, setting, data, cache)
    if len(about.split.test) < LEAST:
        few = len(about.split.test)
        raise InputError(f"the test part of {run} has but {few} clips; {LEAST} are needed: train on more files")
    clips = np.sort(stream_of(seed, Purpose.EVALUATED_CLIPS).permutation(about.split.test)[:count])
    pictures, references = pictures_of(about.corpus, clips, setting)
    ways = ways_on(model, pictures, temperature, seed)
    middle = pictures.shape[-1] // 2
    found = {name: figures(made, pictures[..., middle:], setting) for name, made in ways.items()}
    result = {
        "command": "generators.evaluate",
        "run": os.fspath(run),
        "model": record["model"],
        "weights": fingerprint_of(model),
        "options": {"count": len(clips), "seed": seed, "temperature": temperature},
        "versions": versions(),
        "loss": _loss(model, batches(about.corpus, about.split.test, setting, BATCH, shuffle=False)),
        "next_column_error": next_column_error(model, pictures),
        "continuations": found,
        "sounds": _sounds(output, pictures[:HEARD, :, :middle], ways, references, setting),
        "files": draw(output, pictures, ways, setting),
    }
    write_json(output / "evaluation.json", result)
    write_report(run, output)
    return result


def ways_on(model: Any, pictures: np.ndarray, temperature: float, seed: int) -> dict[str, np.ndarray]:
    """Second halves (clips, rows, columns) of pictures: the true one, the model's, and those of simpler means."""
    middle, columns = pictures.shape[-1] // 2, pictures.shape[-1] - pictures.shape[-1] // 2
    first, second = pictures[..., :middle], pictures[..., middle:]
    stream = Stream(model, BATCH)
    alone = _in_batches(stream, pictures[..., :1], pictures.shape[-1] - 1, temperature, seed)
    return {
        "the clip itself": second,
        "model": _in_batches(stream, first, columns, temperature, seed),
        "model, of one column": alone[..., -columns:],
        "another clip": np.roll(second, len(second) // 2, axis=0),
        "first half again": np.concatenate([first, first], axis=-1)[..., :columns],
        "last column held": np.repeat(first[..., -1:], columns, axis=-1),
        "silence": np.zeros_like(second),
    }


def _in_batches(stream: Stream, heard: np.ndarray, columns: int, temperature: float, seed: int) -> np.ndarray:
    """`continued`, BATCH clips at a time; the last batch is filled up with clips whose continuation is not kept."""
    made = []
    for place in range(0, len(heard), BATCH):
        part = np.resize(heard[place : place + BATCH], (BATCH, *heard.shape[1:]))
        made.append(continued(stream, part, columns, temperature, seed + place))
    return np.concatenate(made)[: len(heard)]


def figures(made: np.ndarray, truth: np.ndarray, setting: SpectrogramSetting) -> dict[str, float]:
    """Means over clips: of the measures, of the distance from the truth; and `typical`, the share of all measures that lie
    where nine in ten true continuations lie (0.9 for these themselves)."""
    own = [measured(one, setting) for one in made]
    data = [measured(one, setting) for one in truth]
    low, high = np.percentile([[one[name] for name in NAMES] for one in data], [5, 95], axis=0)
    values = np.array([[one[name] for name in NAMES] for one in own])
    return mean_of(own) | {
        "distance": float(np.mean([distance(one, other, setting) for one, other in zip(made, truth, strict=True)])),
        "typical": float(((values >= low) & (values <= high)).mean()),
    }


def next_column_error(model: Any, pictures: np.ndarray) -> dict[str, float]:
    """Root mean square error in dB of the next column where all before it are known: `model`, and `last_column`."""
    setting = model.setting
    columns = keras.Input((pictures.shape[-1], setting.rows))
    network = keras.Model(columns, NextColumns(model)(columns))
    wrong = {"model": 0.0, "last_column": 0.0}
    for picture in pictures:
        known = picture.T[None]
        wrong["model"] += float(np.square(network.predict_on_batch(known) - known[:, 1:]).mean())
        wrong["last_column"] += float(np.square(np.diff(known, axis=1)).mean())
    return {name: float(-setting.floor_db * np.sqrt(value / len(pictures))) for name, value in wrong.items()}


class NextColumns(keras.layers.Layer):
    """Columns (batch, time, rows) -> the likeliest next one after each but the last."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.built = True

    def call(self, columns: Any) -> Any:
        hidden, memory, _ = self.model.hear(columns[:, :-1], self.model.begin(columns[:, 0]), training=False)
        head = self.model.output_head
        noise = keras.ops.zeros((*keras.ops.shape(hidden)[:-1], head.noise))
        return head.draw(hidden, columns[:, :-1], memory, noise)


def _loss(model: Any, feed: Any) -> dict[str, float]:
    """The loss on the test part and its parts."""
    model.compile()
    return {name: float(value) for name, value in model.evaluate(feed, verbose=0, return_dict=True).items()}


def _sounds(
    output: Path, first: np.ndarray, ways: dict[str, np.ndarray], references: np.ndarray, setting: SpectrogramSetting
) -> list[dict[str, Any]]:
    """Halves and what follows by the model and in truth, rebuilt alike and written; what can be told without ears."""
    found = []
    for number, (half, reference) in enumerate(zip(first, references, strict=False)):
        for name, key in (("model", "model"), ("truth", "the clip itself")):
            magnitude = setting.to_magnitude(np.concatenate([half, ways[key][number]], axis=-1), float(reference))
            rebuild = StreamingGriffinLim(setting)
            sound = np.concatenate([rebuild.add(magnitude), rebuild.finish()])[rebuild.lead + setting.hop :]
            path = output / f"{number:02d}-{name}.wav"
            after = sound[half.shape[-1] * setting.hop :]
            found.append(
                {
                    "file": path.name,
                    "clipped": write(path, sound, setting.rate),
                    "peak": float(np.abs(after).max()),
                    "level_db": float(10 * np.log10(max(np.square(after).mean(), 1e-12))),
                    "inversion_error_db": inversion_error(sound, magnitude, setting),
                }
            )
    return found


def text_table(result: dict[str, Any]) -> str:
    """One row a way to go on, as a Markdown table."""
    head, *rows = _table(result)
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])


def _table(result: dict[str, Any]) -> list[list[str]]:
    units = {"level": "level dB", "centroid": "centroid Hz", "onsets": "onsets /s", "movement": "movement dB"}
    head = ["continuation", "distance dB", *(units.get(name, name) for name in NAMES), "typical"]
    digits = {"flatness": 3, "typical": 2, "centroid": 0}
    rows = [
        [name, *(f"{found[key]:.{digits.get(key, 1)}f}" for key in ("distance", *NAMES, "typical"))]
        for name, found in result["continuations"].items()
    ]
    return [head, *rows]


def levels(run: Path) -> dict[str, float]:
    """What the watch's figures are in the run's training data."""
    return read_json(run / "statistics.json")


def report_sections(run: Path, output: Path) -> list[Section]:
    """What a run's report says of its evaluation in `output`; nothing where there is none."""
    if not (output / "evaluation.json").exists():
        return []
    result = read_json(output / "evaluation.json")
    error = result["next_column_error"]
    text = (
        f"{result['options']['count']} held-out clips, heard up to their middle. Next column: {error['model']:.2f} dB from "
        f"the true one (the last column again: {error['last_column']:.2f} dB). Test loss {result['loss']['loss']:.4f}."
    )
    files = [os.path.relpath(output / name, run) for name in [result["files"], *(one["file"] for one in result["sounds"])]]
    return [Section("Continuations", text, _table(result), files)]
