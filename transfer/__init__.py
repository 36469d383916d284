"""Style and timbre transfer: one sound painted in the style of another, models that learn one sound and play another."""

MODELS = ("hilbert_autoencoder",)
"""Model modules of this package that are trained into runs; style transfer paints each picture anew and has none."""
