"""Novelty: how unlike the clips that a classifier was trained on a clip is, as the classifier itself sees it.

A softmax is sure of something whatever it hears. The local outlier factor tells how thinly the training clips lie around a
clip, against how thinly they lie around each other there (Breunig, Kriegel, Ng and Sander, "LOF: Identifying Density-Based
Local Outliers", SIGMOD 2000). A clip is a point by what the layers make of it: mean and deviation of every channel of every
layer's maps, and what the last layer is given. The published measure is divided by its 95th percentile on the validation
clips, so that one known clip in twenty has a novelty above 1.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from classifiers.data import one_hot
from spectro.clips import to_model
from training.arrays import read_arrays
from training.corpora.batches import Batches
from training.corpora.corpus import Corpus
from training.corpora.split import Split
from training.errors import InputError
from training.files import atomic

FILE = "novelty.npz"
"""In a run."""
NEIGHBOURS = 10
"""The paper's least number that evens chance out; fewer where a label has fewer clips, as others are not its neighbours."""
PERCENTILE = 95
"""Of the validation clips, whose factor is novelty 1."""
MOST_REFERENCES = 1024
"""Training clips that are kept; of more, some are drawn."""
WIDEST = 4096
"""Numbers of a layer's maps, or of what the last layer is given, beyond which they are pixels and not features."""
NEAREST = 1e-3
"""Distances count as no smaller: clips that are there twice would make all others far, and float32 knows no better."""


@keras.saving.register_keras_serializable("classifiers")
class LocalOutlierFactor(keras.layers.Layer):
    """The local outlier factor of points among references, divided by that of the threshold.

    `adapt` gives it both. About 1 / threshold among the references, more the farther away from where they are dense.

    Shape:
        - input: (batch, numbers)
        - output: (batch,)
    """

    def __init__(self, references: int, neighbours: int = NEIGHBOURS, **kwargs: Any) -> None:
        super().__init__(**kwargs | {"dtype": "float32", "trainable": False})
        self.references, self.neighbours = references, neighbours

    def build(self, input_shape: tuple) -> None:
        self.points = self.add_weight((self.references, input_shape[-1]), name="points")
        self.reach = self.add_weight((self.references,), name="reach")
        self.density = self.add_weight((self.references,), name="density")
        self.threshold = self.add_weight((), "ones", name="threshold")

    def adapt(self, points: np.ndarray, threshold: float = 1.0) -> None:
        """Take `points` (references, numbers) as references: how far each one's neighbours are, and how dense they lie."""
        if not self.built:
            self.build(points.shape)
        points = np.asarray(points, np.float32)
        distances = np.array(ops.convert_to_numpy(_distances(points, points)))
        np.fill_diagonal(distances, np.inf)
        nearest = np.argsort(distances, axis=1)[:, : self.neighbours]
        distances = np.take_along_axis(distances, nearest, axis=1)
        reach = distances[:, -1]
        density = 1 / np.maximum(distances, reach[nearest]).mean(axis=1)
        self.set_weights([points, reach, density, np.float32(threshold)])

    def call(self, inputs: Any) -> Any:
        nearness, nearest = ops.top_k(-_distances(inputs, self.points), self.neighbours)
        density = 1 / ops.mean(ops.maximum(-nearness, ops.take(self.reach, nearest)), axis=1)
        return ops.mean(ops.take(self.density, nearest), axis=1) / density / self.threshold

    def compute_output_shape(self, input_shape: tuple) -> tuple:
        return input_shape[:1]

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "references": self.references, "neighbours": self.neighbours}


@dataclass(frozen=True)
class Novelty:
    """What is kept of a training to tell what is unlike it.

    network = with_novelty(load("runs/mine"), read_novelty("runs/mine"))
    network.predict_on_batch(clips)["novelty"]  # (clips,), above 1: unlike all that it was trained on
    """

    references: np.ndarray
    """Points (clips, numbers) of training clips, float16."""
    neighbours: int
    """Of a point, whose distances count."""
    threshold: float
    """Local outlier factor that is novelty 1."""


