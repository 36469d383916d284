"""Genre classifiers on spectrogram pictures: raw sound in, probabilities out."""

MODELS = ("lil_data", "resnet50", "softmax")
"""Model modules of this package; each follows the contract: docstring, Config, PRESETS, build, exported."""
