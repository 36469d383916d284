"""How right a classifier is on its test part: per segment and per track, with 95 % intervals, and per class.

Clips of one recording are not independent, so intervals come from resampling recordings (percentile bootstrap, 2,000
draws, seed 0). A track's verdict is the mean of its clips' probabilities.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import confusion_matrix

from classifiers.data import one_hot, open_clips
from classifiers.foreign import novelty_scores, novelty_section, novelty_table
from classifiers.front_end import setting_of_model
from classifiers.novelty import measure_novelty, outputs_of, read_novelty, with_novelty, write_novelty
from training.corpora.corpus import Corpus
from training.corpora.split import split_corpus
from training.errors import InputError
from training.family import Section
from training.files import read_json, save_figure, write_json
from training.report import write_report
from training.runs import cache_of, load, read_run

DRAWS = 2_000
"""Of recordings, for an interval."""
ABOUT = (
    "Recordings that were neither trained on nor used to choose the epoch. Accuracy: the fraction whose genre is predicted "
    "rightly, of segments (one clip) and of tracks (the mean of a recording's clips). The interval is where 95 % of such "
    "fractions lie when recordings are drawn again and again; it is wide where there are few."
)
CONFUSION = "Segments of each true genre (rows) by their predicted genre (columns); what is right lies on the diagonal."


def evaluate(
    runs: Sequence[str | os.PathLike],
    *,
    data: str | os.PathLike | None = None,
    corpus: Corpus | None = None,
    cache: Path | None = None,
    foreign: Sequence[str | os.PathLike] = (),
    one: Callable[[str | os.PathLike], AbstractContextManager] = nullcontext,
) -> dict[str, Any]:
    """Scores of each run on its own test part, and of all together; also written to RUN/evaluation.json, RUN/confusion.png
    and the run's report.

        evaluate(["runs/fold-1", "runs/fold-2"])["mean"]["track"]["accuracy"]

    data: where the recordings are now, if not where they were when the run was trained. foreign: recordings that have none
    of the labels, see `classifiers.foreign`. With several runs (folds, seeds) the entry "mean" averages each recording's
    score over the runs that tested it. one: what each run is worked on in; with that of a `training.batch.Batch` the
    others go on where one fails. InputError: other data than trained on; foreign recordings where a run has no novelty.
    """
    rows = []
    for run in runs:
        with one(run):
            rows.append(evaluate_run(Path(run), data=data, corpus=corpus, cache=cache, foreign=foreign))
            write_report(run)
    result: dict[str, Any] = {"runs": [{key: value for key, value in row.items() if key != "sources"} for row in rows]}
    if len(rows) > 1:
        result["mean"] = {kind: _interval(_pooled(rows, kind)) for kind in ("segment", "track")}
    return result


def report_sections(run: Path) -> list[Section]:
    """What a run's report says of its test part; nothing where it was not evaluated."""
    if not (run / "evaluation.json").exists():
        return []
    scores = read_json(run / "evaluation.json")
    table = [("", "accuracy", "95 % interval")] + [
        (f"{kind}s", f"{100 * part['accuracy']:.1f} %", f"{100 * part['low']:.1f} to {100 * part['high']:.1f}")
        for kind, part in ((kind, scores[kind]) for kind in ("segment", "track"))
    ]
    sections = [Section("Test part", ABOUT, table, ["confusion.png"], captions={"confusion.png": CONFUSION})]
    return sections + ([novelty_section(scores["novelty"])] if scores.get("novelty") else [])


def evaluate_run(
    run: Path,
    *,
    data: str | os.PathLike | None = None,
    corpus: Corpus | None = None,
    cache: Path | None = None,
    foreign: Sequence[str | os.PathLike] = (),
) -> dict[str, Any]:
    """What `score` gives for one run, with `run`, `model`, `split`, `seed` and `novelty`; all files but the report."""
    record, model = read_run(run), load(run)
    about = record["data"]
    corpus = corpus or open_clips(data or about["path"], setting_of_model(model), cache_of(record, cache))
    if corpus.manifest["fingerprint"] != about["fingerprint"]:
        raise InputError(
            f"{run} was trained on other files than {data or about['path']} holds now; its test part is unknown"
        )
    split = split_corpus(
        corpus, by=about["by"], seed=record["seed"], fold=about["fold"], validation_fold=about["validation_fold"]
    )
    if not len(split.test):
        raise InputError(f"{run} has no test part")
    labels = tuple(record["labels"])
    novelty = read_novelty(run)
    if novelty is None:  # of a version that measured none
        novelty = measure_novelty(model, corpus, split, record["seed"])
        write_novelty(novelty, run)
    if foreign and novelty is None:
        raise InputError(f"{run} has no novelty to compare by: it was trained without a validation part")
    network = with_novelty(model, novelty)
    made = outputs_of(network, corpus, split.test)
    truth = one_hot(corpus, labels)[split.test].argmax(axis=1)
    scores = score(made["output"], truth, corpus.source_of[split.test], [row["name"] for row in corpus.rows], labels)
    scores = {"run": os.fspath(run), "model": record["model"], "split": _split_name(about), "seed": record["seed"], **scores}
    if novelty is not None:
        scores["novelty"] = novelty_scores(network, made["novelty"], foreign, setting_of_model(model), cache)
    write_json(run / "evaluation.json", scores)
    _picture(run / "confusion.png", np.array(scores["confusion"]), labels)
    return scores


