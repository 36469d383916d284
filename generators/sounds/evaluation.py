"""How runs of models of sounds go on with recordings that they never saw: figures, pictures and sounds.

Each held-out clip is known up to its middle, or so far as is asked for; what follows is compared with what really follows,
beside simple ways to go on.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from generators.sounds import SoundEvaluateOptions
from generators.sounds.column_sampler import columns_in
from generators.sounds.data import PicturedClips, SoundRun, batches
from generators.sounds.samplers import ModelSampler
from generators.sounds.sampling import temperature_of
from generators.sounds.statistics import NAMES
from generators.sounds.trials import BATCH, compared, figures, groups_of, next_column_error, test_clips, ways_on
from spectro.audio import write
from spectro.inversion import inversion_error
from spectro.plots import draw_picture
from spectro.stft import SpectrogramSetting
from spectro.streaming import StreamingGriffinLim
from training.errors import InputError
from training.family import Section
from training.files import outputs_of_runs, read_json, refuse_filled, save_figure, write_json
from training.options import check
from training.report import write_report
from training.runs import versions
from training.runs.lock import idle

RENDERED_CLIPS = 6
"""Clips whose continuation becomes sound."""
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
        sampler: ModelSampler = run.module.sampler(run.model)
        temperature = temperature_of(options.temperature, sampler.draws)
        corpus, indices, setting = test_clips(run, options)
        heard = columns_in(options.heard or setting.seconds / 2, setting)
        if not 0 < heard < setting.columns - 1:
            raise InputError(f"--heard must be less than the {setting.seconds:g} s of a clip; received {options.heard:g}")
        clips = PicturedClips.of(corpus, indices, setting)
        ways = ways_on(run, clips, heard, temperature, options.seed)
        found = compared(ways, clips.pictures, heard, setting)
        result = {
            "command": "generators.evaluate",
            "run": os.fspath(directory),
            "model": run.record["model"],
            "weights": run.fingerprint(),
            "options": {
                "count": len(indices), "seed": options.seed, "temperature": temperature, "seconds": setting.seconds,
                "heard": heard * setting.hop / setting.rate, "unseen": os.fspath(options.unseen) if options.unseen else None,
            },
            "versions": versions(),
            "loss": _loss(run.model, batches(corpus, indices, setting, BATCH, shuffle=False), setting),
            "next_column_error": next_column_error(run.model, clips.pictures) if not sampler.copies else None,
            "continuations": _figures(found, range(len(indices))),
            "groups": {
                group: {"count": len(chosen), "continuations": _figures(found, chosen)}
                for group, chosen in groups_of(corpus, indices, clips.sounds).items()
            },
            "sounds": _sounds(output, clips, ways, heard),
            "files": draw(output, clips.pictures, ways, heard, setting),
        }  # fmt: skip
        write_json(output / "evaluation.json", result)
        write_report(directory, output)
        return result


def _figures(found: dict[str, list[dict[str, float]]], chosen: Iterable[int]) -> dict[str, dict[str, float]]:
    """Of each way, over the clips that are chosen."""
    chosen = list(chosen)
    truth = [found["the clip itself"][clip] for clip in chosen]
    return {name: figures([clips[clip] for clip in chosen], truth) for name, clips in found.items()}


def _loss(model: Any, feed: Any, setting: SpectrogramSetting) -> dict[str, float] | None:
    """The loss on these clips and its parts; None where they are not as long as those that the model trained on."""
    if setting.seconds < model.setting.seconds:
        return None
    model.compile()
    return {name: float(value) for name, value in model.evaluate(feed, verbose=0, return_dict=True).items()}


def _sounds(output: Path, clips: PicturedClips, ways: dict[str, np.ndarray], heard: int) -> list[dict[str, Any]]:
    """What is known and what follows by the model and in truth, rebuilt alike and written; what can be measured of them."""
    found, setting = [], clips.setting
    for number, (picture, reference) in enumerate(zip(clips.pictures[:RENDERED_CLIPS], clips.references, strict=False)):
        half = picture[:, :heard]
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


def draw(output: Path, pictures: np.ndarray, ways: dict[str, np.ndarray], heard: int, setting: SpectrogramSetting) -> str:
    """Write `continuations.png` into `output`; its name. A line stands where the model takes over."""
    from matplotlib.figure import Figure

    drawn = {way: title for way, title in DRAWN.items() if way in ways}
    clips = np.linspace(0, len(pictures) - 1, DRAWN_CLIPS).astype(int)
    figure = Figure(figsize=(4.5 * DRAWN_CLIPS, 3 * len(drawn)), layout="constrained")
    grid = figure.subplots(len(drawn), DRAWN_CLIPS, squeeze=False)
    for row, (way, title) in zip(grid, drawn.items(), strict=True):
        for axes, clip in zip(row, clips, strict=True):
            whole = np.concatenate([pictures[clip, :, :heard], ways[way][clip]], axis=-1)
            draw_picture(axes, whole, setting, title, colour_bar=False)
            axes.axvline(heard * setting.hop / setting.rate, color="white", linewidth=0.8, linestyle="--")
    save_figure(figure, output / "continuations.png", dpi=80)
    return "continuations.png"


def text_table(result: dict[str, Any]) -> str:
    """One row a way to go on, as Markdown tables: of all clips, then of each group."""
    parts = []
    for title, continuations in _parts(result):
        head, *rows = _table(continuations)
        parts.append("\n".join([title, "", *("| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows])]))
    return "\n\n".join(parts)


def _parts(result: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Title and figures of all clips, then of each group."""
    groups = [(f"{each['count']} of {name}", each["continuations"]) for name, each in result["groups"].items()]
    return [(f"{result['options']['count']} clips", result["continuations"]), *groups]


def _table(continuations: dict[str, Any]) -> list[list[str]]:
    units = {"level": "level dB", "centroid": "centroid Hz", "onsets": "onsets /s", "movement": "movement dB"}
    units["distance"] = "distance dB"
    shown = ("distance", "rhythm", "harmony", "seam", "typical", *NAMES)
    head = ["continuation", *(units.get(name, name) for name in shown)]
    digits = {"flatness": 3, "typical": 2, "rhythm": 2, "harmony": 2, "centroid": 0}
    rows = [[name, *(f"{found[key]:.{digits.get(key, 1)}f}" for key in shown)] for name, found in continuations.items()]
    return [head, *rows]


def levels(run: Path) -> dict[str, float]:
    """What the watch's figures are in the run's training data."""
    return read_json(run / "statistics.json")


def report_sections(run: Path, output: Path) -> list[Section]:
    """What a run's report says of its evaluation in `output`; nothing where there is none."""
    if not (output / "evaluation.json").exists():
        return []
    result = read_json(output / "evaluation.json")
    text = f"{result['options']['count']} held-out clips, of which {result['options']['heard']:.3g} s each are known."
    if error := result["next_column_error"]:
        text += f" Next column: {error['model']:.2f} dB off, {error['last_column']:.2f} dB if that is held."
    if loss := result["loss"]:
        text += f" Test loss {loss['loss']:.4f}."
    files = [os.path.relpath(output / name, run) for name in [result["files"], *(one["file"] for one in result["sounds"])]]
    (_, continuations), *groups = _parts(result)
    first = Section("Continuations", text, _table(continuations), files)
    return [first, *(Section(title.capitalize(), table=_table(each)) for title, each in groups)]
