"""Train a genre classifier on a folder of genre folders, a CSV (path,label[,group][,fold]), a corpus, or the demo music."""

from training.model_cli import run_train_command

if __name__ == "__main__":
    run_train_command("classifiers")
