"""Measurements in one run, side by side with what others use: `python -m benchmarks.inversion` and its siblings."""
