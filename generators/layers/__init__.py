"""What the models are built of: their networks, layers, priors and losses."""
