"""A toy classifier that shows the contract: one file here and one line in `MODELS`, which the test adds."""
