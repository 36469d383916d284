"""Sound <-> spectrogram picture: reading, analysis, inversion, images, corpora, demo music."""

__distribution__ = "spectro-music"
