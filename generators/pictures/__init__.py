"""Models of MIDI pictures: data, sampling, watch, evaluation."""
