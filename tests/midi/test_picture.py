"""PNG and NPY files of MIDI pictures: every pixel there and back, and one line for everything else."""

from __future__ import annotations

import json
import os
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from midi import picture
from midi.codecs import codec_named
from midi.codecs.codec import Encoded
from training.errors import InputError

CODECS = {
    "grey": codec_named("roll96", low=60, high=66, columns=5),
    "rgb": codec_named("interleaved32"),
    "rgba": codec_named("sparse88", low=60, high=66, columns=5),
    "planes": codec_named("lossless", low=60, high=71, columns=9),
}


def random_pictures(codec, windows=4, layers=1, seed=0):
    """Pictures of all values, none black, in some of the places."""
    generator = np.random.default_rng(seed)
    place = np.sort(generator.permutation(windows * layers)[: max(1, windows * layers - 1)])
    place[-1] = windows * layers - 1
    images = generator.integers(0, 256, (len(place), *codec.shape)).astype(np.uint8)
    images[..., 0, 0, 0] = 7
    return Encoded(images, place // layers, place % layers, {})


@pytest.fixture(params=["png", "npy"])
def saved(request, tmp_path):
    path = tmp_path / f"a b.{request.param}"
    picture.save(path, random_pictures(CODECS["grey"]), CODECS["grey"], 400_000)
    return path


@pytest.mark.parametrize("suffix", ["png", "npy", "PNG"])
@pytest.mark.parametrize("kind", CODECS)
@pytest.mark.parametrize("layers", [1, 3])
def test_every_pixel_there_and_back(tmp_path, suffix, kind, layers):
    codec, path = CODECS[kind], tmp_path / f"a.{suffix}"
    before = random_pictures(codec, layers=layers)
    picture.save(path, before, codec, 123_456)
    after = picture.load(path)
    assert (after.codec, after.tempo) == (codec, 123_456)
    there = {(w, k): image for w, k, image in zip(after.windows, after.layers, after.images, strict=True)}
    for window, layer, image in zip(before.windows, before.layers, before.images, strict=True):
        np.testing.assert_array_equal(there.pop((window, layer)), image)
    assert all(layer == 0 and not image.any() for (_, layer), image in there.items())
    assert set(after.windows) == set(range(4))


def test_the_sheet_is_time_by_layers(tmp_path):
    codec = CODECS["grey"]
    images = np.stack([np.full(codec.shape, value, np.uint8) for value in (10, 20, 30)])
    picture.save(tmp_path / "a.png", Encoded(images, np.array([0, 0, 2]), np.array([0, 1, 0]), {}), codec)
    with Image.open(tmp_path / "a.png") as image:
        pixels = np.asarray(image)
    assert pixels.shape == (2 * 7, 3 * 5)
    assert pixels[::7, ::5].tolist() == [[10, 0, 30], [20, 0, 0]]
    assert picture.load(tmp_path / "a.png").tempo is None


@pytest.mark.parametrize(("kind", "mode"), [("grey", "L"), ("rgb", "RGB"), ("rgba", "RGBA"), ("planes", "L")])
def test_colours_under_alpha_0_and_an_editors_save(tmp_path, kind, mode):
    """Pillow's load and save with the text kept changes nothing; with the text dropped the reason is told."""
    codec, path = CODECS[kind], tmp_path / "a.png"
    before = random_pictures(codec)
    if mode == "RGBA":
        before.images[..., 3] = 0
    picture.save(path, before, codec)
    with Image.open(path) as image:
        assert image.mode == mode
        chunks = PngImagePlugin.PngInfo()
        for key, value in image.text.items():
            chunks.add_text(key, value)
        image.save(path, pnginfo=chunks, optimize=True)
    after = picture.load(path)
    np.testing.assert_array_equal(after.images[np.isin(after.windows, before.windows)], before.images)
    with Image.open(path) as image:
        image.save(path)
    with pytest.raises(InputError, match=r"carries no codec; expected a picture that midi\.convert made"):
        picture.load(path)


def test_what_a_piece_becomes(tmp_path):
    """A real codec's pictures decode from the file as they do from memory."""
    from midi.notes import make_piece, note_table

    piece = make_piece(note_table(3, start=[0, 480, 48_000], end=[480, 960, 48_480], pitch=[60, 64, 67]))
    for name in ("roll96", "lossless"):
        codec = codec_named(name)
        picture.save(tmp_path / f"{name}.png", codec.encode(piece, keep_empty=False), codec, 500_000)
        loaded = picture.load(tmp_path / f"{name}.png")
        back = codec.decode(loaded.images, loaded.windows, loaded.layers, tempo=loaded.tempo)
        assert back.seconds(back.notes["start"]).tolist() == piece.seconds(piece.notes["start"]).tolist()
        assert back.notes["pitch"].tolist() == [60, 64, 67]


# what cannot be saved


def test_what_is_refused_when_saving(tmp_path, monkeypatch):
    codec = CODECS["grey"]
    encoded = random_pictures(codec)
    nothing = Encoded(encoded.images[:0], encoded.windows[:0], encoded.layers[:0], {})
    for name, pictures, tempo, said in [
        ("a.png", nothing, None, "no picture"), ("a.gif", encoded, None, r"\.png or \.npy"),
        ("a.png", encoded, 0, "tempo"), ("a.npy", encoded, 1 << 24, "tempo"),
        ("a.png", random_pictures(CODECS["rgb"]), None, "made with another codec"),
    ]:  # fmt: skip
        with pytest.raises(InputError, match=said):
            picture.save(tmp_path / name, pictures, codec, tempo)
    monkeypatch.setattr(picture, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="140 bytes; at most 100"):
        picture.save(tmp_path / "a.png", encoded, codec)
    assert os.listdir(tmp_path) == []


# what cannot be loaded


def rewrite(path, **changes):
    """Save a PNG again with its text changed; None drops an entry."""
    with Image.open(path) as image:
        image.load()
        chunks = PngImagePlugin.PngInfo()
        for key, value in {**image.text, **changes}.items():
            if value is not None:
                chunks.add_text(key, value)
        image.save(path, pnginfo=chunks)


def changed_facts(**changes):
    return json.dumps(CODECS["grey"].facts() | changes)


@pytest.mark.parametrize("saved", ["png"], indirect=True)
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"codec": "spectrogram", "facts": None}, "carries codec 'spectrogram'"),
        ({"format": "2"}, "format 2"),
        ({"format": None}, "format None"),
        ({"facts": "{"}, "damaged facts"),
        ({"facts": "[]"}, "damaged facts"),
        ({"facts": "[" * 5_000}, "damaged facts"),
        ({"facts": changed_facts(name="none")}, "no codec 'none'"),
        ({"facts": changed_facts(name=[])}, "damaged facts"),
        ({"facts": changed_facts(colour=3)}, "damaged facts"),
        ({"facts": changed_facts(low="1")}, "low must be int"),
        ({"facts": changed_facts(low=True)}, "low must be int"),
        ({"facts": changed_facts(unit="beat")}, "unit must be"),
        ({"facts": changed_facts(resolution=float("nan"))}, "damaged facts"),
        ({"facts": changed_facts(columns=6)}, "24 x 7 L by the codec it carries: it was resized"),
        ({"facts": changed_facts(columns=10**15)}, "damaged facts"),
        ({"windows": "3"}, "expected 15 x 7"),
        ({"windows": "0"}, "0 windows"),
        ({"layers": "-1"}, "-1 layers"),
        ({"layers": "two"}, "damaged facts"),
        ({"layers": "9" * 5_000}, "damaged facts"),
        ({"layers": None}, "damaged facts"),
        ({"tempo": "0"}, "received 0"),
        ({"tempo": "fast"}, "damaged facts"),
        ({"tempos": "{}"}, "damaged facts"),
        ({"tempos": '{"division": 0, "changes": [[0, 1]]}'}, "0 ticks a quarter"),
        ({"tempos": '{"division": 96, "changes": [[5, 1], [0, 1]]}'}, "not ascending"),
        ({"tempos": '{"division": 96, "changes": [[0, 0]]}'}, "tempos that MIDI does not have"),
    ],
)
def test_text_that_does_not_fit(saved, changes, said):
    rewrite(saved, **changes)
    with pytest.raises(InputError, match=said) as caught:
        picture.load(saved)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("saved", ["png"], indirect=True)
