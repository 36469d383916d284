"""MIDI files into pieces and back: the fast reader, the strict and lenient one, the writer."""
