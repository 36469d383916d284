"""Pages for people, of one design, light or dark as the reader's system is: reports of runs, tables of runs, the tour.

A page is one HTML file that needs no network, and no other files but those that it shows.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from training.family import Section
from training.files import atomic

TRAINING, VALIDATION, LEVEL = "#3f83f0", "#d4622a", "#8a939d"
"""Colours of drawings, that read on light and on dark ground."""
STYLE = """
:root { color-scheme: light dark;
  --ink: #1c2128; --soft: #59636e; --line: #d8dde3; --page: #ffffff; --card: #f5f7f9; --link: #0a58ca }
@media (prefers-color-scheme: dark) { :root {
  --ink: #e4e8ed; --soft: #9aa5b1; --line: #343c46; --page: #14181d; --card: #1d2329; --link: #86b0f5 } }
* { box-sizing: border-box }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--page); max-width: 62rem;
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .4rem }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .5rem }
p { max-width: 46rem; margin: .4rem 0 }
a { color: var(--link) }
.lead, figcaption, .meanings dd, summary { color: var(--soft) }
.facts { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1.2rem 0; padding: .8rem 1rem; background: var(--card);
  border-radius: .5rem }
.facts dt { font-size: .8rem; color: var(--soft) }
.facts dd { margin: 0 }
.meanings dt { font-weight: 600; margin-top: .4rem }
.meanings dd { margin: 0; max-width: 46rem }
.table { overflow-x: auto; margin: .8rem 0 }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
th, td { text-align: left; padding: .3rem 1.2rem .3rem 0; border-bottom: 1px solid var(--line); white-space: nowrap }
th { font-weight: 600; color: var(--soft) }
.files { display: flex; flex-wrap: wrap; gap: 1rem; margin: .8rem 0; align-items: flex-start }
figure { margin: 0; max-width: 100% }
figcaption { font-size: .85rem; margin-top: .3rem; max-width: 46rem; overflow-wrap: anywhere }
img { display: block; max-width: 100%; background: #fff; border: 1px solid var(--line); border-radius: .4rem }
audio { display: block; width: 19rem; max-width: 100% }
.drawing text { fill: currentColor }
.drawing svg { display: block; width: 100%; height: auto; margin: .8rem 0 }
pre { background: var(--card); padding: .8rem 1rem; border-radius: .5rem; font-size: .85rem;
  white-space: pre-wrap; overflow-wrap: anywhere }
details { margin-top: 2.5rem }
summary { cursor: pointer }
"""
SECTIONS = """{% for section in sections %}<h2>{{ section.title }}</h2>
{% if section.text %}<p>{{ section.text }}</p>
{% endif %}{% if section.drawing %}<figure class="drawing">{{ section.drawing|safe }}</figure>
{% endif %}{% if section.table %}<div class="table"><table>
<tr>{% for cell in section.table[0] %}<th>{{ cell }}</th>{% endfor %}</tr>
{% for row in section.table[1:] %}<tr>{% for cell in row %}<td>{% if cell.href -%}
<a href="{{ cell.href|address }}">{{ cell.text }}</a>{% else %}{{ cell }}{% endif %}</td>{% endfor %}</tr>
{% endfor %}</table></div>
{% endif %}{% if section.meanings %}<dl class="meanings">
{% for name, meaning in section.meanings.items() %}<dt>{{ name }}</dt><dd>{{ meaning }}</dd>
{% endfor %}</dl>
{% endif %}{% if section.files %}<div class="files">
{% for path in section.files %}{% set words = section.captions.get(path, path) %}<figure>
{% if path.endswith(".png") %}<img src="{{ path|address }}" alt="{{ words }}">
{% elif path.endswith((".wav", ".flac")) %}
<audio controls{{ " loop" if path in section.loops }} src="{{ path|address }}"></audio>
{% endif %}<figcaption>{% if path.endswith((".png", ".wav", ".flac")) %}{{ words }}{% else -%}
<a {% if not path.endswith(".html") %}download {% endif %}href="{{ path|address }}">{{ words }}</a>
{%- endif %}</figcaption></figure>
{% endfor %}</div>
{% endif %}{% if section.commands %}<pre>{{ section.commands|join("\n") }}</pre>
{% endif %}{% endfor %}
"""
TEMPLATE = """<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{{ title }}</title>
<style>{{ style|safe }}</style>
<h1>{{ title }}</h1>
{% if lead %}<p class="lead">{{ lead }}</p>
{% endif %}{% if facts %}<dl class="facts">
{% for name, value in facts.items() %}<div><dt>{{ name }}</dt><dd>{{ value }}</dd></div>
{% endfor %}</dl>
{% endif %}{% include "sections" %}
{% for name, text in details.items() %}<details><summary>{{ name }}</summary><pre>{{ text }}</pre></details>
{% endfor %}</html>
"""


def write_page(
    path: str | os.PathLike,
    title: str,
    sections: Sequence[Section],
    *,
    lead: str = "",
    facts: Mapping[str, str] = MappingProxyType({}),
    details: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Write the page; its path. All texts are escaped.

    lead: a sentence or two below the title. facts: name -> value, in a line. details: name -> text that is folded away.
    """
    page = _templates(_relative).get_template("page")
    text = page.render(title=title, lead=lead, facts=facts, sections=sections, details=details, style=STYLE)
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="surrogateescape")
    return Path(path)


def sections_html(sections: Sequence[Section], address: Callable[[str], str]) -> str:
    """The sections alone, for a page of another's; address: a file of theirs -> where the page finds it, as it is."""
    return _templates(address).get_template("sections").render(sections=sections)


def _templates(address: Callable[[str], str]) -> Any:
    import jinja2

    pages = jinja2.Environment(autoescape=True, loader=jinja2.DictLoader({"page": TEMPLATE, "sections": SECTIONS}))
    pages.filters["address"] = address
    return pages


def _relative(path: str) -> str:
    """The address of a file below the page's folder, with a name of any bytes."""
    return quote(os.fsencode(path))


def inlined(svg: str) -> str:
    """An SVG file of Matplotlib's as a part of a page: black becomes the page's ink, and what only a file needs goes."""
    head, body = svg[svg.index("<svg") :].split(">", 1)
    head = re.sub(r' (xmlns[:\w]*|width|height|version)="[^"]*"', "", head)
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    return f"{head}>{body}".replace("#000000", "currentColor")
