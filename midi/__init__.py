"""MIDI <-> picture: notes, codecs, corpora, rendering, measures and demo pieces."""

__distribution__ = "spectro-music"