def score(
    probabilities: np.ndarray, truth: np.ndarray, sources: np.ndarray, names: list[str], labels: tuple[str, ...]
) -> dict[str, Any]:
    """All figures from the clips' probabilities (clips, labels), true classes (clips,) and sources (clips,)."""
    guess = probabilities.argmax(axis=1)
    counts = confusion_matrix(truth, guess, labels=range(len(labels)))
    by_source = {}
    for source in np.unique(sources):
        mine = sources == source
        verdict = probabilities[mine].mean(axis=0).argmax()
        by_source[names[source]] = {
            "segment": [int((guess[mine] == truth[mine]).sum()), int(mine.sum())],
            "track": [int(verdict == np.bincount(truth[mine]).argmax()), 1],
        }
    right = counts.diagonal()
    return {
        "labels": labels,
        "clips": len(truth),
        "tracks": len(by_source),
        "segment": _interval(_pooled([{"sources": by_source}], "segment")),
        "track": _interval(_pooled([{"sources": by_source}], "track")),
        "precision": dict(zip(labels, _share(right, counts.sum(axis=0)), strict=True)),
        "recall": dict(zip(labels, _share(right, counts.sum(axis=1)), strict=True)),
        "confusion": counts,
        "sources": by_source,
    }


def _pooled(rows: list[dict[str, Any]], kind: str) -> np.ndarray:
    """(sources, 2): right and all clips (or verdicts) of each source, summed over the runs that tested it."""
    total: dict[str, np.ndarray] = defaultdict(lambda: np.zeros(2))
    for row in rows:
        for name, entry in row["sources"].items():
            total[name] += entry[kind]
    return np.array(list(total.values()))


def _interval(pairs: np.ndarray) -> dict[str, float]:
    """Accuracy of (right, all) pairs with its 95 % bootstrap interval over sources."""
    chosen = np.random.default_rng(0).integers(0, len(pairs), (DRAWS, len(pairs)))
    drawn = pairs[chosen].sum(axis=1)
    low, high = np.percentile(drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    right, all_ = pairs.sum(axis=0)
    return {"accuracy": float(right / all_), "low": float(low), "high": float(high)}


def _share(part: np.ndarray, whole: np.ndarray) -> list[float | None]:
    return [float(p / w) if w else None for p, w in zip(part, whole, strict=True)]


def _split_name(about: dict[str, Any]) -> str:
    return f"fold {about['fold']}" if about["fold"] is not None else about["by"]


def _picture(path: Path, counts: np.ndarray, labels: tuple[str, ...]) -> None:
    """The confusion matrix with its counts."""
    from matplotlib.figure import Figure

    from training.drawing import LONGEST_TICK

    size = 2.5 + 0.55 * len(labels) + 0.1 * min(max(map(len, labels)), LONGEST_TICK)
    figure = Figure(figsize=(size, size), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1), cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), labels, rotation=60, ha="right")
    axes.set_yticks(range(len(labels)), labels)
    axes.set(xlabel="predicted genre", ylabel="true genre")
    for row, column in np.ndindex(counts.shape):
        if counts[row, column]:
            dark = counts[row, column] > counts[row].sum() / 2
            axes.text(column, row, counts[row, column], ha="center", va="center", color="white" if dark else "black")
    save_figure(figure, path)


def table(result: dict[str, Any]) -> str:
    """The scores as Markdown: a row for each run and one for their mean, then each run's classes and novelty."""
    lines = [
        "| run | model | split | seed | clips | segment accuracy | tracks | track accuracy |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in result["runs"]:
        lines.append(
            f"| {row['run']} | {row['model']} | {row['split']} | {row['seed']} | {row['clips']} | "
            f"{_percent(row['segment'])} | {row['tracks']} | {_percent(row['track'])} |"
        )
    if "mean" in result:
        mean = result["mean"]
        lines.append(f"| mean | | | | | {_percent(mean['segment'])} | | {_percent(mean['track'])} |")
    for row in result["runs"]:
        lines += ["", f"{row['run']}:", "", "| class | precision | recall |", "|---|---|---|"]
        lines += [
            f"| {label} | {_cell(row['precision'][label])} | {_cell(row['recall'][label])} |" for label in row["labels"]
        ]
        if row.get("novelty"):
            heads, *rest = (f"| {' | '.join(cells)} |" for cells in novelty_table(row["novelty"]))
            lines += ["", heads, "|---|---|---|---|", *rest]
    return "\n".join(lines)


def _percent(entry: dict[str, float]) -> str:
    return f"{100 * entry['accuracy']:.1f} % ({100 * entry['low']:.1f} to {100 * entry['high']:.1f})"


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"
