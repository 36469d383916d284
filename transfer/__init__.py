"""Style transfer: a sound painted in the style of another, models that learn one kind of sound or music and play another."""

MODELS = ("hilbert_autoencoder", "dtn")
"""Model modules of this package that are trained into runs; style transfer paints each picture anew and has none."""
