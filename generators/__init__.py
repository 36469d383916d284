"""Generators: models that make new MIDI pictures, go on with a piece of music, or with a sound."""

__distribution__ = "spectro-music"

from generators.pictures import Pictures
from generators.sequences import Sequences
from generators.sounds import Sounds

MODELS = {
    "vae": Pictures(),
    "dcgan": Pictures(),
    "gan": Pictures(),
    "wgan": Pictures(),
    "wgan_gp": Pictures(),
    "stylegan2": Pictures(),
    "pixelcnn": Pictures(),
    "lstm": Sequences(),
    "seq2seq": Sequences(),
    "music_transformer": Sequences(),
    "spectrogram_lstm": Sounds(),
    "sound_pointer": Sounds(),
}
"""The models of this package: name -> family. The module of each, `generators.NAME`, follows its family's contract."""
