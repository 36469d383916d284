"""What a transfer model is: trained on one kind of files, or two, and applied to whole files. Imports nothing heavy."""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal, Protocol, cast

import tyro

from training.errors import InputError
from training.family import Family, families_of, family_of
from training.files import distinct, refuse_existing, refuse_filled
from training.options import Fraction, Range, TrainOptions, check
from training.runs import read_run

Overlap = Annotated[float, Range(0, 0.5)]
"""The fraction of a window that the next one repeats."""


@dataclass(frozen=True)
class TransferTrainOptions(TrainOptions):
    """What `transfer.train` takes besides the model's own options."""

    source: Path | None = None
    """dtn: folder of MIDI files to be made into others."""
    target: Path | None = None
    """dtn: folder of MIDI files of the kind that they are made into."""
    soundfont: tuple[Path, ...] = ()
    """transcription: SoundFonts (.sf2, .sf3) that play the pieces, each as often as the built-in synthesiser."""
    pairs: Path | None = None
    """transcription: CSV (recording,notes[,group]) of recordings and their notes, MIDI files or CSVs
    (onset,offset,pitch[,velocity]; seconds, MIDI numbers), to learn from beside --data, or alone."""


@dataclass(frozen=True)
class ApplyOptions:
    """What to send through what."""

    run: tyro.conf.Positional[Path]
    """Run directory of a transfer model."""
    files: tyro.conf.Positional[tuple[Path, ...]] = ()
    """Recordings of any length, rate and number of channels, or MIDI files, as the model takes them."""
    output: Path = Path("transferred")
    """Folder for the results, named like the files, or the name of a .wav or .mid file if there is but one."""
    overlap: Overlap = 0.125
    """Fraction of a window that the next one repeats, 0 to 0.5; 0 makes clicks. dtn: at least that, since windows lie
    whole bars apart."""
    strength: Fraction = 1.0
    """From 0, the source as it is, to 1, what the model makes of it. Recordings are mixed. dtn: a cell of a black and white
    picture follows the model where it is sure of it, of a wanted certainty of 1 - strength; other pictures are mixed."""
    force: bool = False
    """Overwrite results that exist."""


@dataclass(frozen=True)
class EvaluateOptions:
    """Which run, and on what."""

    run: tyro.conf.Positional[Path]
    """Run directory of a dtn or a transcription."""
    part: Literal["test", "validation"] = "test"
    """The files that are used: those held out to the end, or those of the validation part (of a dtn, that the judge does not
    learn from), to choose settings by."""
    strength: Fraction = 1.0
    """dtn: as in `transfer.apply`."""
    overlap: Overlap = 0.125
    """dtn: as in `transfer.apply`."""
    source: Path | None = None
    """dtn: where the source's files are now, if they have moved."""
    target: Path | None = None
    """dtn: where the target's are."""
    data: Path | None = None
    """transcription: where the files are now, if they have moved."""
    pairs: Path | None = None
    """transcription: where the CSV of recordings is now."""
    soundfont: tuple[Path, ...] = ()
    """transcription: SoundFonts that play the pieces besides the built-in synthesiser; by default those of the training."""
    output: Path | None = None
    """Folder for the results; by default RUN/evaluation."""
    cache: Path | None = None
    """Where folders become corpora; by default the user's cache folder."""
    force: bool = False
    """Overwrite results that exist."""

    @property
    def folder(self) -> Path:
        """Of the results."""
        return Path(self.output or self.run / "evaluation")


OWN_OPTIONS = ("strength", "overlap", "source", "target", "data", "pairs", "soundfont")
"""Options of evaluations that are not for every model."""


class Applied(Protocol):
    """The model of a run, ready to work."""

    suffix: str
    """Of the files it writes."""

    def write(self, source: Path, target: Path, options: dict[str, Any]) -> None:
        """Write what becomes of the file `source` to `target`, and `<target>.json`. InputError: an unfit file.

        options: what the record beside the result keeps of the call.
        """


class TransferFamily(Family):
    """A transfer model: a folder of the package, its module in `model.py`."""

    package = "transfer"
    options = TransferTrainOptions
    measured = False
    """Whether there are measures of its runs."""
    evaluated_by: tuple[str, ...] = ()
    """Which of OWN_OPTIONS its measures take."""

    def module(self, model: str) -> ModuleType:
        """`transfer.MODEL.model`."""
        return import_module(f"transfer.{model}.model")

    def application(self, run: Path, overlap: float, strength: float) -> Applied:
        """The model of a run, opened to be applied to whole files."""
        raise NotImplementedError

    def evaluate(self, options: EvaluateOptions) -> str:
        """Measure the run into `options.folder`; the table, as Markdown."""
        raise NotImplementedError


def open_application(run: str | os.PathLike, overlap: float = 0.125, strength: float = 1.0) -> Applied:
    """The model of `run`, opened to be applied to whole files; options as `python -m transfer.apply --help` tells.

        open_application("runs/dtn").write(Path("song.mid"), Path("as_metal.mid"), {})

    InputError: not a run of a transfer model, an overlap or a strength out of range.
    """
    check(ApplyOptions(Path(run), overlap=overlap, strength=strength))
    return _family(run).application(Path(run), overlap, strength)


def targets_of(files: tuple[Path, ...], output: Path, force: bool, suffix: str = ".wav") -> list[tuple[Path, Path]]:
    """(source, target) of every file; suffix: of the results.

    InputError: no file, one name for several, a result that exists or is a source.
    """
    if not files:
        raise InputError("expected one file or more; received none")
    if output.suffix.lower() != suffix:
        targets = distinct([output / path.with_suffix(suffix).name for path in files])
    elif len(files) == 1:
        targets = [output]
    else:
        raise InputError(f"--output {output} names one file, but there are {len(files)}; give a folder")
    for target in targets:
        if target.resolve() in {path.resolve() for path in files}:
            raise InputError(f"{target} is an input and would be overwritten; give another --output")
        refuse_existing(target, force)
        target.parent.mkdir(parents=True, exist_ok=True)
    return list(zip(files, targets, strict=True))


def evaluate(run: str | os.PathLike, **options: Any) -> str:
    """Measure `run`, by default into RUN/evaluation; the table, as Markdown. options: fields of EvaluateOptions.

    InputError, before anything is made: not a run of a transfer model with measures, results that exist.
    """
    chosen = EvaluateOptions(Path(run), **options)
    check(chosen)
    family = _family(run)
    if not family.measured:
        models = ", ".join(name for name, one in families_of("transfer").items() if cast(TransferFamily, one).measured)
        raise InputError(f"{run} is a run of a model for which there are no measures; expected one of {models}")
    if wrong := [name for name in {*options} & {*OWN_OPTIONS} - {*family.evaluated_by} if options[name] != _default(name)]:
        raise InputError(f"{run} is not of a model whose evaluation takes --{wrong[0]}")
    refuse_filled(chosen.folder, chosen.force)
    return family.evaluate(chosen)


def _default(name: str) -> Any:
    return EvaluateOptions.__dataclass_fields__[name].default


def _family(run: str | os.PathLike) -> TransferFamily:
    """InputError: not a run, or one of another package."""
    record = read_run(run)
    if record.get("package") != "transfer":
        raise InputError(f"{run} is a run of {record.get('package')}; expected one that transfer.train made")
    return cast(TransferFamily, family_of(record))
