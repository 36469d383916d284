"""Measure a transfer of recordings where the truth is known: the same pieces, played by the instrument that was wanted.

Each input goes through each run and is compared with its truth, beside the input as it is and equalised. Log-spectral and
MFCC distance in dB, 0 is the truth; pitch preservation, 1 is the truth (`transfer.scores.distances`). The truths go through
each run: how well it copies, as RMS error in dB of full scale and as signal-to-noise ratio in dB. Medians, then means.
A run that fails at any pair is one line and has no row, and the others go on; the exit status is then 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tyro

from training.batch import Batch
from training.cli import bar, log, run
from training.errors import InputError

if TYPE_CHECKING:
    import numpy as np

COLUMNS = {"spectral": ".2f", "mfcc": ".2f", "pitch": ".4f", "error": ".1f", "snr": ".1f"}
"""Figure -> how it is printed."""


@dataclass(frozen=True)
class Options:
    """What to measure."""

    runs: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Run directories of models of recordings; without any the baselines alone."""
    pairs: Path = Path("pairs.csv")
    """CSV with the columns input and truth: two recordings of one piece, in step."""
    style: tuple[Path, ...] = ()
    """Recordings (not the truths) whose average spectrum the equaliser gives; without any there is no such row."""
    output: Path = Path("paired.json")
    """JSON file for all figures of all pairs."""
    force: bool = False
    """Overwrite it."""


def main(options: Options) -> None:
    """Print the table."""
    from training.files import refuse_existing, write_json
    from training.runs import versions

    refuse_existing(options.output, options.force)
    pairs = _pairs(options.pairs)
    table = {name: _rows(name, way, pairs, copies=False) for name, way in _baselines(options.style)}
    batch = Batch("measured", len(options.runs), "runs")
    for path in options.runs:
        with batch.one(path):
            table[str(path)] = _rows(str(path), _through(path), pairs, copies=True)
    print("| | log-spectral | MFCC | pitch preservation | error | signal-to-noise |\n|---|---|---|---|---|---|")
    for name, rows in table.items():
        cells = [_summary([row[key] for row in rows], form) for key, form in COLUMNS.items()]
        print("| " + " | ".join([name, *cells]) + " |")
    figures = {name: [pair | row for pair, row in zip(_named(pairs), rows, strict=True)] for name, rows in table.items()}
    write_json(
        options.output,
        {"command": "transfer.scores.paired", "options": asdict(options), "pairs": figures, "versions": versions()},
    )
    log(f"{len(pairs)} pairs; figures of each in {options.output}")
    batch.end()


def _pairs(path: Path) -> list[tuple[Path, Path]]:
    """(input, truth) of every line; paths are relative to the CSV. InputError: no such file, column, line or cell."""
    from training.corpora.sources import read_csv

    rows = read_csv(path, ("input", "truth"))
    if not rows:
        raise InputError(f"{path} has no row; expected a pair in each, below the line input,truth")
    for row in rows:
        if missing := [name for name in ("input", "truth") if not row[name]]:
            raise InputError(f"{path} line {row['line']}: no {missing[0]}")
    return [(path.parent / row["input"], path.parent / row["truth"]) for row in rows]


def _baselines(style: tuple[Path, ...]) -> Iterator[tuple[str, Callable[[Path], np.ndarray]]]:
    """Name -> a function from a recording to (channels, samples) at the scores' rate."""
    from spectro.audio import read
    from transfer.scores.prepare import RATE

    yield "doing nothing", lambda path: read(path, RATE)[0]
    if style:
        yield "equalised", _equaliser(style)


def _equaliser(style: tuple[Path, ...]) -> Callable[[Path], np.ndarray]:
    import numpy as np

    from spectro.audio import read
    from transfer.scores.baselines import equalised
    from transfer.scores.prepare import RATE

    wanted = np.concatenate([read(path, RATE, mono=True)[0] for path in style])
    return lambda path: equalised(read(path, RATE, mono=True)[0], wanted)


def _through(directory: Path) -> Callable[[Path], np.ndarray]:
    """What `transfer.apply` makes of a recording, 16 bits and clipping included."""
    import tempfile

    from spectro.audio import read
    from transfer.contract import open_application
    from transfer.scores.prepare import RATE

    application = open_application(directory)
    if application.suffix != ".wav":
        raise InputError(f"{directory} makes {application.suffix} files; expected a run of a model of recordings")

    def apply(path: Path) -> np.ndarray:
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder, "result.wav")
            application.write(path, target, {})
            return read(target, RATE)[0]

    return apply


def _rows(
    name: str, way: Callable[[Path], np.ndarray], pairs: list[tuple[Path, Path]], copies: bool
) -> list[dict[str, Any]]:
    return [_row(way, *pair, copies) for pair in bar(pairs, len(pairs), name)]


def _row(way: Callable[[Path], np.ndarray], source: Path, truth: Path, copies: bool) -> dict[str, Any]:
    """The figures of one pair; those of the truth's own copy only where it is to be copied."""
    from spectro.audio import read
    from transfer.scores.distances import distances, error
    from transfer.scores.prepare import RATE

    wanted, _ = read(truth, RATE)
    level, ratio = error(way(truth), wanted) if copies else (None, None)
    return asdict(distances(way(source), wanted)) | {"error": level, "snr": ratio}


def _summary(values: list[float | None], form: str) -> str:
    """Median and mean, or nothing where there are no figures."""
    import numpy as np

    if None in values:
        return "-"
    return f"{np.median(values):{form}}, {np.mean(values):{form}}"


def _named(pairs: list[tuple[Path, Path]]) -> list[dict[str, Path]]:
    return [{"input": source, "truth": truth} for source, truth in pairs]


if __name__ == "__main__":
    run(main, Options, keras=True)
