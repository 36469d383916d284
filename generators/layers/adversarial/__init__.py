"""What models of two players, a generator and a critic, are made of."""
