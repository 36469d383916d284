"""Models, runs, sounds and pictures from strangers; nothing is unpickled, executed, or fetched from a network."""

import json
import re
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import keras
import numpy as np
import pytest

from generators.sequences import frames, matlab
from midi import picture as midi_picture
from midi.codecs import codec_named, from_facts
from spectro import audio
from spectro import image as spectro_image
from training.errors import InputError
from training.runs import FORMAT, model_module, read_run
from training.runs.model_file import check_model_file

ROOT = Path(__file__).parents[3]
SOURCES = [path for name in ("classifiers", "generators", "transfer", "training", "spectro", "midi")
           for path in (ROOT / name).rglob("*.py")]  # fmt: skip
FORBIDDEN = (
    r"\bimport (pickle|marshal|shelve|dill|cloudpickle)\b|\bpickle\.|joblib\.(load|dump)\b|torch\.load|yaml\.",
    r"allow_pickle=True|np\.load\((?!.*allow_pickle=False)",
    r"safe_mode=False|load_model\((?!.*safe_mode=True)|unsafe_deserialization",
    r"(?<![\w.])(eval|exec|__import__)\(|os\.system|shell=True|extractall",
)


@pytest.mark.parametrize("pattern", FORBIDDEN)
def test_no_file_of_ours_unpickles_or_executes(pattern):
    found = [f"{path}: {line}" for path in SOURCES for line in path.read_text().splitlines() if re.search(pattern, line)]
    assert found == []


