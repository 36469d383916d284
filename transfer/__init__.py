"""Style transfer: a sound in the style of another, models that learn one kind of sound or music and play another,
or that turn sound into notes."""

__distribution__ = "spectro-music"

from transfer.dtn import DomainTransfer
from transfer.hilbert_autoencoder import HilbertAutoencoder
from transfer.transcription import Transcription

MODELS = {"hilbert_autoencoder": HilbertAutoencoder(), "dtn": DomainTransfer(), "transcription": Transcription()}
"""The models of this package that are trained into runs; `transfer.nst` optimises each sound by itself and has none."""
