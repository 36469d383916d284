"""Toy models that show the contracts: each is one file here and one line in `MODELS`, which `conftest.toys` adds."""
