"""What is told of evaluations: tables for the screen, and the sections of a run's `report.html`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from generators.pictures.statistics import Statistics
from midi.measures.continuation import DISTANCES, rows_of
from training.family import Section
from training.files import read_json

HEAD = (
    "run", "model", "bits a pixel", "per-pitch marginal", "density", "data's", "pitches", "data's", "empty",
    "overlap", "floor", "share", "from samples", "copies", "data's",
)  # fmt: skip


def text_table(records: Sequence[dict[str, Any]]) -> str:
    """One row a run, as a Markdown table."""
    return _markdown([HEAD, *(_row(record) for record in records)])


def measures_table(record: dict[str, Any]) -> str:
    """One row a measure, as a Markdown table, below the name of the run."""
    return f"{record['run']}:\n\n{_markdown(_measures(record['measures']))}"


def kept_tables(record: dict[str, Any]) -> list[str]:
    """What was found of continuations and of filling in, each a line and a Markdown table; nothing of models without."""
    return [f"{section.text}\n\n{_markdown(section.table)}" for section in _kept(record)]


def _markdown(rows: Sequence[Sequence[str]]) -> str:
    head, *others = rows
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *others))


def _row(record: dict[str, Any]) -> tuple[str, ...]:
    pictures, likeness, copies, loss = (record[name] for name in ("pictures", "likeness", "copies", "loss"))
    data, samples = likeness["from_data"], pictures["samples"]
    return (
        record["run"],
        record["model"],
        f"{loss['bits']:.4f}" if loss else "-",
        f"{loss['marginal']:.4f}" if loss else "-",
        _percent(samples["density"], 2),
        _percent(pictures["held_out"]["density"], 2),
        f"{samples['pitches']} ({_percent(samples['pitches_share'])})",
        f"{pictures['held_out']['pitches']} ({_percent(pictures['held_out']['pitches_share'])})",
        _percent(samples["empty"]),
        f"{data['overlap']:.3f}",
        f"{data['floor']:.3f}",
        f"{data['share']:.3f}",
        f"{likeness['from_samples']['share']:.3f}",
        _percent(copies["samples"]["copies"]),
        _percent(copies["held_out"]["copies"]),
    )


def report_sections(run: Path, output: Path) -> list[Section]:
    """What a run's report says of its evaluation in `output`; nothing where there is none."""
    if not (output / "evaluation.json").exists():
        return []
    record = read_json(output / "evaluation.json")
    files = record["files"]
    heard = record["listening"]["rendered"]
    sections = [
        Section("Evaluation", _about(record), _figures(record), [files["histograms"]]),
        Section("Labels", "", _labels(record["labels"])) if record["labels"] else None,
        *_kept(record),
        Section("Measures", MEASURES, _measures(record["measures"])),
        Section("Copies", COPIES, _copies(record["copies"])),
        Section("Nearest to training pictures", "", _pairs(record["copies"]), [files["copies"]]),
        Section("Latent map", "", (), [files["latent_map"]]) if "latent_map" in files else None,
        Section("Samples evaluated", "", (), [files["samples"]]),
        Section("Held-out data", "", (), [files["held_out"]]),
        Section("Listen", _listening(record["listening"]), (), [one["wav"] for one in heard]),
        Section("Files", "", (), [*(one["midi"] for one in heard), "evaluation.json"]),
    ]  # fmt: skip
    return [section._replace(files=[_link(run, output / name) for name in section.files]) for section in sections if section]


def levels(run: Path) -> dict[str, float]:
    """What the watch's figures are in the run's training data."""
    data = Statistics.read(run / "statistics.json")
    return {"density": data.density, "pitches": data.pitches, "empty": data.empty}


MEASURES = (
    "Overlap of the distances within the held-out data with those between data and samples (1: samples are as near to the "
    "data as these to one another), its Kullback-Leibler divergence in nats, and the same of two halves of the data, the "
    "floor; 95 % bootstrap intervals. From samples: the overlap with the distances among samples, which shows whether they "
    "differ from each other as the data do."
)
COPIES = (
    "Jaccard distance to the nearest training picture, whatever it is transposed by; held-out pictures show how near music "
    "of this kind comes to other music of its kind without having been copied."
)


def _about(record: dict[str, Any]) -> str:
    options, parts = record["options"], record["parts"]
    return (
        f"{options['count']:,} samples (seed {options['seed']}, {options['binarise']}) against {options['held_out']:,} of "
        f"{parts['test']:,} held-out pictures; {parts['train']:,} pictures were trained on."
    )


