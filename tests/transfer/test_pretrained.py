"""The transcription that ships: small, the one that its card tells of, with thresholds and figures of its own."""

import hashlib
import re

from training.files import read_json
from transfer.pretrained import path
from transfer.transcription.measures import ONSETS
from transfer.transcription.transcriber import Transcriber, thresholds_of


def test_it_is_small_and_its_card_tells_of_these_weights():
    assert sum(file.stat().st_size for file in path().iterdir()) < 1_000_000
    card = (path() / "README.md").read_text()
    assert hashlib.sha256((path() / "model.keras").read_bytes()).hexdigest() in card
    weights = re.search(r"([\d,]+) weights", card)
    assert int(weights[1].replace(",", "")) == Transcriber(path())._model.count_params()
    for told in ("transfer.train transcription", "Limits", "CC BY 4.0", "Omar Peracha", "BSD", "FluidR3", "TimGM6mb"):
        assert told in card


def test_its_thresholds_were_chosen():
    assert thresholds_of(path()).onset in ONSETS
    assert read_json(path() / "thresholds.json")["figures"]["onset_f1"] > 0.6


def test_its_figures_are_in_its_card():
    card = (path() / "README.md").read_text()
    for row in read_json(path() / "evaluation.json")["figures"]:
        assert f"{row['onset_f1']:.3f}" in card
