"""Style and timbre transfer: one recording's style painted onto another."""

MODELS: tuple[str, ...] = ()
"""Model modules of this package that are trained into runs; style transfer paints each picture anew and has none."""
