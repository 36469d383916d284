"""Domain transfer network: pieces of one kind of music made into another kind, without pairs of both."""
