"""Paint the style of one recording onto another (neural style transfer on spectrogram pictures).

Writes OUTPUT (16-bit WAV with the content's channels, length and, as far as peaks allow, loudness, at the features' sample
rate: 22,050 Hz), and beside it a picture (.png: content, style, result, loss, scores) and a report (.json). Without
--content and --style a demo pair is composed and written next to OUTPUT. Ctrl-C writes what is painted so far.
Several contents or styles make all their pairs, --pairs those of a table; OUTPUT then is a folder, which also gets
scores.csv and contact_sheet.png. The same command again goes on where it was stopped. A pair that cannot be painted is one
line, and the others go on; the exit status is then 1.
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from training.cli import InputError, bar, run

if TYPE_CHECKING:
    from classifiers.prediction import Classifier
    from transfer.style.batch import Outcome
    from transfer.style.methods import Engine
    from transfer.style.pairs import Pair
    from transfer.style.settings import Recipe

PRESET_FIELDS = ("style_strength", "content_weight", "style_weight", "iterations", "optimizer", "phase", "start")


@dataclass(frozen=True)
class Options:
    """What is not given here, the preset says."""

    content: tuple[Path, ...] = ()
    """Recordings to paint on, of any length; by default a composed lo-fi track."""
    style: tuple[Path, ...] = ()
    """Recordings whose style is painted, of any length; by default a composed future bass track."""
    pairs: Path | None = None
    """CSV with a pair in each row instead: columns content and style, paths relative to the CSV, and, if wanted, output, a
    name in the folder OUTPUT."""
    style_strength: float | None = None
    """From 0, the content, to 1, all that was painted (the default)."""
    mask: tuple[str, ...] = ()
    """Paint only there: seconds such as 2-4.5s, frequencies such as 100-2000hz, several of each; by default everywhere."""
    features: str = "texture"
    """What style is: texture (how the bands of a sound move), or the features of a network that sees pictures: lil_data (the
    shipped classifier), vgg19, random (random filters in time), or the directory of a classifier's run."""
    vgg_weights: Path | None = None
    """File of VGG-19's ImageNet weights (without top); by default Keras downloads it."""
    preset: Literal["paper", "ours", "quick"] = "ours"
    """Where weights, iterations, optimizer, phase, start come from; paper's early pictures: 100 (vgg19: 10) iterations."""
    content_weight: float | None = None
    """Alpha."""
    style_weight: float | None = None
    """Beta."""
    iterations: int | None = None
    """Steps of the optimizer for each tile of 5 s and, where a network sees pictures, each channel."""
    optimizer: Literal["adam", "lbfgs"] | None = None
    """Adam with steps of a share of the pixel range, or L-BFGS."""
    phase: Literal["content", "random", "heap"] | None = None
    """Start of the phase reconstruction: the content's phase, random, or integrated from the picture. Not of texture, which
    keeps the content's phase."""
    start: Literal["content", "noise"] | None = None
    """Picture that painting starts from. Not of texture, which starts from the equalised content."""
    seed: int = 0
    """Seed of the demo pair, of random phases, of a start from noise and of the features `random`."""
    output: Path | None = None
    """Sound to write, by default nst.wav; picture and report take its name. Folder for several pairs, by default nst."""
    force: bool = False
    """Overwrite what is there; without it, finished pairs of several are not painted again."""


def main(options: Options) -> None:
    """One pair, or many."""
    if options.pairs or len(options.content) > 1 or len(options.style) > 1:
        _paint_many(options)
    else:
        _paint_one(options)


def _paint_one(options: Options) -> None:
    """Check, paint, write, print the paths."""
    from training.cli import tell
    from transfer.scores import markdown
    from transfer.style.files import inputs, outputs
    from transfer.style.interrupt import noted_interrupt
    from transfer.style.pair import Studio
    from transfer.style.pairs import Pair
    from transfer.style.sounds import Sound

    recipe, output = _recipe(options), options.output or Path("nst.wav")
    given = [*options.content, *options.style]
    written = outputs(output, options.force, tuple(given))
    content, style = (next(iter(paths), None) for paths in (options.content, options.style))
    pair = Pair(*inputs(content, style, output, options.seed, options.force), output)
    engine, classifier = _engine(options, recipe)
    sounds = [Sound(path, engine.setting) for path in (pair.content, pair.style)]
    studied = engine.study(sounds[1])
    with noted_interrupt() as interrupted:
        studio = Studio(engine, classifier, asdict(options), interrupted)
        result, judgement = studio.paint(pair, sounds[0], studied)
    tell(result.summary)
    tell(markdown(judgement.scores) if judgement.scores else f"not scored: {judgement.reason}")
    print(*written, sep="\n", flush=True)
    if result.interrupted:
        raise KeyboardInterrupt


