"""Pairs, one after the other: a bad one is left out, a finished one is not transferred again."""

from __future__ import annotations

import contextlib
import csv
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from tqdm import tqdm

from classifiers.prediction import Classifier
from spectro.audio import write
from spectro.streaming import scratch_array
from training.cli import log
from training.errors import InputError, reason_of
from training.files import atomic, read_json, refuse_existing, write_json
from transfer.style.judgement import RESULT, Judgement, judge
from transfer.style.methods import Method
from transfer.style.pairs import SHEET, SUMMARY, Pair, fingerprint, outputs
from transfer.style.report import SheetRow, write_report, write_sheets
from transfer.style.result import Result
from transfer.style.sounds import Sound

COLUMNS = (
    "content", "style", "output", "outcome", "reason", "timbre", "texture", "content_preservation", "no_leakage", "score",
    "judge", "equalised_score", "equalised_judge", "inversion_error_db", "verdict_before", "verdict_equalised",
    "verdict_after", "artifacts_db", "artifacts_flatness", "steady_db", "steady_flatness",
)  # fmt: skip
"""Of the table of a folder of results."""


@dataclass(frozen=True)
class Outcome:
    """What became of a pair."""

    pair: Pair
    outcome: str
    """transferred, finished before, interrupted, or left out."""
    reason: str = ""
    """Why it was left out."""


@dataclass(frozen=True)
class Runner:
    """What transfers, judges and reports all pairs of a command."""

    method: Method
    classifier: Classifier
    options: dict[str, Any]
    """Of the command, for reports; `seed` is read from them."""
    interrupted: Callable[[], bool] = lambda: False
    """Whether the transfer shall end early."""

    def options_of(self, pair: Pair) -> dict[str, Any]:
        """As if the pair were the only one."""
        return self.options | {"content": pair.content, "style": pair.style, "output": pair.output}

    def fingerprint(self, pair: Pair) -> str:
        """The pair's `fingerprint`. OSError: a file that cannot be read."""
        return fingerprint(self.options, asdict(self.method.settings), pair.content, pair.style)

    def begin(self, pair: Pair) -> None:
        """Leave a report that says what is being made, so that a command that was killed knows its own results."""
        write_json(pair.output.with_suffix(".json"), {"fingerprint": self.fingerprint(pair), "finished": False})

    def transfer(self, pair: Pair, content: Sound, style: Any) -> tuple[Result, Judgement]:
        """Write sound, picture and report; style: what the method's `style_statistics` made of it.

        InputError: the mask leaves nothing to transfer.
        """
        setting, steps, folder = self.method.setting, self.method.steps(content), pair.output.parent
        self.method.settings.mask.check(content.samples / setting.rate, setting.rate / 2)
        with tqdm(
            total=steps, desc=f"transferring to {pair.output.name}", file=sys.stderr, dynamic_ncols=True, leave=False
        ) as bar:

            def watch(losses: dict[str, float]) -> bool:
                bar.set_postfix_str(f"loss {losses['loss']:.4g}", refresh=False)
                bar.update()
                return self.interrupted()

            result = self.method.transfer(
                content, style, seed=self.options["seed"], watch=watch, allocate=lambda shape: scratch_array(folder, shape)
            )
        write(pair.output, result.sound, result.rate)
        judgement = judge(pair.content, pair.style, pair.output, self.classifier)
        write_report(pair.output, result, self.method.settings, judgement, self.options_of(pair), self.fingerprint(pair))
        return result, judgement


@contextlib.contextmanager
def noted_interrupt() -> Iterator[Callable[[], bool]]:
    """Ctrl-C as a wish that is granted at the next good moment, so that no work is lost.

    Within it the first Ctrl-C only makes the yielded function return True; the second one interrupts at once.

    To be entered in the main thread.
    """
    pressed = False

    def note(number: int, frame: Any) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        log("\nstopping: what there is so far is being written (Ctrl-C again: give up at once)")

    before = signal.signal(signal.SIGINT, note)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


