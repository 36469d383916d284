"""Train a transfer model.

hilbert_autoencoder: on recordings of one kind, --data FOLDER. dtn: on MIDI files of two kinds, --source FOLDER --target
FOLDER, to make the first into the second. A FOLDER may also be a CSV (path,label[,group]) or a corpus; without any, demo
music serves.
"""

from training.model_cli import run_train_command

if __name__ == "__main__":
    run_train_command("transfer")
