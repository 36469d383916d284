"""List or clear the corpora that were made from folders in the user's cache folder.

clear deletes what this project made there and nothing else: with --yes only, and no folder that is in use or holds a file
of somebody else's.
"""

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
    yes: bool = False
    """With clear: delete. Without it clear tells what it would delete."""


def main(options: Options) -> None:
    """Print one line per cached corpus; delete them if asked to."""
    from training.cli import log
    from training.corpora.cleaning import cached, delete
    from training.corpora.user_cache import cache_folder
    from training.errors import InputError

    if options.yes and options.action == "list":
        raise InputError("--yes goes with clear; received list")
    found = cached(cache_folder(options.cache))
    clear = options.action == "clear"
    chosen = [one for one in found if not one.reason or (one.kind and not clear)]
    for one in chosen:
        print(f"{one.directory}\t{one.kind}\t{one.items} items\t{one.size / 1e6:.1f} MB")
        if clear and options.yes:
            delete(one.directory)
    if clear:
        for one in found:
            if one.reason:
                log(f"passed over: {one.directory} {one.reason}")
        size = sum(one.size for one in chosen) / 1e6
        log(f"{len(chosen)} folders of {size:.1f} MB " + ("deleted" if options.yes else "to delete; --yes deletes them"))


if __name__ == "__main__":
    run(main, Options)
