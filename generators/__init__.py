"""Generators: models that make new MIDI pictures, go on with a piece of music, or with a sound."""

from training.family import Family


class Generators(Family):
    """Models of the package."""

    package = "generators"


MODELS = dict.fromkeys(("vae", "dcgan", "lstm", "seq2seq", "spectrogram_lstm"), Generators())
"""The models of this package. Each module has a docstring, FAMILY, Config, PRESETS, MONITOR, build and exported; pictures
also have LOW and latents, and where the model can: start (from the data's statistics), settle (after training), encode."""
