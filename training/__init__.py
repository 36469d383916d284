"""Everything that trains: commands, runs, corpora, data feed, strategy, fit, export. Knows neither audio nor MIDI."""

__distribution__ = "spectro-music"
