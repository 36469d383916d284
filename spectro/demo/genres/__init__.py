"""One recipe per genre: a module with a function `play(rng, samples)` that returns a finished track."""
