"""Fitting: the one `fit`, its callbacks, and what losses of several players need."""
