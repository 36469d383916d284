"""Models that make new pictures, and so new music. Nothing is here yet; see the table of systems in README.md."""

MODELS: tuple[str, ...] = ()
"""Model modules of this package."""
