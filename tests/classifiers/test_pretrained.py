"""The classifier that ships: small, whole, right about music it has not heard, and usable without this project."""

import json
import subprocess
import sys

import numpy as np
import pytest

from classifiers.front_end import exported
from classifiers.prediction import Classifier
from classifiers.pretrained import path
from spectro.audio import blocks
from spectro.demo import GENRES, compose
from tests.data import real_data
from training.exporting.exports import export

FRESH = """
import json, sys
import numpy as np
clip = np.load(sys.argv[2])
if sys.argv[1].endswith("onnx"):
    import onnxruntime
    session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
    out = session.run(None, {session.get_inputs()[0].name: clip})[0]
else:
    from ai_edge_litert.interpreter import Interpreter
    model = Interpreter(sys.argv[1])
    model.allocate_tensors()
    model.set_tensor(model.get_input_details()[0]["index"], clip)
    model.invoke()
    out = model.get_tensor(model.get_output_details()[0]["index"])
foreign = {"keras", "tensorflow", "spectro", "training", "classifiers"} & set(sys.modules)
print(json.dumps({"out": out[0].tolist(), "foreign": sorted(foreign)}))
"""


@pytest.fixture(scope="module")
def classifier():
    return Classifier(path())


def test_it_is_small_and_has_its_card():
    assert sum(file.stat().st_size for file in path().iterdir()) < 2_000_000
    card = (path() / "README.md").read_text()
    assert "classifiers.train lil_data" in card
    assert "Limits" in card


def test_new_tracks_of_the_demo_genres_are_mostly_recognised(classifier):
    right = [classifier.of_samples(compose(genre, 987_654, seconds=10.0).mean(axis=0)).verdict == genre for genre in GENRES]
    assert sum(right) >= 6


def test_what_it_has_never_heard_is_told(classifier):
    """Tracks of the demo genres are known, a trumpet and an orchestra are not."""
    novel = [classifier.of_samples(compose(genre, 987_655, seconds=10.0).mean(axis=0)).novel for genre in GENRES]
    assert sum(novel) <= 1
    for name in ("trumpet", "brahms_strings"):
        assert classifier(real_data(f"audio/recordings/{name}.ogg")).novel


@pytest.mark.parametrize(("form", "module"), [("onnx", "tf2onnx"), ("litert", "ai_edge_litert")])
def test_a_fresh_process_without_this_project_says_the_same(classifier, tmp_path, form, module):
    pytest.importorskip(module)
    clip = next(blocks(real_data("audio/recordings/trumpet.ogg"), 5.0, rate=22_050, mono=True))[None]
    target = tmp_path / {"onnx": "model.onnx", "litert": "model.tflite"}[form]
    assert export(exported(classifier.model), target, form, clip) < 1e-4
    np.save(tmp_path / "clip.npy", clip)
    done = subprocess.run([sys.executable, "-I", "-c", FRESH, str(target), str(tmp_path / "clip.npy")],
                          capture_output=True, text=True, check=True, cwd=tmp_path)  # fmt: skip
    result = json.loads(done.stdout.splitlines()[-1])
    assert result["foreign"] == []
    np.testing.assert_allclose(result["out"], classifier.model.predict_on_batch(clip)[0], atol=1e-4)
