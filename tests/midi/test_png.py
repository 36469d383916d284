"""Pictures written strip by strip: other readers see every pixel, and all checksums hold."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from midi.png import write_png


def sheet_and_strips(generator, heights, windows, width, channels, lit):
    """A sheet in which every picture is lit with probability `lit`, and its strips."""
    sheet, strips = [], []
    for height in heights:
        places = np.flatnonzero(generator.random(windows) < lit)
        pictures = generator.integers(0, 256, (height, len(places), width, channels)).astype(np.uint8)
        pictures[generator.random(height) < 0.5] = 0
        strip = np.zeros((height, windows, width, channels), np.uint8)
        strip[:, places] = pictures
        sheet.append(strip.reshape(height, windows * width, channels))
        strips.append((places, pictures))
    return np.concatenate(sheet), strips


def written(sheet, strips, text=None):
    file = io.BytesIO()
    write_png(file, sheet.shape, text or {}, iter(strips))
    return file.getvalue()


def chunks(data):
    """(name, content) of every chunk; the checksums must be right."""
    at = 8
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        name, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", data, at + 8 + size) == (zlib.crc32(name + content),)
        yield name, content
        at += 12 + size


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 99), st.lists(st.integers(1, 9), min_size=1, max_size=5), st.integers(1, 9), st.integers(1, 40),
    st.sampled_from([1, 3, 4]), st.sampled_from([0, 0.2, 1]),
)  # fmt: skip
def test_pillow_sees_the_same(seed, heights, windows, width, channels, lit):
    sheet, strips = sheet_and_strips(np.random.default_rng(seed), heights, windows, width, channels, lit)
    with Image.open(io.BytesIO(written(sheet, strips, {"a key": "a value"}))) as image:
        assert image.mode == {1: "L", 3: "RGB", 4: "RGBA"}[channels]
        np.testing.assert_array_equal(np.asarray(image).reshape(sheet.shape), sheet)
        assert image.text == {"a key": "a value"}


@pytest.mark.parametrize("lit", [0, 0.01, 0.5])
def test_much_black(lit):
    """Beyond the size from which black is not compressed: the stream is whole, by its checksum too, and small."""
    sheet, strips = sheet_and_strips(np.random.default_rng(0), (128, 300, 1), 40, 96, 4, lit)
    data = written(sheet, strips)
    rows = zlib.decompress(b"".join(content for name, content in chunks(data) if name == b"IDAT"))
    assert rows == b"".join(b"\0" + row.tobytes() for row in sheet)
    assert len(data) < np.count_nonzero(sheet) * 1.1 + sheet.size / 300
