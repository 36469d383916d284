"""Measures of MIDI sets: features of a piece, tables of many, distances, comparison."""
