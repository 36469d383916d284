"""Which clips models of sounds are judged by, in which ways each goes on, and how near a way comes to the truth."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from generators.sounds import SoundEvaluateOptions
from generators.sounds.data import PicturedClips, SoundRun, open_clips
from generators.sounds.primers import Primer
from generators.sounds.samplers import ModelSampler
from generators.sounds.statistics import NAMES, distance, mean_of, measured
from generators.sounds.ways import best_lag, harmony, oracle, repeated, rhythm, seam
from spectro.stft import SpectrogramSetting
from training.corpora.batches import Purpose, stream_of
from training.corpora.corpus import Corpus
from training.errors import InputError

BATCH = 16
"""Clips that go on together."""
MIN_CLIPS = 4
"""Clips that an evaluation needs, and a group of them."""


def test_clips(run: SoundRun, options: SoundEvaluateOptions) -> tuple[Corpus, np.ndarray, SpectrogramSetting]:
    """The clips that the run is judged by, sorted: of its test part, or of --unseen; as long as --seconds says."""
    setting = replace(run.setting, seconds=options.seconds or run.setting.seconds)
    if options.unseen:
        corpus = open_clips(options.unseen, setting, run.cache(options.cache))
        indices = np.arange(len(corpus))
    else:
        corpus, split = run.clips(options.data, options.cache)
        indices = split.test
        if setting != run.setting:
            held_out = {corpus.rows[source]["name"] for source in corpus.source_of[indices]}
            corpus = open_clips(run.data_path(options.data), setting, run.cache(options.cache))
            indices = np.flatnonzero([corpus.rows[source]["name"] in held_out for source in corpus.source_of])
    if len(indices) < MIN_CLIPS:
        where = f"{options.unseen} has" if options.unseen else f"the test part of {run.run} has"
        raise InputError(f"{where} but {len(indices)} clips; {MIN_CLIPS} are needed: give more files")
    chosen = stream_of(options.seed, Purpose.EVALUATED_CLIPS).permutation(indices)[: options.count]
    return corpus, np.sort(chosen), setting


def groups_of(corpus: Corpus, indices: np.ndarray, sounds: np.ndarray) -> dict[str, np.ndarray]:
    """Name -> places among `indices`: clips that a short file was repeated for, the others, and those of each label.

    Only groups of MIN_CLIPS or more, and none where all clips are in one.
    """
    periodic = np.array([is_periodic(sound) for sound in sounds])
    labels = np.array([corpus.rows[source]["label"] for source in corpus.source_of[indices]])
    groups = {"a short file again and again": periodic, "others": ~periodic}
    groups |= {str(label): labels == label for label in np.unique(labels) if label}
    return {name: np.flatnonzero(which) for name, which in groups.items() if MIN_CLIPS <= which.sum() < len(which)}


def is_periodic(sound: np.ndarray) -> bool:
    """Whether the first half of a clip comes again sample by sample, at whatever lag."""
    if not sound.any():
        return True
    first = int(np.argmax(sound != 0))
    lags = np.flatnonzero(sound[first + 1 : first + len(sound) // 2] == sound[first]) + 1
    return any(np.array_equal(sound[lag:], sound[:-lag]) for lag in lags if _begins_alike(sound, first, lag))


def _begins_alike(sound: np.ndarray, first: int, lag: int) -> bool:
    return np.array_equal(sound[first + lag : first + lag + 64], sound[first : first + 64])


def ways_on(run: SoundRun, clips: PicturedClips, heard: int, temperature: float, seed: int) -> dict[str, np.ndarray]:
    """What follows the first `heard` columns (clips, rows, columns): the truth, the model's, and those of simpler means."""
    setting, known, truth = clips.setting, clips.pictures[..., :heard], clips.pictures[..., heard:]
    columns = truth.shape[-1]
    sampler = run.module.sampler(run.model, BATCH)
    found = {"the clip itself": truth, "model": _in_batches(sampler, clips.beginnings(heard), columns, temperature, seed)}
    if not sampler.copies:
        alone = _in_batches(sampler, clips.beginnings(1), heard + columns - 1, temperature, seed)
        found["model, of one column"] = alone[..., -columns:]
    return found | {
        "best lags in hindsight": np.stack([oracle(*each, setting) for each in zip(known, truth, strict=True)]),
        "best lag of what is known": np.stack([best_lag(one, columns, setting) for one in known]),
        "last part again": np.stack([repeated(one, columns) for one in known]),
        "another clip": np.roll(truth, len(truth) // 2, axis=0),
        "mean column held": np.repeat(known.mean(axis=-1, keepdims=True), columns, axis=-1),
        "last column held": np.repeat(known[..., -1:], columns, axis=-1),
        "silence": np.zeros_like(truth),
    }


def _in_batches(sampler: ModelSampler, primers: list[Primer], columns: int, temperature: float, seed: int) -> np.ndarray:
    """BATCH clips at a time; the last batch is filled up with clips whose continuation is not kept."""
    drawn = []
    for place in range(0, len(primers), BATCH):
        part = [primers[number % len(primers)] for number in range(place, place + BATCH)]
        drawn.append(sampler.pictures(part, columns, temperature, seed + place))
    return np.concatenate(drawn)[: len(primers)]


def compared(
    ways: dict[str, np.ndarray], pictures: np.ndarray, heard: int, setting: SpectrogramSetting
) -> dict[str, list[dict[str, float]]]:
    """Of each way to go on after the first `heard` columns, clip by clip: the measures of what follows; `distance` in dB,
    `rhythm` and `harmony`, which compare it with the truth; and `seam`."""
    return {
        name: [_of_clip(following, picture, heard, setting) for following, picture in zip(way, pictures, strict=True)]
        for name, way in ways.items()
    }


def _of_clip(following: np.ndarray, picture: np.ndarray, heard: int, setting: SpectrogramSetting) -> dict[str, float]:
    known, truth = picture[:, :heard], picture[:, heard:]
    return measured(following, setting) | {
        "distance": distance(following, truth, setting),
        "rhythm": rhythm(following, truth, setting),
        "harmony": harmony(following, truth, setting),
        "seam": seam(known, following, setting),
    }


def figures(clips: list[dict[str, float]], truth: list[dict[str, float]]) -> dict[str, float]:
    """Means over clips, of the seam the median; and `typical`: the fraction of all measures that lie where nine in ten true
    continuations lie (0.9 for these themselves)."""
    data, own = (np.array([[one[name] for name in NAMES] for one in each]) for each in (truth, clips))
    low, high = np.percentile(data, [5, 95], axis=0)
    typical = float(((own >= low) & (own <= high)).mean())
    return mean_of(clips) | {"seam": float(np.median([one["seam"] for one in clips])), "typical": typical}


def next_column_error(model: Any, pictures: np.ndarray) -> dict[str, float]:
    """Root mean square error in dB of the next column where all before it are known: `model`, and `last_column`."""
    setting = model.setting
    columns = keras.Input((pictures.shape[-1], setting.rows))
    network = keras.Model(columns, NextColumns(model)(columns))
    wrong = {"model": 0.0, "last_column": 0.0}
    for picture in pictures:
        known = picture.T[None]
        wrong["model"] += float(np.square(network.predict_on_batch(known) - known[:, 1:]).mean())
        wrong["last_column"] += float(np.square(np.diff(known, axis=1)).mean())
    return {name: float(-setting.floor_db * np.sqrt(value / len(pictures))) for name, value in wrong.items()}


class NextColumns(keras.layers.Layer):
    """Columns (batch, time, rows) -> the likeliest next one after each but the last."""

    def __init__(self, model: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model
        self.built = True

    def call(self, columns: Any) -> Any:
        hidden, statistics, _ = self.model.read(columns[:, :-1], self.model.initial_states(columns[:, 0]), training=False)
        head = self.model.output_head
        noise = keras.ops.zeros((*keras.ops.shape(hidden)[:-1], head.noise))
        return head.draw(hidden, columns[:, :-1], statistics, noise)
