"""Where sound lies in a file: joined streams are read, exact counts are believed, estimates are not."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import soundfile

from spectro import audio
from spectro.decoders.streams import Stream, left_over, streams_of


def noise(seconds: float, rate: int = 44_100, channels: int = 2, seed: int = 0) -> np.ndarray:
    shape = (channels, round(seconds * rate))
    return np.random.default_rng(seed).uniform(-0.5, 0.5, shape).astype(np.float32)


def read(path):
    notes: list[str] = []
    sound, _ = audio.read(path, note=notes.append)
    return sound, notes


def joined(tmp_path, suffix, *sounds, rate=44_100):
    """The sounds one after the other in one file, and what is read of each by itself."""
    parts, data = [], b""
    for number, sound in enumerate(sounds):
        path = tmp_path / f"{number}{suffix}"
        audio.write(path, sound, rate)
        parts.append(audio.read(path)[0])
        data += path.read_bytes()
    (tmp_path / f"joined{suffix}").write_bytes(data)
    return tmp_path / f"joined{suffix}", parts


@pytest.mark.parametrize("suffix", [".ogg", ".mp3"])
def test_joined_streams_are_read_and_told(tmp_path, suffix, capfd):
    path, parts = joined(tmp_path, suffix, noise(1.0), noise(0.5, seed=1), noise(0.3, seed=2))
    sound, notes = read(path)
    np.testing.assert_array_equal(sound, np.concatenate(parts, axis=1))
    assert notes == [f"{path} holds 3 streams, one after the other; read: 1.00 s and 0.50 s and 0.30 s"]
    assert capfd.readouterr().err == ""
    np.testing.assert_array_equal(np.concatenate(list(audio.blocks(path, 0.2, note=notes.append)), axis=1), sound)


def test_a_stream_that_is_unlike_the_first_is_left_out_and_told(tmp_path):
    path, parts = joined(tmp_path, ".ogg", noise(0.5), noise(0.5, channels=1))
    sound, notes = read(path)
    np.testing.assert_array_equal(sound, parts[0])
    assert notes[-1] == (
        f"{path} goes on after 0.50 s with a stream that has 1 channels at 44100 Hz, unlike the first; it is left out"
    )


def test_a_second_stream_that_is_broken_is_told(tmp_path):
    path, parts = joined(tmp_path, ".ogg", noise(0.5), noise(0.5, seed=1))
    second = streams_of(path.read_bytes())[1].start
    data = bytearray(path.read_bytes())
    data[second + 28 : second + 60] = bytes(32)
    path.write_bytes(data)
    sound, notes = read(path)
    np.testing.assert_array_equal(sound, parts[0])
    assert "goes on after 0.50 s with a stream that cannot be decoded (" in notes[-1]


def mp3_without_tag(path, sound, rate=44_100):
    """With a variable bit rate, as old encoders write it: nothing tells how many frames there are."""
    tagged = path.with_stem(f"{path.stem}-tagged")
    soundfile.write(tagged, sound.T, rate, bitrate_mode="VARIABLE", compression_level=0.0)
    data = tagged.read_bytes()
    first = streams_of(data)[0]
    assert first.promised
    begin = data.index(b"Xing") if b"Xing" in data[:200] else data.index(b"Info")
    return data[data.index(b"\xff\xfb", begin) :], first


def test_an_estimate_by_bit_rate_is_no_promise(tmp_path):
    """Quiet, then loud: by its first frames' bit rate the file would be far longer than it is; and the other way round."""
    for number, gains in enumerate([(0.0, 1.0), (1.0, 0.0)]):
        path = tmp_path / f"{number}.mp3"
        sound = np.concatenate([gain * noise(2.0) for gain in gains], axis=1)
        data, first = mp3_without_tag(path, sound)
        path.write_bytes(data)
        found, notes = read(path)
        assert notes == []
        assert streams_of(data)[0].samples == first.samples
        assert audio.info(path).frames - 529 == found.shape[1] == first.samples - 529  # the delay of every decoder
        right = audio.read(tmp_path / f"{number}-tagged.mp3")[0]
        assert np.abs(right - found[:, 576 : 576 + right.shape[1]]).max() < 1e-5  # and that of this encoder


