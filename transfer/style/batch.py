"""Many pairs, one after the other: a bad one is left out, a finished one is not painted again."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from training.cli import InputError
from training.files import atomic, read_json, refuse_existing
from transfer.style.files import outputs
from transfer.style.judgement import RESULT
from transfer.style.pair import Studio
from transfer.style.pairs import SUMMARY, Pair
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
    """painted, finished before, interrupted, or left out."""
    reason: str = ""
    """Why it was left out."""


def paint_all(pairs: list[Pair], studio: Studio, force: bool) -> Iterator[Outcome]:
    """The outcome of every pair as soon as it is known, style by style, so that each style is studied once.

    A pair that cannot be painted is an Outcome with its reason. Ends early where `studio.interrupted`.
    """
    sources = tuple(path for pair in pairs for path in (pair.content, pair.style))
    content_of, style_of = _openers(studio)
    order = {path: place for place, path in reversed(list(enumerate(pair.style for pair in pairs)))}
    for pair in sorted(pairs, key=lambda pair: order[pair.style]):
        try:
            if pair.fault:
                raise InputError(pair.fault)
            if not force and _is_finished(pair, studio):
                yield Outcome(pair, "finished before")
                continue
            outputs(pair.output, force or _is_ours(pair, studio), sources)
            content, style = content_of(pair.content), style_of(pair.style)
            studio.begin(pair)
            result, _ = studio.paint(pair, content, style)
        except (InputError, FileNotFoundError, PermissionError) as error:
            yield Outcome(pair, "left out", " ".join(str(error).split()))
        except MemoryError:
            yield Outcome(pair, "left out", f"{pair.content} or {pair.style} is too long for this machine's memory; cut it")
        else:
            yield Outcome(pair, "interrupted" if result.interrupted else "painted")
        if studio.interrupted():
            return


def _openers(studio: Studio) -> tuple[Any, Any]:
    """Path -> content, path -> what the engine knows of the style; the last ones are kept."""

    @lru_cache(maxsize=1024)
    def content_of(path: Path) -> Sound:
        return Sound(path, studio.engine.setting)

    @lru_cache(maxsize=1)
    def style_of(path: Path) -> Any:
        return studio.engine.study(content_of(path))

    return content_of, style_of


def _is_finished(pair: Pair, studio: Studio) -> bool:
    there = all(pair.output.with_suffix(suffix).is_file() for suffix in (".wav", ".png", ".json"))
    return there and _is_ours(pair, studio) and read_json(pair.output.with_suffix(".json"))["finished"]


def _is_ours(pair: Pair, studio: Studio) -> bool:
    """Does the report, if there is one, tell of the same options and of the same files?"""
    report = pair.output.with_suffix(".json")
    if not report.is_file():
        return False
    try:
        return read_json(report).get("fingerprint") == studio.made_of(pair)
    except (InputError, AttributeError):  # no report of ours
        return False


def check_summary(folder: Path, force: bool) -> None:
    """Before the work: is a table in the folder one of these, to be written anew? InputError: it is something else."""
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
