"""Bits a pixel of the same test pictures, in one table: of runs, and of what needs no network.

Beside probabilities that are counted (`generators.pictures.statistics`), logistic regressions of every pixel on the column
before its own, and on that and the pixels above it in its own; before the first column all is black. Runs are of models of
pictures, or of sequence models that read the codec's columns, trained on the same data with the same seed. Needs a folder
of MIDI files (SPECTRO_DATA, by default ../shared/data, has Nottingham's tunes).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import tyro

from training.cli import log, run
from training.errors import InputError
from training.options import Seed

if TYPE_CHECKING:
    import numpy as np

CLOSEST = 1e-6
"""How near a probability comes to 0 or 1."""


@dataclass(frozen=True)
class Options:
    """What is judged, on which pictures."""

    runs: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Run directories of models with a likelihood of pictures."""
    data: Path | None = None
    """Folder of MIDI files; by default Nottingham's tunes in SPECTRO_DATA."""
    codec: str = "roll64"
    """Of black and white pictures."""
    seed: Seed = 0
    """Of the split."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""


def main(options: Options) -> None:
    """Print the table."""
    from generators.pictures.data import open_images
    from generators.pictures.likelihood import counts_of, picture_likelihood
    from generators.pictures.statistics import markov_nll, statistics_of
    from midi.codecs import codec_named
    from training.corpora.split import split_corpus

    data = options.data or Path(os.environ.get("SPECTRO_DATA", "../shared/data"), "midi", "nottingham")
    codec = codec_named(options.codec)
    if codec.levels != (0, 255) or codec.shape[-1] != 1:
        raise InputError(f"expected a codec of black and white pictures, such as roll64; received {options.codec}")
    corpus = open_images(data, codec, options.cache)
    split = split_corpus(corpus, seed=options.seed, labelled=False)
    judged = counts_of(corpus, split.test)
    log(f"{len(split.train)} pictures of the training part, {len(split.test)} of the test part")
    simple = statistics_of(corpus, split.train, codec).nll(corpus, split.test)
    training, test = (corpus[part][..., 0] > 127 for part in (split.train, split.test))
    print("| | bits a pixel |\n|---|---|")
    _row("one probability for all pixels", simple["constant"])
    _row("one for each row", simple["marginal"])
    _row("one for each row after each value of the pixel before", markov_nll(corpus, split.train, split.test))
    _row("logistic regression on the column before", logistic_nll(training, test, above=False))
    _row("logistic regression on the column before and the rows above", logistic_nll(training, test, above=True))
    for each in options.runs:
        found = picture_likelihood(each, data, options.cache)
        if found["which"] != judged["which"]:
            raise InputError(f"{each} has other test pictures: it was trained on other data, or with another codec or seed")
        _row(str(each), found["bits"])


def _row(name: str, bits: float) -> None:
    print(f"| {name} | {bits:.4f} |", flush=True)


def logistic_nll(training: np.ndarray, judged: np.ndarray, above: bool) -> float:
    """Bits a pixel of pictures `judged` by a logistic regression for each row, trained on `training` until it converges.

    Both bool (pictures, height, width). A pixel is predicted by the column before and, with `above`, by the pixels above it.
    """
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    before, now, counts = _columns(training)
    before_judged, now_judged, counts_judged = _columns(judged)
    bits = 0.0
    for row in range(now.shape[1]):
        seen = np.hstack([before, now[:, : row * above]])
        seen_judged = np.hstack([before_judged, now_judged[:, : row * above]])
        if now[:, row].min() == now[:, row].max():
            predicted = np.full(len(seen_judged), float(now[0, row]))
        else:
            regression = LogisticRegression(solver="newton-cholesky").fit(seen, now[:, row], sample_weight=counts)
            predicted = regression.predict_proba(seen_judged)[:, 1]
        right = np.where(now_judged[:, row], predicted, 1 - predicted).clip(CLOSEST, 1 - CLOSEST)
        bits -= np.average(np.log2(right), weights=counts_judged)
    return float(bits / now.shape[1])


def _columns(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(columns before (n, height), columns (n, height), how often there is such a pair (n,)), each pair once."""
    import numpy as np

    columns = pictures.transpose(0, 2, 1)
    before = np.pad(columns, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    packed = np.packbits(np.concatenate([before, columns], axis=2).reshape(-1, 2 * columns.shape[2]), axis=1)
    distinct, counts = np.unique(packed, axis=0, return_counts=True)
    pairs = np.unpackbits(distinct, axis=1, count=2 * columns.shape[2]).astype(bool)
    return *np.hsplit(pairs, 2), counts


if __name__ == "__main__":
    run(main, Options, keras=True)
