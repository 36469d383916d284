"""`report.html` of a run: what it is, how it went, what it made, on one page without a network."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from training.family import Section, family_of
from training.files import atomic, read_json, write_json
from training.fitting.callbacks import read_history
from training.runs import read_run

EVALUATED = "evaluated.json"
"""File of a run that tells where its newest evaluation lies."""
TEMPLATE = """<!doctype html><meta charset="utf-8"><title>{{ title }}</title>
<style>body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}
pre{background:#f4f4f4;padding:1em;overflow:auto} img{max-width:100%} figcaption{font-size:13px}
.table{overflow-x:auto} table{font-size:13px;border-collapse:collapse} td{padding:.1em .8em .1em 0;white-space:nowrap}
tr:first-child td{font-weight:600}
figure{display:inline-block;margin:.5em;max-width:28em;vertical-align:top} figure.wide{max-width:100%}</style>
<h1>{{ title }}</h1>
{% if curves %}<img src="data:image/png;base64,{{ curves }}" alt="curves">{% endif %}
{% for section in sections %}<h2>{{ section.title }}</h2>
{% if section.text %}<p>{{ section.text }}</p>{% endif %}
{% if section.table %}<div class="table"><table>{% for row in section.table %}<tr>{% for cell in row %}
<td>{{ cell }}</td>{% endfor %}</tr>
{% endfor %}</table></div>{% endif %}
{% for path in section.files %}{% if path.endswith(".png") %}<figure class="wide">
<img src="{{ path|address }}" alt="{{ path }}"><figcaption>{{ path }}</figcaption></figure>
{% elif path.endswith((".wav", ".flac")) %}<figure>
<audio controls src="{{ path|address }}"></audio><figcaption>{{ path }}</figcaption></figure>
{% else %}<p><a download href="{{ path|address }}">{{ path }}</a></p>{% endif %}{% endfor %}
{% endfor %}
<h2>Record</h2><pre>{{ record }}</pre>"""


def write_report(run: str | os.PathLike, evaluation: str | os.PathLike | None = None) -> Path:
    """Write the run's report: curves, what the model's family tells, what lies in `samples/`, the record. Its path.

    evaluation: the folder of a new evaluation, which later reports tell of, too; by default that of the last one.
    InputError: not a run, or one of a model that this version does not have.
    """
    import jinja2

    run = Path(run)
    record = read_run(run)
    if evaluation:
        write_json(run / EVALUATED, {"folder": os.path.relpath(evaluation, run)})
    folder = read_json(run / EVALUATED)["folder"] if (run / EVALUATED).exists() else "evaluation"
    sections, levels = family_of(record).report(run, Path(os.path.normpath(run / folder)))
    samples = sorted(path.relative_to(run).as_posix() for path in run.glob("samples/[!.]*"))
    samples = [path for path in samples if path.endswith((".png", ".wav"))]
    pages = jinja2.Environment(autoescape=True)
    pages.filters["address"] = lambda path: quote(os.fsencode(path))  # of names of any bytes
    page = pages.from_string(TEMPLATE).render(
        title=f"{record['package']}.{record['model']}",
        curves=_curves(run, levels),
        record=json.dumps(record, indent=2, ensure_ascii=False),
        sections=[*sections, *([Section("Samples", files=samples)] if samples else [])],
    )
    with atomic(run / "report.html") as path:
        path.write_text(page, encoding="utf-8", errors="surrogateescape")
    return run / "report.html"


def _curves(run: Path, levels: Mapping[str, float]) -> str:
    """The history as a picture, one panel per figure, base64 PNG; empty without a history."""
    from matplotlib.figure import Figure

    rows = read_history(run / "history.csv")
    found = dict.fromkeys(name for row in rows for name in row)
    names = [name for name in found if name != "epoch" and not name.startswith("val_")]
    if not names:
        return ""
    across = min(len(names), 3)
    figure = Figure(figsize=(4 * across, 3 * -(-len(names) // across)), layout="constrained")
    panels = figure.subplots(-(-len(names) // across), across, squeeze=False).flat
    for spare in panels[len(names) :]:
        spare.set_axis_off()
    for axes, name in zip(panels, names, strict=False):
        for series in (name, f"val_{name}"):
            points = [(row["epoch"] + 1, row[series]) for row in rows if series in row]
            if points:
                axes.plot(*zip(*points, strict=True), label=series)
        if name in levels:
            axes.axhline(levels[name], color="0.4", linestyle="--", label="data")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.set(xlabel="epoch", title=name)
        axes.legend()
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=90)
    return base64.b64encode(data.getvalue()).decode()
