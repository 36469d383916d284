"""Which items the options of `generators.sample` ask for, of models with latents and of models that draw cells."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from generators.contract import PictureSampler
from generators.pictures import PictureSampleOptions
from generators.pictures.data import PictureRun, data_of
from generators.pictures.encoding import between_files, variations
from generators.pictures.filling import Songs, continuation, filling, song_of
from generators.pictures.holes import hole_of
from generators.pictures.latent_sampler import LatentSampler
from generators.pictures.latents import Between, Drawn, Grid, Mixed, drawn_latents, windows_of
from generators.pictures.sources import Draws, Source, columns_of_bars
from generators.primers import BARS, PROMPT_BARS
from generators.samples import Blocks
from training.cli import log
from training.errors import InputError

WAYS = ("grid", "between", "mix", "interpolate", "around", "primer", "held_out", "fill")
"""Options that each say what items are."""
LATENT_OPTIONS = ("grid", "between", "mix", "interpolate", "around", "similarity", "spread")
"""Options of models with latents."""
CELL_OPTIONS = ("temperature", "primer", "held_out", "fill", "overlap_bars")
"""Options of models that draw cells."""


def source_of(run: PictureRun, sampler: PictureSampler, options: PictureSampleOptions) -> tuple[Source, str]:
    """The items that the options ask for, and what they are in words. InputError: the model has no way to them."""
    latents = isinstance(sampler, LatentSampler)
    if asked := _given(options, CELL_OPTIONS if latents else LATENT_OPTIONS):
        reason = "makes whole pictures of latents" if latents else "has no latents"
        advice = ": train a model that draws cells, such as pixelcnn" if latents else ""
        raise InputError(f"{run.record['model']} {reason}, so there is no {' '.join(asked)}{advice}")
    return _of_latents(run, sampler, options) if isinstance(sampler, LatentSampler) else _of_cells(run, sampler, options)


def _of_cells(run: PictureRun, sampler: PictureSampler, options: PictureSampleOptions) -> tuple[Source, str]:
    """`source_of` of a model that draws cells."""
    how = {"overlap": options.overlap_bars, "temperature": options.temperature}
    bars = BARS if options.bars is None else options.bars
    if options.fill:
        song = song_of(options.fill, run.codec)
        hole = hole_of(options.mask, run.codec, song.columns)
        found = filling(song, hole, options.count, any_width=sampler.any_width, **how)
        return found, f"{' '.join(options.mask)} of {options.fill}, overlap {options.overlap_bars}"
    if options.primer or options.held_out:
        primer = _primer_of(run, options)
        found = continuation(primer, bars, options.count, only_new=options.only_new, **how)
        if begins := found.parts[0][0]:
            log(f"the last {primer.columns - begins} of {primer.columns} columns are in sight of what goes on from them")
        part = f"{options.primer or 'test pieces'}, {primer.columns} columns" + ", left out" * options.only_new
        return found, f"{bars} bars after {part}, overlap {options.overlap_bars}"
    if options.bars:
        found = continuation(Songs.unbegun(run.codec), options.bars, options.count, **how)
        return found, f"drawn, {options.bars} bars, overlap {options.overlap_bars}"
    return Draws(options.count, options.temperature), "drawn"


def _primer_of(run: PictureRun, options: PictureSampleOptions) -> Songs:
    """What is gone on with. InputError: no test piece that is long enough, and as `song_of` and `data_of`."""
    if options.primer:
        return song_of(options.primer, run.codec, options.primer_columns)
    columns = options.primer_columns or columns_of_bars(run.codec, PROMPT_BARS)
    about = data_of(run, cache=options.cache)
    firsts, cells = about.beginnings(run.codec, columns)
    if not len(firsts):
        raise InputError(f"no test piece has {columns} columns; give fewer --primer-columns")
    return Songs(run.codec, cells, tuple(about.names(firsts)))


def _of_latents(run: PictureRun, sampler: LatentSampler, options: PictureSampleOptions) -> tuple[Source, str]:
    """`source_of` of a model with latents."""
    if options.interpolate:
        first, last = options.interpolate
        found = between_files(run, sampler, first, last, options.count, options.label)
        return found, f"{options.count} steps from {first} to {last}"
    if options.around:
        found = variations(run, sampler, options.around, options.count, options.seed, options.spread, options.label)
        return found, f"around {options.around}, spread {options.spread}"
    if options.between:
        first, last = _samples(run, sampler, options, options.between)
        return Between(first[None], last[None], options.count), f"{options.count} steps, {_two(options.between)}"
    if options.mix:
        if sampler.layers == 1:
            name = run.record["model"]
            raise InputError(f"--mix is for models with styles of several layers, such as stylegan2; {name} has none")
        return Mixed(*_samples(run, sampler, options, options.mix), sampler.layers), f"mixed, {_two(options.mix)}"
    if options.grid:
        return Grid(sampler.prior), "grid"
    windows = windows_of(run.codec, options.bars)
    drawn = Drawn(sampler.prior, options.count, options.seed, windows, options.similarity, sampler.middle)
    return drawn, f"drawn, {windows} windows, similarity {options.similarity}"


def _samples(run: PictureRun, sampler: LatentSampler, options: PictureSampleOptions, items: tuple[int, int]) -> np.ndarray:
    """(2, latent) of two samples by their numbers. InputError: no label of both, which have taken turns."""
    if run.labels and options.label is None:
        raise InputError(f"give the --label of both samples, one of {', '.join(run.labels)}; received none")
    return drawn_latents(sampler.prior, options.seed, items)


def _two(items: tuple[int, int]) -> str:
    return f"samples {items[0]} and {items[1]}"


def draws_of(sampler: PictureSampler, count: int, seed: int) -> Source:
    """Plain draws, as `source_of` gives them by default."""
    return Drawn(sampler.prior, count, seed) if isinstance(sampler, LatentSampler) else Draws(count)


def blocks_of(source: Source, sampler: PictureSampler) -> Blocks:
    """The items that are generated together: as many as fill a batch with their windows."""
    return Blocks(len(source), max(1, sampler.batch // source.at_once))


def refuse(options: PictureSampleOptions) -> None:
    """InputError: options that exclude each other, or that what is asked for would ignore."""
    ways = _given(options, WAYS)
    if len(ways) > 1:
        raise InputError(f"expected one of {', '.join(_named(WAYS))}; received {' and '.join(ways)}")
    primed = bool(options.primer) or options.held_out
    idle = {
        "bars": bool(ways) and not primed,
        "count": options.grid or options.mix is not None,
        "similarity": options.bars is None or primed,
        "spread": options.around is None,
        "truncation": bool(options.interpolate or options.around),
        "primer_columns": not primed,
        "only_new": not primed,
        "mask": options.fill is None,
        "overlap_bars": not (primed or options.fill or options.bars),
    }
    if asked := _given(options, [name for name, ignored in idle.items() if ignored]):
        raise InputError(f"{asked[0]} does not go with {' '.join(ways) or 'plain draws'}: see --help")
    if options.fill and not options.mask:
        raise InputError("--fill draws anew what --mask says, as --mask 5-8bars; received no --mask")


def _given(options: PictureSampleOptions, names: Iterable[str]) -> list[str]:
    """Those of some options that are not at their defaults, as a user writes them."""
    return _named(name for name in names if getattr(options, name) != getattr(PictureSampleOptions, name))


def _named(names: Iterable[str]) -> list[str]:
    return ["--" + name.replace("_", "-") for name in names]
