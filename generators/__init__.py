"""Generators of MIDI pictures: latent numbers in, pictures out, pictures into music by `midi.codecs`."""

MODELS = ("vae", "dcgan")
"""Model modules of this package; each follows the contract: docstring, Config, PRESETS, LOW, build, exported, latents."""
