"""Models that go on with a sound, column by column of its spectrogram: training, sampling, evaluation."""