def _figures(record: dict[str, Any]) -> list[tuple[str, ...]]:
    pictures, likeness, loss = record["pictures"], record["likeness"], record["loss"]
    parts = [pictures[name] for name in ("samples", "held_out", "training")]
    rows = [
        ("", "samples", "held-out data (overlap: its halves)", "training data"),
        ("cells that are on", *(_percent(one["density"], 2) for one in parts)),
        ("pitches used", *(str(one["pitches"]) for one in parts)),
        ("of the training data's pitches", *(_percent(one.get("pitches_share", 1.0)) for one in parts)),
        ("empty pictures", *(_percent(one["empty"]) for one in parts)),
        ("copies of training pictures", *(_percent(record["copies"][name]["copies"]) for name in ("samples", "held_out"))),
        *(
            (
                f"mean overlap of the measures, seen {words}",
                f"{one['overlap']:.3f} ({_percent(one['share'])})",
                f"{one['floor']:.3f}",
            )
            for words, one in (("from the data", likeness["from_data"]), ("from the samples", likeness["from_samples"]))
        ),
    ]
    if loss:
        rows += [
            ("test loss in bits a pixel", f"{loss['bits']:.4f}"),
            ("one value for all pixels would cost", f"{loss['constant']:.4f}"),
            ("one value for every row would cost", f"{loss['marginal']:.4f}"),
            ("one for every row after each value before", f"{loss['markov']:.4f}"),
        ]
    return rows


def _measures(measures: dict[str, Any]) -> list[tuple[str, ...]]:
    rows = [("", "data", "samples", "overlap", "divergence", "from samples", "floor", "its divergence")]
    for name, found in measures["against"].items():
        floor = measures["halves"][name]
        sides = [_spread(found[side]) for side in ("a", "b")]
        rows.append((name.replace("_", " "), *sides, *_scores(found["a"]), _scores(found["b"])[0], *_scores(floor["a"])))
    return rows


def _spread(side: dict[str, Any]) -> str:
    return "" if side["mean"] is None else f"{side['mean']:.3g} ± {side['deviation']:.2g}"


def _scores(side: dict[str, Any]) -> tuple[str, str]:
    if side["overlap"] is None:
        return "undefined", ""
    low, high = side["overlap_interval"] or (side["overlap"],) * 2
    return f"{side['overlap']:.2f} [{low:.2f}, {high:.2f}]", f"{side['divergence']:.3f}"


def _kept(record: dict[str, Any]) -> list[Section]:
    """Of continuations and of filling in, as far as there are any."""
    sections, found, filled = [], record.get("continuations"), record.get("filling")
    if found:
        bars, pieces = found["bars"], found["pieces"]
        text = (
            f"{pieces['generated']} test pieces: {bars['prompt']} bars are read, {bars['generated']} generated, beside "
            f"{pieces['real']} real continuations; {len(found['joints'])} joints in each."
        )
        sections.append(Section("Continuations", text, rows_of(found["figures"] | found["seams"]), [found["file"]]))
    if filled:
        text = (
            f"{filled['bars']} bars of {filled['pieces']['filled']} test pieces drawn anew: mean distances from the true "
            "ones, 0 to 1, beside the bars before them and samples that saw nothing."
        )
        sections.append(Section("Filling in", text, _filled(filled)))
    return sections


def _filled(filled: dict[str, Any]) -> list[tuple[str, ...]]:
    rows = [("distance", "filled in", "bars before", "samples", "nearer than the bars before")]
    ways = [filled["distances"][name] for name in ("filled", "copied", "unseen")]
    for name, what in DISTANCES.items():
        nearer = _percent(filled["nearer_than_copied"][name], 0)
        rows.append((f"{name.replace('_', ' ')} ({what})", *(f"{way[name]:.3f}" for way in ways), f"{nearer} of pieces"))
    return rows


def _labels(labels: dict[str, Any]) -> list[tuple[str, ...]]:
    rows = [("label", "samples", "held-out", "density", "data's", "share of the floor's overlap")]
    for label, one in labels.items():
        densities = ("-" if value is None else _percent(value, 2) for value in (one["density"], one["density_of_data"]))
        share = f"{one['likeness']['from_data']['share']:.3f}" if one["likeness"] else "-"
        rows.append((label or "(none)", str(one["samples"]), str(one["held_out"]), *densities, share))
    return rows


def _copies(copies: dict[str, Any]) -> list[tuple[str, ...]]:
    rows = [("", f"nearer than {copies['threshold']}", "equal", "smallest distance", "5 % are below", "median")]
    for words, name in (("samples", "samples"), ("held-out data", "held_out")):
        side = copies[name]
        distances = (f"{side[figure]:.3f}" for figure in ("smallest", "percentile_5", "median"))
        rows.append((words, _percent(side["copies"]), _percent(side["exact"]), *distances))
    return rows


def _pairs(copies: dict[str, Any]) -> list[tuple[str, ...]]:
    rows = [("sample", "distance", "training file")]
    return rows + [(str(one["item"]), f"{one['distance']:.3f}", one["file"]) for one in copies["closest"]]


def _listening(listening: dict[str, Any]) -> str:
    low, high = listening["note_rates"]
    heard = listening["rendered"]
    good = sum(not one["silent"] and one["not_clipped"] and one["in_range"] for one in heard)
    if not heard:
        return "No sample has a note."
    return (
        f"{good} of {len(heard)} are neither silent nor clipped and have {low:.1f} to {high:.1f} notes a second, as 90 % of "
        f"the data; of all samples {_percent(listening['share_in_range'])} have."
    )


def _link(run: Path, path: Path) -> str:
    """A path as the page names it, relative to the run."""
    return Path(os.path.relpath(path, run)).as_posix()


def _percent(share: float, digits: int = 1) -> str:
    return f"{100 * share:.{digits}f} %"
