"""A section of a document that a program writes: between its own heading and the next, the rest as it was."""

from __future__ import annotations

import re
from pathlib import Path

RELIABILITY = Path(__file__).parents[2] / "docs" / "reliability.md"
_TITLE = "# Reliability\n\nWhat is promised of every model, and what came of it. Each table is made by one command.\n"


def write_section(path: Path, heading: str, text: str) -> None:
    """Write `text` under `## heading` of the document, which is made where it is missing."""
    from training.files import atomic

    whole = path.read_text(encoding="utf-8") if path.exists() else _TITLE
    section = f"## {heading}\n\n{text.strip()}\n"
    found = re.search(rf"^## {re.escape(heading)}\n.*?(?=^## |\Z)", whole, re.MULTILINE | re.DOTALL)
    if found:
        after = whole[found.end() :]
        whole = whole[: found.start()] + section + ("\n" + after if after else "")
    else:
        whole = whole.rstrip("\n") + "\n\n" + section
    with atomic(path) as temporary:
        temporary.write_text(whole, encoding="utf-8")
