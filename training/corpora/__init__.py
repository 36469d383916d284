"""Corpora: the user's files turned once into items of one size, split without leaks, fed in batches.

sources: files and CSVs as users have them. build: writing a corpus, on this machine or (cluster) on others. corpus: the
finished one, read by memory map. user_cache: folders that become corpora once, with hashes of what was read and cleaning of
what may go. split: parts that do not leak. batches: what `fit` is fed.
"""