def _paint_many(options: Options) -> None:
    """Paint every pair, print the paths of the results, then the table."""
    from transfer.style.batch import check_summary, paint_all, rows_of, write_summary
    from transfer.style.contact_sheet import write_sheets
    from transfer.style.interrupt import noted_interrupt
    from transfer.style.pair import Studio

    recipe, folder = _recipe(options), options.output or Path("nst")
    pairs = _pairs(options, folder)
    check_summary(folder, options.force)
    engine, classifier = _engine(options, recipe)
    outcomes = []
    with noted_interrupt() as interrupted:
        studio = Studio(engine, classifier, asdict(options), interrupted)
        for outcome in bar(paint_all(pairs, studio, options.force), len(pairs)):
            outcomes.append(outcome)
            _tell(outcome)
        stopped = interrupted()
    outcomes.sort(key=lambda outcome: pairs.index(outcome.pair))
    rows = rows_of(outcomes, folder)
    written = [write_summary(folder, rows)]
    if not stopped:
        written += write_sheets(folder, outcomes, rows, engine.setting)
    print(_table(rows), *written, sep="\n", flush=True)
    if stopped:
        raise KeyboardInterrupt
    failed = sum(outcome.outcome == "left out" for outcome in outcomes)
    if failed:
        raise InputError(f"{failed} of {len(pairs)} pairs could not be painted")


def _recipe(options: Options) -> Recipe:
    from transfer.style.mask import mask_of
    from transfer.style.settings import recipe_of

    given = {name: getattr(options, name) for name in PRESET_FIELDS}
    return recipe_of(options.preset, options.features, mask=mask_of(options.mask), **given)


def _engine(options: Options, recipe: Recipe) -> tuple[Engine, Classifier]:
    from transfer.style.methods import open_engine

    return open_engine(options.features, recipe, vgg_weights=options.vgg_weights, seed=options.seed)


def _pairs(options: Options, folder: Path) -> list[Pair]:
    from transfer.style.pairs import all_pairs, read_pairs

    if folder.suffix.lower() == ".wav" or folder.is_file():
        raise InputError(f"--output {folder} names one file, but there are several pairs; give a folder")
    if not options.pairs:
        if not options.content or not options.style:
            raise InputError(
                "give both --content and --style; received only " + ("--style" if options.style else "--content")
            )
        return all_pairs(options.content, options.style, folder)
    if options.content or options.style:
        raise InputError("--pairs names contents and styles itself; give it without --content and --style")
    return read_pairs(options.pairs, folder)


def _tell(outcome: Outcome) -> None:
    if outcome.outcome == "left out":
        _say(f"error: {outcome.pair.output.stem}: {outcome.reason}")
    else:
        _say(str(outcome.pair.output), sys.stdout)


def _table(rows: list[dict]) -> str:
    """For people, in the order of the pairs, and the means of what is defined."""
    from statistics import fmean

    from transfer.scores import HEADER, cell

    names = (
        "timbre",
        "texture",
        "content_preservation",
        "no_leakage",
        "score",
        "judge",
        "equalised_score",
        "equalised_judge",
    )
    head = ("pair", *HEADER, "equalised", "second judge", "outcome")
    lines = ["", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        figures = [cell(row.get(name)) for name in names]
        lines.append("| " + " | ".join([str(row["output"].with_suffix("")), *figures, row["outcome"]]) + " |")
    columns = ([row[name] for row in rows if row.get(name) is not None] for name in names)
    means = [cell(fmean(column) if column else None) for column in columns]
    return "\n".join([*lines, "| " + " | ".join(["mean", *means, ""]) + " |", ""])


def _say(message: str, stream: TextIO | None = None) -> None:
    """One line, by default on stderr, without breaking the bar of pairs."""
    from tqdm import tqdm

    tqdm.write(message, file=stream or sys.stderr)


if __name__ == "__main__":
    run(main, Options, keras=True)
