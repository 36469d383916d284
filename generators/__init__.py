"""Generators of MIDI pictures: latent numbers in, pictures out, pictures into music by `midi.codecs`."""

MODELS = ("vae", "dcgan")
"""Model modules of this package. Each has a docstring, Config, PRESETS, LOW, MONITOR, build, exported and latents; and where
the model can: start (from the data's statistics), settle (when training is done), encode."""