def test_another_size_or_mode(saved):
    with Image.open(saved) as image:
        text, whole = image.text, image.copy()
    chunks = PngImagePlugin.PngInfo()
    for key, value in text.items():
        chunks.add_text(key, value)
    for edited, said in [(whole.resize((10, 7)), "10 x 7 L; expected 20 x 7 L"), (whole.convert("RGB"), "20 x 7 RGB;")]:
        edited.save(saved, pnginfo=chunks)
        with pytest.raises(InputError, match=said):
            picture.load(saved)


@pytest.mark.parametrize("name", ["a.png", "a.npy"])
@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x89PNG\r\n\x1a\n", b"\x93NUMPY", bytes(1_000), b"PK\x03\x04" + bytes(99)]
)
def test_what_is_no_picture(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match="not a whole"):
        picture.load(tmp_path / name)
    with pytest.raises(InputError, match="not found"):
        picture.load(tmp_path / "none" / name)
    (tmp_path / "folder" / name).mkdir(parents=True)
    with pytest.raises(InputError, match="cannot be read"):
        picture.load(tmp_path / "folder" / name)


def test_every_truncation_is_refused(saved):
    whole = saved.read_bytes()
    for size in (*range(0, len(whole) - 12, 23), len(whole) - 13):
        saved.write_bytes(whole[:size])
        with pytest.raises(InputError, match="not a whole"):
            picture.load(saved)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_bytes_are_noticed(tmp_path_factory, data):
    """A picture with a flipped byte is refused, or comes back as it was: never another picture, never a traceback."""
    saved = tmp_path_factory.mktemp("damaged") / "a.png"
    picture.save(saved, random_pictures(CODECS["grey"]), CODECS["grey"], 400_000)
    before, content = picture.load(saved), bytearray(saved.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    saved.write_bytes(content)
    try:
        after = picture.load(saved)
    except InputError:
        return
    np.testing.assert_array_equal(after.images, before.images)
    assert (after.codec, after.tempo) == (before.codec, before.tempo)


@pytest.mark.parametrize("array", [
    np.zeros((2, 7, 5, 1)), np.zeros((2, 7, 5), np.uint8), np.zeros((0, 7, 5, 1), np.uint8),
    np.zeros((2, 7, 6, 1), np.uint8), np.array([{}, {}], object)])  # fmt: skip
def test_other_arrays_are_refused(tmp_path, array):
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    with pytest.raises(InputError, match=r"must hold uint8|not a whole NPY|made with another codec"):
        picture.load(tmp_path / "a.npy", CODECS["grey"])


def test_pickles_and_archives_are_not_opened(tmp_path):
    (tmp_path / "a.npy").write_bytes(pickle.dumps(np.zeros((2, 7, 5, 1), np.uint8)))
    with pytest.raises(InputError, match="not a whole NPY"):
        picture.load(tmp_path / "a.npy", CODECS["grey"])
    with (tmp_path / "a.npy").open("wb") as file:
        np.savez(file, a=np.zeros(3))
    with pytest.raises(InputError, match="not a whole NPY"):
        picture.load(tmp_path / "a.npy", CODECS["grey"])


@pytest.mark.parametrize("saved", ["npy"], indirect=True)
def test_an_array_needs_its_record_or_a_codec(saved):
    record = picture.record_path(saved)
    facts = json.loads(record.read_text())
    record.write_text(json.dumps(facts | {"windows": 3}))
    with pytest.raises(InputError, match="holds 4 pictures; expected 3 x 1"):
        picture.load(saved)
    for content, said in [("{}", "tells no codec"), ("[", "not readable JSON")]:
        record.write_text(content)
        with pytest.raises(InputError, match=said):
            picture.load(saved)
    record.unlink()
    with pytest.raises(InputError, match=r"has no a b\.npy\.json beside it, which tells its codec; give --codec"):
        picture.load(saved)
    loaded = picture.load(saved, CODECS["grey"])
    assert loaded.windows.tolist() == [0, 1, 2, 3]
    with pytest.raises(InputError, match="made with another codec"):
        picture.load(saved, codec_named("roll64"))


@pytest.mark.parametrize("suffix", ["png", "npy"])
def test_too_large_is_refused_before_it_is_read(tmp_path, suffix, monkeypatch):
    codec = CODECS["grey"]
    picture.save(tmp_path / f"a.{suffix}", random_pictures(codec), codec)
    monkeypatch.setattr(picture, "MAX_BYTES", 100)
    with pytest.raises(InputError, match="140 bytes; at most 100"):
        picture.load(tmp_path / f"a.{suffix}")


def test_a_full_disk_leaves_nothing(tmp_path):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
    try:
        for name in ("a.png", "a.npy"):
            with pytest.raises(OSError, match="too large"):
                picture.save(tmp_path / name, random_pictures(CODECS["grey"], 60), CODECS["grey"])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path) == []