def transfer_all(pairs: list[Pair], runner: Runner, force: bool) -> Iterator[Outcome]:
    """The outcome of every pair as soon as it is known, style by style, so that the statistics of each are taken once.

    A pair that cannot be transferred is an Outcome with its reason. Ends early where `runner.interrupted`.
    """
    sources = tuple(path for pair in pairs for path in (pair.content, pair.style))
    content_of, style_of = _openers(runner)
    order = {path: place for place, path in reversed(list(enumerate(pair.style for pair in pairs)))}
    for pair in sorted(pairs, key=lambda pair: order[pair.style]):
        try:
            if pair.fault:
                raise InputError(pair.fault)
            if not force and _is_finished(pair, runner):
                yield Outcome(pair, "finished before")
                continue
            outputs(pair.output, force or _is_ours(pair, runner), sources)
            content, style = content_of(pair.content), style_of(pair.style)
            runner.begin(pair)
            result, _ = runner.transfer(pair, content, style)
        except Exception as error:
            yield Outcome(pair, "left out", reason_of(error, pair.output.stem))
        else:
            yield Outcome(pair, "interrupted" if result.interrupted else "transferred")
        if runner.interrupted():
            return


def _openers(runner: Runner) -> tuple[Any, Any]:
    """Path -> content, path -> what the method knows of the style; the last ones are kept."""

    @lru_cache(maxsize=1024)
    def content_of(path: Path) -> Sound:
        return Sound(path, runner.method.setting)

    @lru_cache(maxsize=1)
    def style_of(path: Path) -> Any:
        return runner.method.style_statistics(content_of(path))

    return content_of, style_of


def _is_finished(pair: Pair, runner: Runner) -> bool:
    there = all(pair.output.with_suffix(suffix).is_file() for suffix in (".wav", ".png", ".json"))
    return there and _is_ours(pair, runner) and read_json(pair.output.with_suffix(".json"))["finished"]


def _is_ours(pair: Pair, runner: Runner) -> bool:
    """Is the report, if there is one, of the same options and the same files?"""
    report = pair.output.with_suffix(".json")
    if not report.is_file():
        return False
    try:
        return read_json(report).get("fingerprint") == runner.fingerprint(pair)
    except (InputError, AttributeError):  # no report of ours
        return False


def check_summary(folder: Path, force: bool) -> None:
    """Before the work: is a table in the folder one of these, to be written again? InputError: it is something else."""
    path = folder / SUMMARY
    if not path.is_file():
        return
    with path.open(encoding="utf-8", errors="surrogateescape") as file:
        if file.readline().strip() != ",".join(COLUMNS):
            refuse_existing(path, force)


def rows_of(outcomes: list[Outcome], folder: Path) -> list[dict[str, Any]]:
    """A row of COLUMNS for each outcome, out of its report; output: within `folder`."""
    return [_row(outcome, folder) for outcome in outcomes]


def _row(outcome: Outcome, folder: Path) -> dict[str, Any]:
    pair = outcome.pair
    inside = pair.output.is_relative_to(folder)  # else it is a pair with that fault
    row = {
        "content": pair.content,
        "style": pair.style,
        "output": pair.output.relative_to(folder) if inside else pair.output,
        "outcome": outcome.outcome,
        "reason": outcome.reason,
    }
    if outcome.outcome == "left out":
        return row
    report = read_json(pair.output.with_suffix(".json"))
    scores, artifacts = report["scores"] or {}, report["artifacts"] or {}
    label = {name: (verdict or {}).get("label") for name, verdict in report["verdict"].items()}
    return row | {
        **scores.get(RESULT, {}),
        "equalised_score": scores.get("equalised", {}).get("score"),
        "equalised_judge": scores.get("equalised", {}).get("judge"),
        "inversion_error_db": report["inversion_error_db"],
        "verdict_before": label["content"],
        "verdict_equalised": label["equalised"],
        "verdict_after": label[RESULT],
        "artifacts_db": artifacts.get("level_db"),
        "artifacts_flatness": artifacts.get("flatness"),
        "steady_db": artifacts.get("steady_db"),
        "steady_flatness": artifacts.get("steady_flatness"),
    }


def write_summary(folder: Path, rows: list[dict[str, Any]]) -> Path:
    """Write the table; what is not defined is empty."""
    path = folder / SUMMARY
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _rounded(value) for name, value in row.items()} for row in rows)
    return path


def _rounded(value: Any) -> Any:
    return round(value, 4) if isinstance(value, float) else value


def write_sheet(folder: Path, outcomes: list[Outcome], rows: list[dict[str, Any]], method: Method) -> list[Path]:
    """Draw the pairs that have results; rows: of `rows_of`, in the order of `outcomes`. Returns the files."""
    shown = [
        SheetRow(outcome.pair.content, outcome.pair.style, outcome.pair.output, row)
        for outcome, row in zip(outcomes, rows, strict=True)
        if outcome.outcome != "left out"
    ]
    return write_sheets(folder / SHEET, shown, method.setting)
