"""Corpora: the user's files turned once into items of one size, split without leaks, fed in batches."""
