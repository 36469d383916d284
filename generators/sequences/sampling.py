"""Pieces that a sequence model goes on with, streamed to disk: what `python -m generators.sample` does for these models.

As in `generators.pictures.sampling`: item i of seed s is a function of the run, the primer, s and i, generated alone or with
others.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from generators.contract import formats_of
from generators.primers import BARS, PROMPT_BARS
from generators.samples import Blocks, check_formats, check_items, hash_of, make_items, sheet, with_record, write_formats
from generators.sequences import SequenceSampleOptions
from generators.sequences.data import SequenceRun
from generators.sequences.primers import Primer, from_file, held_out, nothing
from generators.sequences.representation import Representation, Stretch, rolls_after
from generators.sequences.samplers import BATCH, Decoding, continuations
from generators.sequences.watch import pictures_of
from midi.codecs.strip import StripCodec
from midi.files.reading import read
from midi.measures.continuation import figures_of
from midi.tempo import TempoMap
from training.errors import InputError
from training.files import atomic
from training.options import check

DRAWS = ("temperature", "top_p", "max_note_bars")
"""Options of models that draw."""


def sample(
    options: SequenceSampleOptions, progress: Callable[[Iterable, int], Iterable] = lambda blocks, total: blocks
) -> Path:
    """Continue pieces as `options` ask into their folder; the path of its manifest.

    InputError: options that exclude each other, as SequenceRun and primers; a folder that holds something else; draws of a
    model that draws nothing; pictures of steps that have none.
    """
    check(options)
    if options.primer and options.held_out:
        raise InputError("expected one of --primer and --held-out; received both")
    if options.primer_columns and not (options.primer or options.held_out):
        raise InputError("--primer-columns is of a --primer or of --held-out; received neither")
    if options.data and not options.held_out:
        raise InputError("--data tells where the pieces of --held-out are now; received no --held-out")
    formats = formats_of(options.format)
    check_formats(formats)
    run = SequenceRun(options.run)
    representation, stretch = run.representation, Stretch(BARS, options.columns)
    if representation.codec is None and "png" in formats:
        raise InputError(f"the steps of {run.record['model']} have no pictures: --format midi, npy or wav")
    ends = _may_end(run, options)
    sampler = run.module.sampler(run.model, representation, BATCH, options.max_note_bars, **ends)
    _check_draws(sampler, options)
    blocks, items = Blocks(options.count, BATCH), options.items or None
    check_items(blocks, items)
    primer = primer_of(run, options)
    source = _source_tempos(options)
    with_record(options.output, _record(run, options, stretch))
    decoding = Decoding(options.temperature, options.top_p)

    def written(members: range, missing: list[int]) -> list[dict[str, Any]]:
        primers = [primer(item) for item in members]
        prompts = [steps for _, steps in primers]
        generated = continuations(sampler, representation, prompts, stretch, members, seed=options.seed, decoding=decoding)
        if members[0] == 0 and items is None:
            _write_sheet(options.output / "sheet.png", prompts, generated, representation)
        first = members[0]
        return [
            _write(options, item, *primers[item - first], generated[item - first], representation, source)
            for item in missing
        ]

    return make_items(options.output, blocks, written, items=items, progress=progress)


def _check_draws(sampler: Any, options: SequenceSampleOptions) -> None:
    """InputError: options of draws for a model of real values."""
    if sampler.real and any(getattr(options, name) != getattr(type(options), name) for name in DRAWS):
        named = "--temperature, --top-p and --max-note-bars"
        raise InputError(f"{options.run} predicts values and draws nothing: {named} are for models that draw")


def _may_end(run: SequenceRun, options: SequenceSampleOptions) -> dict[str, bool]:
    """For the sampler. InputError: pieces are to end where a model's steps do not tell of ends."""
    if options.until_end and run.representation.end is None:
        raise InputError(f"the steps of {run.record['model']} do not tell where a piece ends; leave out --until-end")
    return {"ends": True} if options.until_end else {}


def _record(run: SequenceRun, options: SequenceSampleOptions, stretch: Stretch) -> dict[str, Any]:
    """What a call that goes on with these samples must agree with."""
    names = ("count", "seed", "temperature", "top_p", "max_note_bars", "held_out", "primer_columns", "until_end", "only_new")
    return {
        "run": os.path.abspath(run.run),
        "weights": run.fingerprint(),
        **{name: getattr(options, name) for name in names},
        "columns": stretch.fixed(run.representation),
        "primer": str(options.primer) if options.primer else None,
        "files": hash_of(options.primer),
        "formats": formats_of(options.format),
        "tempo": options.microseconds,
    }


def primer_of(run: SequenceRun, options: SequenceSampleOptions) -> Primer:
    """What the items go on from."""
    if options.primer:
        return from_file(options.primer, run.representation, options.primer_columns)
    if options.held_out:
        return held_out(run, Stretch(PROMPT_BARS, options.primer_columns), options.data, options.cache)
    return nothing(run.representation)


def _source_tempos(options: SequenceSampleOptions) -> TempoMap | None:
    """At which tempos a piece goes on: of --tempo, or else of --primer; None: at the usual one."""
    if options.microseconds is not None:
        return TempoMap.of(options.microseconds)
    return read(options.primer, note=lambda line: None).tempo_map if options.primer else None


def _behind(tempos: TempoMap | None, prompt: np.ndarray, representation: Representation) -> TempoMap | None:
    """The tempos behind a prompt."""
    if tempos is None:
        return None
    quarters, codec = representation.duration(prompt), representation.codec
    if quarters is None and isinstance(codec, StripCodec):
        quarters = float(tempos.ticks(len(prompt) / codec.resolution)) / tempos.division
    return tempos.since(round((quarters or 0.0) * tempos.division))


def _write(
    options: SequenceSampleOptions, item: int, name: str, prompt: np.ndarray, generated: np.ndarray,
    representation: Representation, source: TempoMap | None,
) -> dict[str, Any]:  # fmt: skip
    """Write one item in every format; its row of the manifest."""
    steps = generated if options.only_new else np.concatenate([prompt, generated])
    tempo = _behind(source, prompt, representation) if options.only_new else source
    piece, images = representation.decode(steps, tempo), representation.images(steps)
    files = write_formats(
        options.output, formats_of(options.format), item, steps if images is None else images, representation.codec, piece,
        tempo,
    )  # fmt: skip
    bars = None if options.columns else BARS
    figures = figures_of(rolls_after(representation, [prompt], [generated], bars)[0], representation.roll_bar)
    row = {"item": item, "seed": options.seed, "primer": name, "primer_columns": len(prompt), "files": " ".join(files)}
    return row | {key: round(value, 4) for key, value in figures.items()} | {"notes": len(piece)}


def _write_sheet(path: Path, prompts: list[np.ndarray], generated: list[np.ndarray], representation: Representation) -> None:
    """The prompts (their ends) and what was generated of the first items, to look at."""
    with atomic(path) as temporary:
        Image.fromarray(np.squeeze(sheet(pictures_of(prompts, generated, representation), across=1))).save(temporary)
