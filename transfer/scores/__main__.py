"""Score style transfers: timbre T and texture X of the style, content preservation K, no leakage of the style N.

Beside the results stand the content as it is, equalised to the style, and mixed with it: what next to nothing reaches.
The first 10 s of each file are scored, as in the reports of `transfer.nst`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import tyro

from training.cli import run
from training.errors import InputError


@dataclass(frozen=True)
class Options:
    """What to score."""

    content: tyro.conf.Positional[Path]
    """Recording that the style was transferred onto."""
    style: tyro.conf.Positional[Path]
    """Recording whose style was transferred."""
    results: tyro.conf.Positional[tuple[Path, ...]] = ()
    """What came of it; without any the baselines alone."""
    output: Path | None = None
    """JSON file for all figures, and for level and spectral flatness of the results' artifacts."""
    force: bool = False
    """Overwrite it."""


def main(options: Options) -> None:
    """Print the table."""
    from training.files import refuse_existing, write_json
    from transfer.scores import markdown, scores
    from transfer.scores.artifacts import artifacts
    from transfer.scores.prepare import read_start

    if options.output:
        refuse_existing(options.output, options.force)
    if len(set(options.results)) < len(options.results):
        raise InputError("expected every result once; received one twice")
    content, style, *results = (read_start(path) for path in (options.content, options.style, *options.results))
    found = scores(content, style, {str(path): sound for path, sound in zip(options.results, results, strict=True)})
    print(markdown(found))
    if options.output:
        table = {name: asdict(one) | {"score": one.score} for name, one in found.items()}
        new = {str(path): artifacts(content, style, sound) for path, sound in zip(options.results, results, strict=True)}
        record = {
            "command": "transfer.scores",
            "options": asdict(options),
            "scores": table,
            "artifacts": {name: asdict(one) for name, one in new.items()},
        }
        write_json(options.output, record)


if __name__ == "__main__":
    run(main, Options)
