"""Transfer the style of one recording onto another (neural style transfer on spectrogram pictures).

Writes OUTPUT (16-bit WAV with the content's channels, length and, as far as peaks allow, loudness, at the features' sample
rate: 22,050 Hz), and beside it a picture (.png: content, style, result, loss, scores) and a report (.json). Without
--content and --style a demo pair is composed and written next to OUTPUT. Ctrl-C writes what there is so far.
Several contents or styles make all their pairs, --pairs those of a table; OUTPUT then is a folder, which also gets
scores.csv and contact_sheet.png. The same command again goes on where it was stopped. A pair that cannot be transferred is
one line, and the others go on; the exit status is then 1.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from training.batch import Batch
from training.cli import bar, log, print_line, run
from training.errors import InputError

if TYPE_CHECKING:
    from transfer.style.options import StyleOptions
    from transfer.style.pairs import Pair


def options_for(arguments: list[str]) -> type[StyleOptions]:
    """The options, imported when the command runs and not when this module is."""
    from transfer.style.options import StyleOptions

    return StyleOptions


def main(options: StyleOptions) -> None:
    """One pair, or many."""
    if options.several:
        _transfer_many(options)
    else:
        _transfer_one(options)


def _transfer_one(options: StyleOptions) -> None:
    """Check, transfer, write, print the paths."""
    from transfer.scores import markdown
    from transfer.style.batch import Runner, noted_interrupt
    from transfer.style.pairs import Pair, inputs, outputs
    from transfer.style.sounds import Sound

    output = options.output or Path("nst.wav")
    written = outputs(output, options.force, (*options.content, *options.style))
    options.settings()  # before a demo pair is composed
    content, style = (next(iter(paths), None) for paths in (options.content, options.style))
    pair = Pair(*inputs(content, style, output, options.seed, options.force), output)
    method, classifier = options.method()
    content, style = (Sound(path, method.setting) for path in (pair.content, pair.style))
    statistics = method.style_statistics(style)
    with noted_interrupt() as interrupted:
        runner = Runner(method, classifier, asdict(options), interrupted)
        result, judgement = runner.transfer(pair, content, statistics)
    log(result.summary)
    log(markdown(judgement.scores) if judgement.scores else f"not scored: {judgement.reason}")
    if judgement.undefined:
        log("not defined: " + ", ".join(f"{name} ({why})" for name, why in judgement.undefined.items()))
    print(*written, sep="\n", flush=True)
    if result.interrupted:
        raise KeyboardInterrupt


def _transfer_many(options: StyleOptions) -> None:
    """Transfer every pair, print the paths of the results, then the table."""
    from transfer.style.batch import (
        Runner,
        check_summary,
        noted_interrupt,
        rows_of,
        transfer_all,
        write_sheet,
        write_summary,
    )

    folder = options.output or Path("nst")
    pairs = _pairs(options, folder)
    for pair in pairs:
        if pair.fault:
            log(f"left out: {pair.fault}")
    check_summary(folder, options.force)
    method, classifier = options.method()
    outcomes, batch = [], Batch("transferred", len(pairs), "pairs")
    with noted_interrupt() as interrupted:
        runner = Runner(method, classifier, asdict(options), interrupted)
        for outcome in bar(transfer_all(pairs, runner, options.force), len(pairs)):
            outcomes.append(outcome)
            if outcome.outcome == "left out":
                batch.failed(outcome.pair.output.stem, outcome.reason)
            else:
                print_line(str(outcome.pair.output), sys.stdout)
        stopped = interrupted()
    outcomes.sort(key=lambda outcome: pairs.index(outcome.pair))
    rows = rows_of(outcomes, folder)
    written = [write_summary(folder, rows)]
    if not stopped:
        written += write_sheet(folder, outcomes, rows, method)
    print(_table(rows), *written, sep="\n", flush=True)
    if stopped:
        raise KeyboardInterrupt
    batch.end()


def _pairs(options: StyleOptions, folder: Path) -> list[Pair]:
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


def _table(rows: list[dict]) -> str:
    """For people, in the order of the pairs, and the means of what is defined."""
    from statistics import fmean

    from transfer.scores import HEADER, cell

    names = ("timbre", "texture", "content_preservation", "no_leakage", "score", "judge")
    names += ("equalised_score", "equalised_judge")
    head = ("pair", *HEADER, "equalised", "second judge", "outcome")
    lines = ["", "| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for row in rows:
        figures = [cell(row.get(name)) for name in names]
        lines.append("| " + " | ".join([str(row["output"].with_suffix("")), *figures, row["outcome"]]) + " |")
    columns = ([row[name] for row in rows if row.get(name) is not None] for name in names)
    means = [cell(fmean(column) if column else None) for column in columns]
    return "\n".join([*lines, "| " + " | ".join(["mean", *means, ""]) + " |", ""])


if __name__ == "__main__":
    run(main, options_for, keras=True)
