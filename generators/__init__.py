"""Generators: models that make new MIDI pictures, go on with a piece of music, or with a sound."""

MODELS = ("vae", "dcgan", "lstm", "seq2seq", "spectrogram_lstm")
"""Model modules of this package. Each has a docstring, FAMILY, Config, PRESETS, MONITOR, build and exported; pictures also
have LOW and latents, and where the model can start (from the data's statistics), settle (when training is done), encode."""
