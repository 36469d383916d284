"""Train a generator on a folder of files, a CSV (path,label[,group]), a corpus, or the demo pieces.

vae, dcgan, gan, wgan, wgan_gp, stylegan2 and pixelcnn make MIDI pictures, lstm, seq2seq and music_transformer go on with a
MIDI piece, spectrogram_lstm and sound_pointer with a recording.
"""

from training.model_cli import run_train_command

if __name__ == "__main__":
    run_train_command("generators")
