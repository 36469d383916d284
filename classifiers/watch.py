"""What is shown while a classifier trains: who is taken for whom, and the clip it is most wrong about."""

from __future__ import annotations

import keras
import numpy as np
from sklearn.metrics import confusion_matrix

from classifiers.data import evaluation_batches
from classifiers.features import setting_of_model
from spectro.clips import to_model
from training.corpora.corpus import Corpus
from training.corpora.split import Split
from training.fitting.samples import Sample


class Watch:
    """Sampler of `training.fitting.samples`: confusion matrix, and the most surely mistaken clip as picture and sound."""

    def __init__(self, corpus: Corpus, split: Split) -> None:
        self.corpus, self.split = corpus, split
        self.batches = evaluation_batches(corpus, split.validation, split.labels)

    def __call__(self, model: keras.Model) -> list[Sample]:
        truth = self.batches.targets[self.split.validation].argmax(axis=1)
        probabilities = np.concatenate([self.judged(model, i) for i in range(len(self.batches))])
        guess = probabilities.argmax(axis=1)
        counts = confusion_matrix(truth, guess, labels=range(len(self.split.labels)))
        samples = [Sample("confusion", "image", enlarged(counts))]
        wrong = np.flatnonzero(guess != truth)
        if len(wrong):
            worst = wrong[probabilities[wrong, guess[wrong]].argmax()]
            setting = setting_of_model(model)
            clip = to_model(self.corpus[self.split.validation[worst]])[0]
            names = f"{self.split.labels[truth[worst]]}-taken-for-{self.split.labels[guess[worst]]}".replace("/", "_")
            picture = setting.to_picture(abs(setting.analyse(clip)))[::-1, :, None]
            samples += [
                Sample(names, "image", np.round(picture * 255).astype(np.uint8)),
                Sample(names, "audio", clip, setting.rate),
            ]
        return samples

    def judged(self, model: keras.Model, batch: int) -> np.ndarray:
        """Probabilities of a batch; the model is called, as `predict_on_batch` on two devices gives all of them twice."""
        return keras.ops.convert_to_numpy(model(self.batches[batch][0], training=False))


def enlarged(counts: np.ndarray, cell: int = 24) -> np.ndarray:
    """Each row's shares as grey squares: uint8 (labels * cell, labels * cell, 1)."""
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.kron(np.round(share * 255).astype(np.uint8), np.ones((cell, cell), np.uint8))[..., None]
