"""MIDI <-> picture: notes, codecs, corpora. Nothing is here yet; see the table of systems in README.md."""
