"""Does a sequence model go on like the pieces themselves? Figures, pictures and sounds of a run's continuations.

The first bars of test pieces are the prompts, and as many bars are generated as the real continuations beside them have.
Every figure of `midi.measures.continuation` is given of the real ones (5th percentile, median, 95th), of what is
generated, and of the prompt repeated. A good continuation lies where real ones do; one that lies there need not be good.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generators.samples import sheet
from generators.sequences import SequenceEvaluateOptions
from generators.sequences.data import SequenceRun
from generators.sequences.representation import Representation, Stretch, rolls_after
from generators.sequences.samplers import BATCH, Decoding, continuations
from generators.sequences.watch import pictures_of, prompt_rolls
from midi.files.writing import write
from midi.measures.continuation import compared, rows_of, seam_table, table_of
from midi.synthesis.rendering import render
from training.errors import InputError
from training.family import Section
from training.files import atomic, outputs_of_runs, read_json, refuse_filled, write_json
from training.options import check
from training.report import write_report
from training.runs import versions
from training.runs.lock import idle

STUCK_BARS = 2.0
"""After which a held note counts as stuck."""
RENDERED = 4
"""Continuations that are rendered."""
RATE = 22_050
"""Samples a second of these sounds."""
RECORDED = ("count", "seed", "prompt_bars", "generated_bars", "temperature", "top_p", "max_note_bars")
"""Options that the record keeps."""


def evaluate(options: SequenceEvaluateOptions) -> list[dict[str, Any]]:
    """Evaluate runs one after the other; the record of each, which is also written to `evaluation.json`.

    InputError: a number out of range, not a run of a sequence model, one that is in training, results that exist, data that
    are gone or others, fewer than two test pieces of the length asked for.
    """
    check(options)
    folders = outputs_of_runs(options.runs, options.output)
    for folder in folders:
        refuse_filled(folder, options.force)
    return [_evaluate(run, folder, options) for run, folder in zip(options.runs, folders, strict=True)]


def _evaluate(run: Path, output: Path, options: SequenceEvaluateOptions) -> dict[str, Any]:
    with idle(run):
        opened = SequenceRun(run)
        representation, bar = opened.representation, opened.representation.roll_bar
        every, real, names = _test_stretches(opened, options)
        prompts = every[: options.count]
        sampler = opened.module.sampler(opened.model, representation, BATCH, options.max_note_bars)
        stretch, decoding = Stretch(options.generated_bars), Decoding(options.temperature, options.top_p)
        generated = continuations(
            sampler, representation, prompts, stretch, range(len(prompts)), seed=options.seed, decoding=decoding
        )
        rolls = {
            "real": rolls_after(representation, every, real, options.generated_bars),
            "generated": rolls_after(representation, prompts, generated, options.generated_bars),
        }
        heard = prompt_rolls(representation, prompts)
        again = [np.resize(roll, (options.generated_bars * bar, roll.shape[1])) for roll in heard]
        output.mkdir(parents=True, exist_ok=True)
        record = {
            "command": "generators.evaluate",
            "run": os.fspath(run),
            "model": opened.record["model"],
            "weights": opened.fingerprint(),
            "options": {name: getattr(options, name) for name in RECORDED},
            "versions": versions(),
            "pieces": {"real": len(real), "generated": len(generated), "names": names[: len(generated)]},
            "stuck": {name: _stuck(each, bar) for name, each in rolls.items()},
            "figures": compared(*(table_of(each, bar) for each in (*rolls.values(), again))),
            "seams": compared(*(_seams(heard, each, bar) for each in rolls.values())),
            "files": _show(output, prompts, real[: len(generated)], generated, representation),
        }
        write_json(output / "evaluation.json", record)
        write_report(run, output)
        return record


def _test_stretches(
    opened: SequenceRun, options: SequenceEvaluateOptions
) -> tuple[list[np.ndarray], list[np.ndarray], list[str]]:
    """(prompts, real continuations, names) of all test pieces that are long enough."""
    bars, representation = options.prompt_bars + options.generated_bars, opened.representation
    pieces = opened.pieces(options.data, options.cache)
    numbers = pieces.lasting("test", Stretch(bars), representation)
    if len(numbers) < 2:
        raise InputError(
            f"{len(numbers)} test pieces last {bars} bars; two are needed: lower --prompt-bars or --generated-bars, or "
            "train on more files"
        )
    whole = [pieces.beginning(number, Stretch(bars), representation) for number in numbers]
    prompts = [pieces.beginning(number, Stretch(options.prompt_bars), representation) for number in numbers]
    real = [steps[len(prompt) :] for steps, prompt in zip(whole, prompts, strict=True)]
    return prompts, real, [pieces.names[number] for number in numbers]


def _seams(prompts: list[np.ndarray], after: list[np.ndarray], bar: int) -> dict[str, np.ndarray]:
    """How the bar line between a prompt and what follows differs from the others of what follows."""
    both = [np.concatenate(pair) for pair in zip(prompts, after, strict=False)]
    return seam_table(both, [[len(prompt)] for prompt in prompts[: len(both)]], bar)


def _stuck(rolls: list[np.ndarray], bar: int) -> int:
    """How many have a note longer than STUCK_BARS."""
    return int((table_of(rolls, bar)["longest"] > STUCK_BARS).sum())


def _show(
    output: Path, prompts: list[np.ndarray], real: list[np.ndarray], generated: list[np.ndarray],
    representation: Representation,
) -> dict[str, list[str]]:  # fmt: skip
    """Draw all continuations (real above generated) and render some; the files' names."""
    both = [steps for pair in zip(real, generated, strict=True) for steps in pair]
    twice = [steps for steps in prompts for _ in range(2)]
    with atomic(output / "continuations.png") as path:
        Image.fromarray(np.squeeze(sheet(pictures_of(twice, both, representation), across=2))).save(path)
    sounds = []
    for number, (first, then) in enumerate(zip(prompts[:RENDERED], generated, strict=False)):
        piece, name = representation.decode(np.concatenate([first, then])), f"continuation-{number:02d}"
        write(output / f"{name}.mid", piece)
        render(piece, output / f"{name}.wav", rate=RATE)
        sounds += [f"{name}.wav", f"{name}.mid"]
    return {"pictures": ["continuations.png"], "sounds": sounds}


def text_table(record: dict[str, Any]) -> str:
    """One row a figure, as a Markdown table, below the name of the run."""
    head, *rows = _rows(record)
    lines = ["| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rows)]
    count, stuck = record["pieces"], record["stuck"]
    about = (
        f"{record['run']}: {count['generated']} continuations beside {count['real']} real ones; a note is held for more "
        f"than {STUCK_BARS:g} bars in {stuck['generated']} and in {stuck['real']}"
    )
    return "\n".join([about, "", *lines])


def _rows(record: dict[str, Any]) -> list[tuple[str, ...]]:
    return rows_of(record["figures"] | record.get("seams", {}))


def levels(run: Path) -> dict[str, float]:
    """What the watch's figures are in the run's data; nothing in runs that do not keep it."""
    return read_json(run / "statistics.json") if (run / "statistics.json").exists() else {}


def report_sections(run: Path, output: Path) -> list[Section]:
    """What a run's report says of its evaluation in `output`; files that do not lie below the run are not shown."""
    if not (output / "evaluation.json").exists():
        return []
    record = read_json(output / "evaluation.json")
    files = [output / name for names in record["files"].values() for name in names]
    inside = [path.relative_to(run).as_posix() for path in files if path.is_relative_to(run)]
    return [Section("Continuations", text_table(record).splitlines()[0], _rows(record), inside)]