def with_novelty(model: keras.Model, novelty: Novelty | None) -> keras.Model:
    """A model waveform -> {"output": probabilities, "novelty": (batch,)} that shares its weights with `model`.

    Without `novelty` its output is all it has. InputError: the references are those of another model.
    """
    outputs = {"output": model.output}
    if novelty is not None:
        points = points_of(model)
        if points is None or points.shape[-1] != novelty.references.shape[1]:
            raise InputError(
                f"{FILE} is of another model than {model.name}; delete it, and `classifiers.evaluate` makes it anew"
            )
        factor = LocalOutlierFactor(len(novelty.references), novelty.neighbours, name="novelty")
        factor.adapt(novelty.references, novelty.threshold)
        outputs["novelty"] = factor(points)
    return keras.Model(model.input, outputs, name=model.name)


def outputs_of(network: keras.Model, corpus: Corpus, indices: np.ndarray) -> dict[str, np.ndarray]:
    """Each output of a network with named outputs, for the items in order."""
    batches = Batches(corpus, indices, 16, to_model=to_model, shuffle=False)
    made = [network.predict_on_batch(batches[i][0]) for i in range(len(batches))]
    return {name: np.concatenate([each[name] for each in made]) for name in made[0]}


def points_of(model: keras.Model) -> Any:
    """Symbolic points (batch, numbers) of a classifier: each layer's part has length 1, so that none outweighs the others.

    None: the model has nothing between picture and probabilities that is narrow enough.
    """
    parts = []
    for layer in model.layers:
        if not isinstance(layer, keras.layers.Conv2D | keras.layers.Flatten | keras.layers.GlobalAveragePooling2D):
            continue
        maps = layer.input
        if len(maps.shape) == 4 and 1 < maps.shape[-1] <= WIDEST:  # one channel is the picture
            maps = ops.cast(maps, "float32")
            parts.append(ops.concatenate([ops.mean(maps, axis=(1, 2)), ops.std(maps, axis=(1, 2))], axis=1))
    last = model.layers[-1].input
    if last.shape[-1] <= WIDEST:
        parts.append(ops.cast(last, "float32"))
    return ops.concatenate([ops.normalize(part, axis=1) for part in parts], axis=1) if parts else None


def measure_novelty(model: keras.Model, corpus: Corpus, split: Split, seed: int = 0) -> Novelty | None:
    """References from the training part, the threshold from the validation part.

    seed: of which training clips are kept where there are more than MOST_REFERENCES. None: there is no validation part, or
    nothing in the model to measure by.
    """
    points = points_of(model)
    if points is None or not len(split.validation) or len(split.train) < 2:
        return None
    network, train = keras.Model(model.input, {"points": points}), split.train
    if len(train) > MOST_REFERENCES:
        train = np.sort(np.random.default_rng(seed).choice(train, MOST_REFERENCES, replace=False))
    references = outputs_of(network, corpus, train)["points"].astype(np.float16)
    rarest = one_hot(corpus, split.labels)[train].sum(axis=0).min()
    neighbours = int(np.clip(rarest - 1, 1, NEIGHBOURS))
    factor = LocalOutlierFactor(len(references), neighbours)
    factor.adapt(references)
    known = ops.convert_to_numpy(factor(outputs_of(network, corpus, split.validation)["points"]))
    return Novelty(references, neighbours, float(np.percentile(known, PERCENTILE)))


def write_novelty(novelty: Novelty | None, run: str | os.PathLike) -> None:
    """Into the run, or out of it where there is none."""
    path = Path(run, FILE)
    if novelty is None:
        path.unlink(missing_ok=True)
        return
    with atomic(path) as temporary:
        np.savez(temporary, **{name: np.asarray(value) for name, value in vars(novelty).items()})


def read_novelty(run: str | os.PathLike) -> Novelty | None:
    """What the run keeps; None: nothing, as runs without a validation part. InputError: a damaged file."""
    if not Path(run, FILE).exists():
        return None
    references, *numbers = read_arrays(Path(run, FILE), ("references", "neighbours", "threshold")).values()
    if references.ndim != 2 or any(number.shape for number in numbers) or not 0 < int(numbers[0]) < len(references):
        raise InputError(f"{Path(run, FILE)} does not hold more points than a point has neighbours, and a threshold")
    return Novelty(references, int(numbers[0]), float(numbers[1]))


def _distances(left: Any, right: Any) -> Any:
    """(of left, of right): Euclidean, and no smaller than NEAREST."""
    squares = (
        ops.sum(left**2, axis=1)[:, None] + ops.sum(right**2, axis=1)[None] - 2 * ops.matmul(left, ops.transpose(right))
    )
    return ops.sqrt(ops.maximum(squares, NEAREST**2))
