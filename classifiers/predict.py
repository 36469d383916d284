"""The genre of recordings: a row per window, a verdict per file, a JSON file and a picture of the time line; and whether
they are unlike all that the classifier was trained on (novelty above 1).

`python -m classifiers.predict [RUN] FILE ...`: without a run (a directory of `classifiers.train`) the shipped classifier.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import tyro

from training.batch import Batch
from training.cli import run


@dataclass(frozen=True)
class Options:
    """What to classify, and where to write."""

    files: tyro.conf.Positional[tuple[Path, ...]]
    """Recordings, or folders of them; a run directory first to use that classifier."""
    output: Path = Path("predictions")
    """Folder for NAME.json and NAME.png of each file."""
    force: bool = False
    """Overwrite what is there."""


def main(options: Options) -> None:
    """Classify each file; a bad one is one line on stderr and the rest goes on."""
    from classifiers.prediction import Classifier, write_prediction
    from classifiers.pretrained import path as shipped
    from spectro.clips import SUFFIXES
    from training.corpora.sources import find_sources
    from training.errors import InputError
    from training.files import free_name

    files = list(options.files)
    given = files.pop(0) if files and (files[0] / "config.json").exists() else shipped()
    if not files:
        raise InputError("expected at least one recording or folder of recordings")
    classifier = Classifier(given)
    paths = [
        path for file in files for path in ([s.path for s in find_sources(file, SUFFIXES)] if file.is_dir() else [file])
    ]
    taken: set[str] = set()
    batch = Batch("classified", len(paths))
    for path in paths:
        with batch.one(path):
            target = free_name(options.output, path.stem, (".json", ".png"), taken, options.force)
            prediction = classifier(path)
            write_prediction(prediction, target, given)
            _print(prediction)
            print(f"{target}.json\n{target}.png\n", flush=True)
    batch.end()


def _print(prediction) -> None:
    best = prediction.probabilities.argmax(axis=1)
    print(f"{prediction.name}: {prediction.told}")
    for row, label in enumerate(best):
        verdict = (
            "silent" if prediction.silent[row] else f"{prediction.labels[label]} {prediction.probabilities[row, label]:.0%}"
        )
        if prediction.novelty is not None and not prediction.silent[row] and prediction.novelty[row] > 1:
            verdict += f", novelty {prediction.novelty[row]:.2f}"
        print(f"  {prediction.starts[row]:8.2f} s to {prediction.ends[row]:8.2f} s  {verdict}")


if __name__ == "__main__":
    run(main, Options, keras=True)
