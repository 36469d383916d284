"""Genre classifiers on spectrogram pictures: raw sound in, probabilities out."""

from training.family import Family


class Classifiers(Family):
    """Models that tell the label of a clip."""

    package = "classifiers"


MODELS = dict.fromkeys(("lil_data", "resnet50", "softmax"), Classifiers())
"""The models of this package; each module follows the contract: docstring, Config, PRESETS, build, exported."""
