"""The demo styles: one module each, with a function `play(rng, bars)` that composes a piece."""
