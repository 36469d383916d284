"""A small synthesiser for General MIDI: additive timbres, computed drums, no samples, no files."""

from midi.synthesis.synthesiser import BLOCK, blocks

__all__ = ["BLOCK", "blocks"]