def test_an_mp3_that_is_cut_short_is_damaged(tmp_path):
    audio.write(tmp_path / "a.mp3", noise(3.0), 44_100)
    data = (tmp_path / "a.mp3").read_bytes()
    (tmp_path / "a.mp3").write_bytes(data[: len(data) // 2])
    _, notes = read(tmp_path / "a.mp3")
    assert "of about 132300 samples" in notes[0]


def test_tags_around_an_mp3_are_passed_over(tmp_path):
    audio.write(tmp_path / "a.mp3", noise(1.0), 44_100)
    data = (tmp_path / "a.mp3").read_bytes()
    alone = streams_of(data)
    picture = b"\xff\xfb\x90\x00" + bytes(300)  # looks like a frame, once
    tag = b"ID3\x04\x00\x00" + bytes([0, 0, len(picture) >> 7, len(picture) & 0x7F]) + picture
    for before, behind in ((tag, b""), (b"", b"TAG" + bytes(125)), (tag, b"TAG" + bytes(125))):
        (tmp_path / "b.mp3").write_bytes(before + data + behind)
        [found] = streams_of(before + data + behind)
        assert (found.samples, found.promised) == (alone[0].samples, alone[0].promised)
        sound, notes = read(tmp_path / "b.mp3")
        np.testing.assert_array_equal(sound, audio.read(tmp_path / "a.mp3")[0])
        assert notes == []


@pytest.mark.parametrize(("rate", "channels"), [(44_100, 2), (48_000, 1), (22_050, 2), (16_000, 1), (8_000, 1)])
def test_frames_of_every_version_are_counted(tmp_path, rate, channels):
    audio.write(tmp_path / "a.mp3", noise(1.0, rate, channels), rate)
    [found] = streams_of((tmp_path / "a.mp3").read_bytes())
    assert found.samples == found.promised
    assert rate <= found.samples < rate + 3 * 1152


@pytest.mark.parametrize("data", [b"", b"OggS", b"\xff\xfb", b"\xff\xfb\x90\x64", b"ID3", b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f",
                                  b"OggS" + b"\xff" * 60, b"RIFF", b"RIFF\0\0\0\0WAVE"])  # fmt: skip
def test_stumps_are_one_stream(data):
    assert [(stream.start, stream.stop) for stream in streams_of(data)] == [(0, len(data))]
    assert left_over(data) is None


# counts that are too small


def flac_that_promises(path, sound, count, rate=22_050):
    audio.write(path, sound, rate)
    data = bytearray(path.read_bytes())
    data[21] = data[21] & 0xF0 | count >> 32
    data[22:26] = struct.pack(">I", count & 0xFFFFFFFF)
    path.write_bytes(data)


def test_a_flac_is_read_to_its_end_whatever_its_header_promises(tmp_path):
    path = tmp_path / "a.flac"
    audio.write(path, noise(2.0, 22_050), 22_050)
    right = audio.read(path)[0]
    flac_that_promises(path, noise(2.0, 22_050), 10_000)
    sound, notes = read(path)
    np.testing.assert_array_equal(sound, right)
    assert notes == [f"{path} has 34100 samples (1.55 s) more than its header promises; they are read"]


def test_a_tag_behind_a_flac_is_no_damage(tmp_path):
    path = tmp_path / "a.flac"
    audio.write(path, noise(1.0), 44_100)
    right = audio.read(path)[0]
    path.write_bytes(path.read_bytes() + b"TAG" + bytes(125))
    sound, notes = read(path)
    np.testing.assert_array_equal(sound, right)
    assert notes == []


def wav(data: bytes, promised: int, behind: bytes = b"") -> bytes:
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, 8_000, 16_000, 2, 16)
    return (
        struct.pack("<4sI4s", b"RIFF", promised + 36, b"WAVE")
        + head
        + struct.pack("<4sI", b"data", promised)
        + data
        + behind
    )


def test_data_beyond_a_wrong_chunk_size_are_told(tmp_path):
    samples = np.random.default_rng(0).integers(-9_000, 9_000, 24_000).astype("<i2").tobytes()
    (tmp_path / "a.wav").write_bytes(wav(samples, 16_000))
    sound, notes = read(tmp_path / "a.wav")
    assert sound.shape == (1, 8_000)
    assert notes == [f"{tmp_path / 'a.wav'} has data for 2.00 s beyond the 1.00 s of its data chunk, which are left out"]


@pytest.mark.parametrize("size", [16_000, 16_001])
@pytest.mark.parametrize("behind", [
    b"", bytes(3_000), b"LIST" + struct.pack("<I", 4_000) + b"\x07" * 4_000, b"TAG" + b"\x07" * 1_500,
    b"id3 " + struct.pack("<I", 3) + b"abc\0" + b"LIST" + struct.pack("<I", 2_000) + b"\x07" * 2_000,
])  # fmt: skip
def test_chunks_tags_and_zeros_behind_the_data_are_no_sound(size, behind):
    assert left_over(wav(b"\x05" * size, size, behind)) is None
    assert left_over(wav(b"\x05" * size, size, bytes(size % 2) + behind)) is None


def test_an_ogg_is_split_at_its_first_pages_alone():
    def page(kind: int, size: int) -> bytes:
        return b"OggS\0" + bytes([kind]) + bytes(20) + b"\x01" + bytes([size]) + b"\x07" * size

    one = page(2, 30) + page(2, 30) + page(0, 200) + page(4, 100)  # two streams that begin together, side by side
    assert streams_of(one) == [Stream(0, len(one))]
    assert streams_of(one + one) == [Stream(0, len(one)), Stream(len(one), 2 * len(one))]


def test_an_mp3_within_a_wav_is_whole(tmp_path):
    """libsndfile counts the samples that every decoder takes away."""
    av = pytest.importorskip("av")
    with av.open(str(tmp_path / "a.wav"), "w", format="wav") as out:
        stream = out.add_stream("mp3", rate=44_100, layout="stereo", format="fltp")
        stream.open()
        size = stream.codec_context.frame_size
        for first in range(0, 20 * size, size):
            frame = av.AudioFrame.from_ndarray(noise(size / 44_100, seed=first), "fltp", "stereo")
            frame.sample_rate, frame.pts = 44_100, first
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    sound, notes = read(tmp_path / "a.wav")
    assert audio.info(tmp_path / "a.wav").format == "WAV MPEG_LAYER_III"
    assert sound.shape[1] >= 20 * size
    assert notes == []