def test_matlab_is_read_in_a_process_of_its_own():
    assert [path.name for path in SOURCES if "scipy.io" in path.read_text() and "loadmat" in path.read_text()] == [
        "matlab.py"
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A small model as Keras writes it."""
    path = tmp_path_factory.mktemp("model") / "model.keras"
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save(path)
    return path


def changed(whole, target, change=None, **entries):
    """The model with another configuration and other entries."""
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(target, "w") as file:
        parts = {name: source.read(name) for name in source.namelist()} | entries
        if change:
            config = json.loads(parts["config.json"])
            change(config["config"]["layers"])
            parts["config.json"] = json.dumps(config)
        for name, content in parts.items():
            file.writestr(name, content)
    return target


def test_a_whole_model_passes(whole):
    check_model_file(whole)


CODE = {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"}
LAMBDA = {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}
SYSTEM = {"module": "os", "class_name": "system", "config": {"command": "true"}, "registered_name": None}
STRANGER = {"module": "evil.layers", "class_name": "Layer", "config": {}, "registered_name": "evil>Layer"}


@pytest.mark.parametrize("layer", [CODE, LAMBDA, SYSTEM, STRANGER], ids=["builtin", "lambda", "os", "stranger"])
def test_code_in_a_model_is_refused(whole, tmp_path, layer):
    path = changed(whole, tmp_path / "m.keras", lambda layers: layers.append(layer))
    with pytest.raises(InputError, match="neither Keras' nor of this project"):
        check_model_file(path)
    with pytest.raises((TypeError, ValueError)):  # Keras refuses it too
        keras.saving.load_model(path, compile=False, safe_mode=True)


def test_sizes_and_entries_of_a_model(whole, tmp_path):
    big = changed(whole, tmp_path / "b.keras", lambda layers: layers[1]["config"].update(units=10**11))
    with pytest.raises(InputError, match="size of 100,000,000,000"):
        check_model_file(big)
    for entry in ("../outside", "/outside", "assets/x"):
        with pytest.raises(InputError, match="its entries are"):
            check_model_file(changed(whole, tmp_path / "e.keras", **{entry: "x"}))
    deep = "[" * 100_000
    for content in (b"", b"{", deep, b"[]", b"\xff"):
        with pytest.raises(InputError):
            check_model_file(changed(whole, tmp_path / "c.keras", **{"config.json": content, "x": ""}))
    for content in (b"", b"PK", whole.read_bytes()[:500]):
        (tmp_path / "half.keras").write_bytes(content)
        with pytest.raises(InputError, match="no model that a train command wrote"):
            check_model_file(tmp_path / "half.keras")


@pytest.mark.parametrize("module", ["os", "keras", "generators.train", "../x", None, 3, ["a"], {"a": 1}])
def test_a_record_names_our_models_only(tmp_path, module):
    for entry in ({"package": module, "model": "vae"}, {"package": "generators", "model": module}):
        (tmp_path / "config.json").write_text(json.dumps({"format": FORMAT, **entry}))
        with pytest.raises(InputError, match="which this version does not have"):
            model_module(read_run(tmp_path))


@pytest.mark.parametrize("facts", [None, 3, [], {}, {"name": 3}, {"name": "os"}, {"name": "roll96", "columns": "x"},
                                   {"name": "roll96", "__class__": "x"}, {"name": "roll96", "columns": 1e9}])  # fmt: skip
def test_facts_of_no_codec(facts):
    with pytest.raises(InputError):
        from_facts(facts)


def png(width, height, bits, colour, **text):
    """A PNG that claims a size and has a row or two."""

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0))
    words = [chunk(b"tEXt", key.encode() + b"\0" + value.encode()) for key, value in text.items()]
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(words) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def test_pictures_that_claim_terabytes(tmp_path):
    codec = codec_named("roll96")
    text = {"format": "1", "codec": "roll96", "facts": json.dumps(codec.facts()), "windows": "20000000", "layers": "1"}
    (tmp_path / "m.png").write_bytes(png(96 * 20_000_000, 96, 8, 0, **text))
    with pytest.raises(InputError, match="at most"):
        midi_picture.load(tmp_path / "m.png")
    from spectro.stft import SETTINGS

    setting = SETTINGS["quick"]
    samples = setting.hop * 2_000_000_000
    told = {"format": "1", "codec": "spectrogram", "setting": json.dumps(vars(setting)), "reference": "1.0", "channels": "1",
            "samples": str(samples)}  # fmt: skip
    (tmp_path / "s.png").write_bytes(png(setting.frames(samples), setting.rows, 16, 0, **told))
    with pytest.raises(InputError, match="at most"):
        spectro_image.load(tmp_path / "s.png")


@pytest.mark.parametrize("claim", [0, 1_000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_sound_whose_header_lies(tmp_path, claim):
    samples = np.arange(200, dtype="<i2").tobytes()
    head = (
        b"RIFF" + struct.pack("<I", 36 + len(samples)) + b"WAVEfmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    )
    (tmp_path / "x.wav").write_bytes(head + b"data" + struct.pack("<I", claim) + samples)
    try:
        read, _ = audio.read(tmp_path / "x.wav", note=lambda line: None)
        assert read.size <= 200
    except InputError as error:
        assert "x.wav" in str(error)  # noqa: PT017


def test_a_reader_that_dies_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "dies.py").write_text("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n")
    (tmp_path / "x.mat").write_bytes(bytes(200))
    monkeypatch.setattr(matlab, "__file__", str(tmp_path / "dies.py"))
    with pytest.raises(InputError, match="the reader ended with -11"):
        frames.frames_of(tmp_path / "x.mat", codec_named("frames88"))


def test_frames_that_claim_terabytes(tmp_path):
    from scipy.io import savemat

    path = tmp_path / "x.mat"
    savemat(path, {"traindata": np.zeros((3, 88), np.uint8)})
    data = path.read_bytes()
    at = data.index(struct.pack("<II", 3, 88))
    path.write_bytes(data[:at] + struct.pack("<II", 0x7FFFFFF, 0x7FFFFFF) + data[at + 8 :])
    with pytest.raises(InputError, match="no file of piano-roll frames"):
        frames.frames_of(path, codec_named("frames88"))


ALONE = """
import os, runpy, sys
def watch(event, given):
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "urllib.Request") or (
        event in ("socket.connect", "socket.sendto") and not isinstance(given[1], (str, bytes))
    ):
        print("network:", event, given, file=sys.stderr, flush=True)
        os._exit(99)
sys.addaudithook(watch)
sys.argv = sys.argv[1:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def alone(folder, *command):
    """Run a command in a process that ends with status 99 when it looks for a network."""
    return subprocess.run([sys.executable, "-c", ALONE, *map(str, command)], cwd=folder, capture_output=True, text=True)


@pytest.mark.slow
def test_prediction_needs_no_network(tmp_path):
    audio.write(tmp_path / "song.wav", 0.3 * np.sin(np.arange(44_100) / 9), 22_050)
    done = alone(tmp_path, "classifiers.predict", "song.wav")
    assert done.returncode == 0, done.stderr


def test_the_watch_for_a_network_works(tmp_path):
    (tmp_path / "asks.py").write_text("import socket\nsocket.create_connection(('127.0.0.1', 9))\n")
    assert alone(tmp_path, "asks").returncode == 99


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [
        ("classifiers.train", "lil_data"), ("generators.train", "vae"), ("generators.train", "lstm"),
        ("transfer.train", "dtn"),
    ],
)  # fmt: skip
def test_training_needs_no_network(tmp_path, command):
    done = alone(tmp_path, *command, "--quick", "--output", tmp_path / "run", "--cache", tmp_path / "cache")
    assert done.returncode == 0, done.stderr[-2000:]
