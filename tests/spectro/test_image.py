"""Pictures as PNG: what is saved comes back, with all it takes to make sound of it, and nothing else is taken for one."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from spectro import image
from spectro.stft import SETTINGS, SpectrogramSetting
from training.errors import InputError

QUICK = SETTINGS["quick"]


def random_picture(channels: int = 2, frames: int = 9, setting: SpectrogramSetting = QUICK) -> np.ndarray:
    return np.random.default_rng(0).random((channels, setting.rows, frames), np.float32)


def rewrite(path: os.PathLike, **changes: str | None) -> None:
    """The same file with other text chunks; None drops one."""
    with Image.open(path) as found:
        text = {**found.text, **changes}
        chunks = PngImagePlugin.PngInfo()
        for key, value in text.items():
            if value is not None:
                chunks.add_text(key, value)
        found.load()
        found.save(path, pnginfo=chunks)


@pytest.fixture
def saved(tmp_path):
    image.save(tmp_path / "a.png", random_picture(), QUICK, 3.25, samples=530)
    return tmp_path / "a.png"


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 2, 8])
@pytest.mark.parametrize("frames", [1, 2, 63])
def test_round_trip(tmp_path, bits, channels, frames):
    setting = replace(QUICK, floor_db=-96.5, reference="absolute", seconds=0.3, hop=37)
    picture = random_picture(channels, frames)
    samples = setting.samples(frames) + 5
    image.save(tmp_path / "a.png", picture, setting, 1 / 3, bits=bits, samples=samples)
    loaded = image.load(tmp_path / "a.png")
    assert (loaded.setting, loaded.reference, loaded.samples, loaded.bits) == (setting, 1 / 3, samples, bits)
    assert loaded.picture.shape == picture.shape
    assert loaded.picture.dtype == np.float32
    assert np.abs(loaded.picture - picture).max() <= 0.505 / (2**bits - 1)


@pytest.mark.parametrize("bits", [8, 16])
def test_levels_survive_bit_exact(tmp_path, bits):
    levels = np.arange(2**bits)
    picture = np.resize(levels / (2**bits - 1), (QUICK.rows, -(-levels.size // QUICK.rows))).astype(np.float32)
    image.save(tmp_path / "a.png", picture, QUICK, 1.0, bits=bits)
    first = (tmp_path / "a.png").read_bytes()
    image.save(tmp_path / "a.png", image.load(tmp_path / "a.png").picture, QUICK, 1.0, bits=bits)
    assert (tmp_path / "a.png").read_bytes() == first
    with Image.open(tmp_path / "a.png") as found:
        assert set(np.unique(np.asarray(found))) == set(levels)


def test_high_frequencies_are_at_the_top_and_channels_below_each_other(tmp_path):
    picture = np.zeros((2, QUICK.rows, 5), np.float32)
    picture[0, 0, 0] = 1.0
    picture[1, -1, 4] = 0.5
    image.save(tmp_path / "a.png", picture, QUICK, 1.0)
    with Image.open(tmp_path / "a.png") as found:
        assert found.mode == "I;16"
        grey = np.asarray(found)
    assert grey.shape == (2 * QUICK.rows, 5)
    assert grey[QUICK.rows - 1, 0] == 65_535
    assert grey[QUICK.rows, 4] == 32_768
    assert np.count_nonzero(grey) == 2


def test_two_dimensions_are_one_channel(tmp_path):
    picture = random_picture(1)
    image.save(tmp_path / "a.png", picture[0], QUICK, 1.0)
    assert np.abs(image.load(tmp_path / "a.png").picture - picture).max() < 1e-5


def test_silence(tmp_path):
    image.save(tmp_path / "a.png", np.zeros((QUICK.rows, 3)), QUICK, 0.0)
    loaded = image.load(tmp_path / "a.png")
    assert loaded.reference == 0
    assert not loaded.picture.any()


def test_larger_than_pillow_allows(tmp_path, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    image.save(tmp_path / "a.png", random_picture(), QUICK, 1.0)
    assert image.load(tmp_path / "a.png").picture.shape == (2, QUICK.rows, 9)


def test_any_name(tmp_path):
    for name in ("with space.png", "ünïcode 🎵.png", "new\nline.png", "no suffix"):
        image.save(tmp_path / name, random_picture(), QUICK, 1.0)
        assert image.load(tmp_path / name).samples == QUICK.samples(9)


# what rounding costs


@pytest.mark.parametrize("setting", [SETTINGS["lil_data"], QUICK])
def test_quantisation_error_is_the_error_of_the_file(tmp_path, setting):
    signal = np.random.default_rng(1).normal(size=setting.clip_samples // 5).astype(np.float32)
    picture = setting.to_picture(np.abs(setting.analyse(signal)))
    for bits in (8, 16):
        image.save(tmp_path / "a.png", picture, setting, 1.0, bits=bits)
        wanted = setting.to_magnitude(picture, 1.0)
        found = setting.to_magnitude(image.load(tmp_path / "a.png").picture[0], 1.0)
        error = 20 * np.log10(np.linalg.norm(found - wanted) / np.linalg.norm(wanted))
        assert image.quantisation_error(picture, setting, bits) == pytest.approx(error, abs=0.01)


def test_quantisation_error_follows_from_the_step():
    """A step of floor_db / levels is uniformly distributed: rms error ln(10) / 20 * step / sqrt(12) of each magnitude."""
    picture = np.random.default_rng(0).uniform(0.5, 1, (631, 200)).astype(np.float32)
    for bits, tolerance in ((8, 0.1), (16, 0.5)):
        step = 80 / (2**bits - 1)
        expected = 20 * np.log10(np.log(10) / 20 * step / np.sqrt(12))
        assert image.quantisation_error(picture, SETTINGS["lil_data"], bits) == pytest.approx(expected, abs=tolerance)


def test_silence_costs_nothing():
    assert image.quantisation_error(np.zeros((QUICK.rows, 4)), QUICK, 8) == -200


# what cannot be saved


@pytest.mark.parametrize(("picture", "options", "said"), [
    (np.zeros((9, QUICK.rows)), {}, "transposed"), (np.zeros((QUICK.rows, 0)), {}, "shape"), (np.zeros(5), {}, "shape"),
    (np.zeros((1, 1, QUICK.rows, 9)), {}, "shape"), (np.full((QUICK.rows, 9), 1.1), {}, "within"),
    (np.full((QUICK.rows, 9), -0.1), {}, "within"), (np.full((QUICK.rows, 9), np.nan), {}, "within"),
    (np.zeros((QUICK.rows, 9)), {"bits": 12}, "bits"), (np.zeros((QUICK.rows, 9)), {"samples": 5}, "frames"),
    (np.zeros((QUICK.rows, 9)), {"samples": 0}, "frames"), (np.zeros((QUICK.rows, 9)), {"reference": -1.0}, "reference"),
    (np.zeros((QUICK.rows, 9)), {"reference": np.nan}, "reference"),
    (np.broadcast_to(np.float32(0), (QUICK.rows, 1 << 25)), {}, "pixels")])  # fmt: skip
def test_what_cannot_be_saved(tmp_path, picture, options, said):
    with pytest.raises(InputError, match=said):
        image.save(tmp_path / "a.png", picture, QUICK, **{"reference": 1.0, **options})
    assert os.listdir(tmp_path) == []


def test_full_disk_leaves_nothing(tmp_path):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            image.save(tmp_path / "a.png", random_picture(2, 500), QUICK, 1.0)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path) == []


# what cannot be loaded


def setting_json(**changes: object) -> str:
    fields = {**{name: getattr(QUICK, name) for name in QUICK.__dataclass_fields__}, **changes}
    return json.dumps({name: value for name, value in fields.items() if value != "dropped"})


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"codec": None}, "no setting"),
        ({"codec": "lossless"}, "'lossless'"),
        ({"format": "2"}, "format 2"),
        ({"format": None}, "format None"),
        ({"setting": None}, "damaged setting"),
        ({"setting": "{"}, "damaged setting"),
        ({"setting": "[]"}, "damaged setting"),
        ({"setting": "[" * 5_000}, "damaged setting"),
        ({"setting": setting_json(hop="dropped")}, "fields"),
        ({"setting": setting_json(colour=3)}, "fields"),
        ({"setting": setting_json(hop="64")}, "hop"),
        ({"setting": setting_json(hop=True)}, "hop"),
        ({"setting": setting_json(hop=0)}, "hop"),
        ({"setting": setting_json(floor_db=float("nan"))}, "floor_db"),
        ({"setting": setting_json(seconds=float("inf"))}, "seconds"),
        ({"setting": setting_json(reference="loud")}, "reference"),
        ({"setting": setting_json(n_fft=256)}, "resized"),
        ({"setting": setting_json(n_fft=10**15)}, "resized"),
        ({"reference": "loud"}, "damaged setting"),
        ({"reference": "nan"}, "reference nan"),
        ({"reference": "-1"}, "reference"),
        ({"channels": "0"}, "0 channels"),
        ({"channels": "3"}, "resized"),
        ({"channels": "two"}, "damaged setting"),
        ({"samples": "0"}, "0 samples"),
        ({"samples": "9999"}, "resized"),
        ({"samples": "9" * 5_000}, "damaged setting"),
    ],
)
def test_text_that_does_not_fit(saved, changes, said):
    rewrite(saved, **changes)
    with pytest.raises(InputError, match=said) as caught:
        image.load(saved)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "1", "P", "LA"])
def test_other_colours_are_refused(saved, mode):
    loaded = image.load(saved)
    with Image.open(saved) as found:
        text = found.text
    chunks = PngImagePlugin.PngInfo()
    for key, value in text.items():
        chunks.add_text(key, value)
    Image.new(mode, (9, 2 * QUICK.rows)).save(saved, pnginfo=chunks)
    with pytest.raises(InputError, match=f"{mode}; expected {loaded.picture.shape[2]} x {2 * QUICK.rows} grey"):
        image.load(saved)


def test_any_other_png_is_refused(tmp_path):
    Image.new("L", (30, 30)).save(tmp_path / "photo.png")
    with pytest.raises(InputError, match="no setting"):
        image.load(tmp_path / "photo.png")


@pytest.mark.parametrize("content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"RIFF" + bytes(50), bytes(1_000)])
def test_what_is_no_png(tmp_path, content):
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(InputError, match="not a whole PNG"):
        image.load(tmp_path / "a.png")


def test_what_is_no_file(tmp_path):
    with pytest.raises(InputError, match="not found"):
        image.load(tmp_path / "none.png")
    with pytest.raises(InputError, match="directory"):
        image.load(tmp_path)


def test_every_truncation_is_refused(saved):
    whole = saved.read_bytes()
    for size in (*range(0, len(whole) - 12, 41), len(whole) - 13, len(whole) - 8):  # the last 4 bytes check an empty chunk
        saved.write_bytes(whole[:size])
        with pytest.raises(InputError):
            image.load(saved)


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_damaged_bytes_are_noticed(tmp_path_factory, data):
    """A picture with a flipped byte is refused, or comes back as it was: never another picture, never a traceback."""
    path = tmp_path_factory.mktemp("damaged") / "a.png"
    image.save(path, random_picture(), QUICK, 3.25)
    before = image.load(path)
    content = bytearray(path.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(content)
    try:
        after = image.load(path)
    except InputError:
        return
    assert np.array_equal(after.picture, before.picture)
    assert (after.setting, after.reference, after.samples) == (before.setting, before.reference, before.samples)
