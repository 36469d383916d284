"""Autoencoder of waveforms: what it learned of one instrument it does to another sound."""
