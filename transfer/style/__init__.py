"""Style transfer between recordings: what `python -m transfer.nst` runs."""
