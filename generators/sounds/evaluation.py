"""How runs of models of sounds go on with recordings that they never saw: figures, pictures and sounds.

Each held-out clip is known up to its middle; what follows is compared with what really follows, beside simple ways to go on.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import keras
import numpy as np

from generators.sounds import SoundEvaluateOptions
from generators.sounds.column_sampler import ColumnSampler, continuations
from generators.sounds.data import SoundRun, batches
from generators.sounds.sampling import BATCH, temperature_of
from generators.sounds.statistics import NAMES, distance, mean_of, measured
from generators.sounds.training import pictures_of
from spectro.audio import write
from spectro.inversion import inversion_error
from spectro.plots import draw_picture
from spectro.stft import SpectrogramSetting
from spectro.streaming import StreamingGriffinLim
from training.corpora.batches import Purpose, stream_of
from training.errors import InputError
from training.family import Section
from training.files import outputs_of_runs, read_json, refuse_filled, save_figure, write_json
from training.options import check
from training.report import write_report
from training.runs import versions
from training.runs.lock import idle

RENDERED_CLIPS = 6
"""Clips whose continuation becomes sound."""
MIN_CLIPS = 4
"""Test clips that an evaluation needs."""
DRAWN_CLIPS = 4
DRAWN = {
    "the clip itself": "held-out clip",
    "model": "the model goes on",
    "model, of one column": "of its first column alone",
}
"""Ways of going on that are drawn, and their titles."""


def evaluate(options: SoundEvaluateOptions) -> list[dict[str, Any]]:
    """Evaluate runs on up to `options.count` clips of their test parts; their records, also in each `evaluation.json`.

    The report of each run is written again. InputError: not such a run, one that is in training, results that exist, numbers
    out of range, data that are gone or others, fewer than MIN_CLIPS test clips.
    """
    check(options)
    folders = outputs_of_runs(options.runs, options.output)
    for folder in folders:
        refuse_filled(folder, options.force)
    return [_evaluate(run, folder, options) for run, folder in zip(options.runs, folders, strict=True)]


def _evaluate(directory: Path, output: Path, options: SoundEvaluateOptions) -> dict[str, Any]:
    with idle(directory):
        run = SoundRun(directory)
        temperature, setting = temperature_of(options.temperature, run.model.output_head.noise), run.setting
        corpus, split = run.clips(options.data, options.cache)
        if len(split.test) < MIN_CLIPS:
            few = len(split.test)
            raise InputError(
                f"the test part of {directory} has but {few} clips; {MIN_CLIPS} are needed: train on more files"
            )
        clips = stream_of(options.seed, Purpose.EVALUATED_CLIPS).permutation(split.test)[: options.count]
        pictures, references = pictures_of(corpus, np.sort(clips), setting)
        ways = ways_on(run, pictures, temperature, options.seed)
        middle = pictures.shape[-1] // 2
        result = {
            "command": "generators.evaluate",
            "run": os.fspath(directory),
            "model": run.record["model"],
            "weights": run.fingerprint(),
            "options": {"count": len(clips), "seed": options.seed, "temperature": temperature},
            "versions": versions(),
            "loss": _loss(run.model, batches(corpus, split.test, setting, BATCH, shuffle=False)),
            "next_column_error": next_column_error(run.model, pictures),
            "continuations": {name: figures(way, pictures[..., middle:], setting) for name, way in ways.items()},
            "sounds": _sounds(output, pictures[:RENDERED_CLIPS, :, :middle], ways, references, setting),
            "files": draw(output, pictures, ways, setting),
        }
        write_json(output / "evaluation.json", result)
        write_report(directory, output)
        return result


def ways_on(run: SoundRun, pictures: np.ndarray, temperature: float, seed: int) -> dict[str, np.ndarray]:
    """Second halves (clips, rows, columns) of pictures: the true one, the model's, and those of simpler means."""
    middle, columns = pictures.shape[-1] // 2, pictures.shape[-1] - pictures.shape[-1] // 2
    first, second = pictures[..., :middle], pictures[..., middle:]
    sampler = run.module.sampler(run.model, BATCH)
    alone = _in_batches(sampler, pictures[..., :1], pictures.shape[-1] - 1, temperature, seed)
    return {
        "the clip itself": second,
        "model": _in_batches(sampler, first, columns, temperature, seed),
        "model, of one column": alone[..., -columns:],
        "another clip": np.roll(second, len(second) // 2, axis=0),
        "first half again": np.concatenate([first, first], axis=-1)[..., :columns],
        "last column held": np.repeat(first[..., -1:], columns, axis=-1),
        "silence": np.zeros_like(second),
    }


def _in_batches(sampler: ColumnSampler, prompts: np.ndarray, columns: int, temperature: float, seed: int) -> np.ndarray:
    """`continuations`, BATCH clips at a time; the last batch is filled up with clips whose continuation is not kept."""
    drawn = []
    for place in range(0, len(prompts), BATCH):
        part = np.resize(prompts[place : place + BATCH], (BATCH, *prompts.shape[1:]))
        drawn.append(continuations(sampler, part, columns, temperature, seed + place))
    return np.concatenate(drawn)[: len(prompts)]


def figures(generated: np.ndarray, truth: np.ndarray, setting: SpectrogramSetting) -> dict[str, float]:
    """Means over clips: of the measures, of the distance from the truth; and `typical`, the fraction of all measures that
    lie where nine in ten true continuations lie (0.9 for these themselves)."""
    own = [measured(one, setting) for one in generated]
    data = [measured(one, setting) for one in truth]
    low, high = np.percentile([[one[name] for name in NAMES] for one in data], [5, 95], axis=0)
    values = np.array([[one[name] for name in NAMES] for one in own])
    return mean_of(own) | {
        "distance": float(np.mean([distance(one, other, setting) for one, other in zip(generated, truth, strict=True)])),
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
        hidden, statistics, _ = self.model.read(columns[:, :-1], self.model.initial_states(columns[:, 0]), training=False)
        head = self.model.output_head
        noise = keras.ops.zeros((*keras.ops.shape(hidden)[:-1], head.noise))
        return head.draw(hidden, columns[:, :-1], statistics, noise)


def _loss(model: Any, feed: Any) -> dict[str, float]:
    """The loss on the test part and its parts."""
    model.compile()
    return {name: float(value) for name, value in model.evaluate(feed, verbose=0, return_dict=True).items()}


def _sounds(
    output: Path, first: np.ndarray, ways: dict[str, np.ndarray], references: np.ndarray, setting: SpectrogramSetting
) -> list[dict[str, Any]]:
    """Halves and what follows by the model and in truth, rebuilt alike and written; what can be measured of them."""
    found = []
    for number, (half, reference) in enumerate(zip(first, references, strict=False)):
        for name, key in (("model", "model"), ("truth", "the clip itself")):
            magnitude = setting.to_magnitude(np.concatenate([half, ways[key][number]], axis=-1), float(reference))
            inversion = StreamingGriffinLim(setting)
            sound = np.concatenate([inversion.add(magnitude), inversion.finish()])[inversion.lead + setting.hop :]
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


def draw(output: Path, pictures: np.ndarray, ways: dict[str, np.ndarray], setting: SpectrogramSetting) -> str:
    """Write `continuations.png` into `output`; its name. A line stands where the model takes over."""
    from matplotlib.figure import Figure

    middle = pictures.shape[-1] // 2
    clips = np.linspace(0, len(pictures) - 1, DRAWN_CLIPS).astype(int)
    figure = Figure(figsize=(4.5 * DRAWN_CLIPS, 3 * len(DRAWN)), layout="constrained")
    grid = figure.subplots(len(DRAWN), DRAWN_CLIPS, squeeze=False)
    for row, (way, title) in zip(grid, DRAWN.items(), strict=True):
        for axes, clip in zip(row, clips, strict=True):
            whole = np.concatenate([pictures[clip, :, :middle], ways[way][clip]], axis=-1)
            draw_picture(axes, whole, setting, title, colour_bar=False)
            axes.axvline(middle * setting.hop / setting.rate, color="white", linewidth=0.8, linestyle="--")
    save_figure(figure, output / "continuations.png", dpi=80)
    return "continuations.png"


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
        f"{result['options']['count']} held-out clips, known up to their middle. Next column: {error['model']:.2f} dB from "
        f"the true one (the last column again: {error['last_column']:.2f} dB). Test loss {result['loss']['loss']:.4f}."
    )
    files = [os.path.relpath(output / name, run) for name in [result["files"], *(one["file"] for one in result["sounds"])]]
    return [Section("Continuations", text, _table(result), files)]
