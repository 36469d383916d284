"""Style transfer: a sound painted in the style of another, models that learn one kind of sound or music and play another."""

from transfer.dtn import DomainTransfer
from transfer.hilbert_autoencoder import HilbertAutoencoder

MODELS = {"hilbert_autoencoder": HilbertAutoencoder(), "dtn": DomainTransfer()}
"""The models of this package that are trained into runs; style transfer paints each picture anew and has none."""
