"""`report.html` of a run: what it is, how it went, what it made, on one page without a network."""

from __future__ import annotations

import base64
import io
import json
import os
from pathlib import Path

from training.files import atomic, read_json
from training.history import read_history
from training.runs import read_run

TEMPLATE = """<!doctype html><meta charset="utf-8"><title>{{ title }}</title>
<style>body{font:15px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}
pre{background:#f4f4f4;padding:1em;overflow:auto} img{max-width:100%} figcaption{font-size:13px}
figure{display:inline-block;margin:.5em;max-width:28em;vertical-align:top}</style>
<h1>{{ title }}</h1>
{% if curves %}<img src="data:image/png;base64,{{ curves }}" alt="curves">{% endif %}
{% if evaluation %}<h2>Test part</h2><p>Segments {{ "%.1f"|format(100 * evaluation.segment.accuracy) }} %
({{ "%.1f"|format(100 * evaluation.segment.low) }} to {{ "%.1f"|format(100 * evaluation.segment.high) }}),
tracks {{ "%.1f"|format(100 * evaluation.track.accuracy) }} %
({{ "%.1f"|format(100 * evaluation.track.low) }} to {{ "%.1f"|format(100 * evaluation.track.high) }}).</p>
<img src="confusion.png" alt="confusion matrix">{% endif %}
{% if pictures or sounds %}<h2>Samples</h2>{% endif %}
{% for path in pictures %}<figure><img src="{{ path|urlencode }}" alt="">
<figcaption>{{ path }}</figcaption></figure>{% endfor %}
{% for path in sounds %}<figure><audio controls src="{{ path|urlencode }}"></audio>
<figcaption>{{ path }}</figcaption></figure>{% endfor %}
<h2>Record</h2><pre>{{ record }}</pre>"""


def write_report(run: str | os.PathLike) -> Path:
    """Write the run's report from what is in its directory; returns its path."""
    import jinja2

    run = Path(run)
    record = read_run(run)
    samples = sorted(path.relative_to(run).as_posix() for path in run.glob("samples/*"))
    page = (
        jinja2.Environment(autoescape=True)
        .from_string(TEMPLATE)
        .render(
            title=f"{record['package']}.{record['model']}",
            curves=_curves(run),
            record=json.dumps(record, indent=2),
            evaluation=read_json(run / "evaluation.json") if (run / "evaluation.json").exists() else None,
            pictures=[path for path in samples if path.endswith(".png")],
            sounds=[path for path in samples if path.endswith(".wav")],
        )
    )
    with atomic(run / "report.html") as path:
        path.write_text(page, encoding="utf-8")
    return run / "report.html"


def _curves(run: Path) -> str:
    """The history as a picture, one panel per figure, base64 PNG; empty without a history."""
    from matplotlib.figure import Figure

    rows = read_history(run / "history.csv")
    names = [name for name in (rows[0] if rows else {}) if name != "epoch" and not name.startswith("val_")]
    if not names:
        return ""
    figure = Figure(figsize=(4 * len(names), 3), layout="constrained")
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for series in (name, f"val_{name}"):
            if series in rows[0]:
                axes.plot([row["epoch"] + 1 for row in rows], [row.get(series) for row in rows], label=series)
        axes.set(xlabel="epoch", title=name)
        axes.legend()
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=90)
    return base64.b64encode(data.getvalue()).decode()
