"""List or clear the corpora that were made from folders in the user's cache folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from training.cli import run


@dataclass(frozen=True)
class Options:
    """What to do with the cache."""

    action: tyro.conf.Positional[Literal["list", "clear"]] = "list"
    """List the cached corpora with their sizes, or delete them."""
    cache: Path | None = None
    """Cache folder; by default the platform's one for this user."""


def main(options: Options) -> None:
    """Print one line per cached corpus; delete them if asked to."""
    import shutil

    from training.corpora.user_cache import cache_folder
    from training.files import read_json

    folder = cache_folder(options.cache)
    corpora = sorted({path.parent for name in ("manifest.json", "plan.json") for path in folder.glob(f"*/{name}")})
    for directory in corpora:
        size = sum(path.stat().st_size for path in directory.iterdir()) / 1e6
        whole = (directory / "manifest.json").exists()
        facts = read_json(directory / "manifest.json") if whole else {"kind": "unfinished", "items": 0}
        print(f"{directory}\t{facts['kind']}\t{facts['items']} items\t{size:.1f} MB")
        if options.action == "clear":
            shutil.rmtree(directory)


if __name__ == "__main__":
    run(main, Options)
