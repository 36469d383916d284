"""Turn sounds into spectrogram pictures (PNG) and pictures back into sounds, by the suffix of each file.

A folder stands for all sounds and pictures below it; hidden files are passed over. A picture carries its setting, so
the way back needs no option; it is as long as the sound was, to the sample. Beside each result, <its name>.json tells how
it was made. A file that cannot be converted is one line, and the others go on; the exit status is then 1.
Files are converted in one go: ten minutes of mono take 0.5 GB of memory to become a picture and 2 GB to become sound
again; a picture holds two hours of mono at most.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import tyro

from training.batch import Batch
from training.cli import bar, print_line, run
from training.errors import InputError
from training.options import Count, Index, Range, Seed

if TYPE_CHECKING:
    from spectro.stft import SpectrogramSetting


@dataclass(frozen=True)
class Options:
    """What to convert, and how."""

    files: tyro.conf.Positional[tuple[Path, ...]]
    """Sounds, pictures and folders."""
    output: Path = Path(".")
    """Folder for the results, named like the files (a second file of the same name gets -2), or a file's name if there is
    but one result; .wav, .flac, .ogg, .mp3 ... choose the format of a sound."""
    bits: Literal[16, 8] = 16
    """Bits of a grey level in pictures; the error that 8 bits cost is told in dB."""
    setting: str = "lil_data"
    """Named setting of the pictures to be made: lil_data or quick. The next four change it."""
    rate: Count | None = None
    """Sample rate in Hz to which sounds are brought."""
    n_fft: Annotated[int, Range(2)] | None = None
    """Samples in a window."""
    hop: Count | None = None
    """Samples from one column to the next."""
    floor_db: Annotated[float, Range(-700, 0, below=True)] | None = None
    """Level in dB below the loudest bin that is black."""
    channels: Literal["keep", "mono"] = "keep"
    """mono: mix the channels, of a sound before it is analysed, of a picture after it has become sound."""
    iterations: Index = 100
    """Griffin-Lim iterations for sounds made of pictures."""
    start: Literal["heap", "random"] = "heap"
    """Phases to start from: by phase gradient heap integration, or random."""
    subtype: str | None = None
    """Coding of the sounds: PCM_16 (the default for wav and flac), PCM_24, PCM_32, FLOAT ..."""
    seed: Seed = 0
    """Random seed."""
    force: bool = False
    """Overwrite results that exist."""


def main(options: Options) -> None:
    """Convert every file, print the paths of the results."""
    setting = _setting(options)
    jobs = _jobs(options)
    batch = Batch("converted", len(jobs))
    for source, target in bar(jobs, len(jobs)):
        with batch.one(source):
            _convert(source, target, setting, options)
            print_line(str(target), sys.stdout)
    batch.end()


def _setting(options: Options) -> SpectrogramSetting:
    """The named setting with the fields that were given."""
    from spectro.stft import SETTINGS

    if options.setting not in SETTINGS:
        raise InputError(f"--setting must be one of {', '.join(SETTINGS)}; received {options.setting}")
    fields = {name: getattr(options, name) for name in ("rate", "n_fft", "hop", "floor_db")}
    return replace(SETTINGS[options.setting], **{name: value for name, value in fields.items() if value is not None})


def _jobs(options: Options) -> list[tuple[Path, Path]]:
    """(source, target) of every file; no two targets are the same and none is a source."""
    from training.files import conversions, distinct

    found = [pair for path in options.files for pair in _found(path)]
    if not found:
        raise InputError("expected sounds, pictures or folders; received none")
    if _is_file_name(options.output):
        targets = [_only_target(found[0][0], options.output, len(found))]
    else:
        names = [name.with_suffix(".wav" if _is_picture(name) else ".png") for _, name in found]
        targets = distinct([options.output / name for name in names])
    return conversions((source for source, _ in found), targets)


def _found(path: Path) -> list[tuple[Path, Path]]:
    """The file itself, or those in a folder, each with the name below the output folder."""
    from spectro.clips import SUFFIXES
    from training.corpora.sources import find_sources

    if not path.is_dir():
        return [(path, Path(path.name))]
    return [(source.path, Path(source.name)) for source in find_sources(path, {**SUFFIXES, ".png": ""})]


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() == ".png"


def _is_file_name(output: Path) -> bool:
    from spectro.audio import FORMATS

    return not output.is_dir() and (_is_picture(output) or output.suffix.lower() in FORMATS)


def _only_target(source: Path, target: Path, count: int) -> Path:
    if count > 1:
        raise InputError(f"--output {target} names one file, but there are {count} results; give a folder")
    if _is_picture(source) == _is_picture(target):
        raise InputError(f"a sound becomes a .png and a .png a sound; received {source.name} and --output {target.name}")
    return target


def _convert(source: Path, target: Path, setting: SpectrogramSetting, options: Options) -> None:
    from training.files import beside, refuse_existing, write_json
    from training.runs import versions

    record = beside(target, ".json")
    for path in (target, record):
        refuse_existing(path, options.force)
    facts = _to_sound(source, target, options) if _is_picture(source) else _to_picture(source, target, setting, options)
    write_json(
        record, {"command": "spectro.convert", "source": source, "options": asdict(options), **facts, "versions": versions()}
    )


def _to_sound(source: Path, target: Path, options: Options) -> dict[str, Any]:
    from spectro.conversion import picture_to_sound

    with _progress(source.name) as progress:
        return picture_to_sound(
            source,
            target,
            iterations=options.iterations,
            start=options.start,
            seed=options.seed,
            mono=options.channels == "mono",
            subtype=options.subtype,
            note=print_line,
            progress=progress,
        )


def _to_picture(source: Path, target: Path, setting: SpectrogramSetting, options: Options) -> dict[str, Any]:
    from spectro.conversion import sound_to_picture

    return sound_to_picture(source, target, setting, bits=options.bits, mono=options.channels == "mono", note=print_line)


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Callable[[int, int], None]]:
    """What `griffin_lim` calls after each iteration; the bar appears if it takes more than two seconds."""
    from tqdm import tqdm

    with tqdm(desc=name, file=sys.stderr, unit="iteration", delay=2, leave=False, dynamic_ncols=True) as shown:

        def progress(done: int, total: int) -> None:
            shown.total = total
            shown.update(done - shown.n)

        yield progress


if __name__ == "__main__":
    run(main, Options)
