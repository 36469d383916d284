"""Devices: which train, and what several of them must and must not share."""
