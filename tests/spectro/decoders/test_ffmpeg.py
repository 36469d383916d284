"""What libsndfile refuses and FFmpeg reads: in time to the sample, as long as it was, from no other file."""

from __future__ import annotations

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spectro import audio, clips, decode
from spectro.corpus import Options, main
from tests.spectro.test_audio import sound_or_reason
from training.corpora.sources import find_sources
from training.errors import InputError

av = pytest.importorskip("av")
RATE, SAMPLES = 44_100, 50_000


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    """(2, SAMPLES): noise that fades in, different in both channels."""
    noise = np.random.default_rng(0).normal(size=(2, SAMPLES)).astype(np.float32)
    return 0.1 * noise * np.linspace(0.2, 1, SAMPLES, dtype=np.float32)


KINDS = {
    "aac": "fltp", "ac3": "fltp", "mp3": "fltp", "alac": "s16p", "wavpack": "s16p", "tta": "s16", "flac": "s16",
}  # fmt: skip
"""Codec -> its samples."""


def encode(path: os.PathLike, sound: np.ndarray, codec: str, container: str) -> None:
    with av.open(str(path), "w", format=container) as out:
        stream = out.add_stream(codec, rate=RATE, layout="stereo", format=KINDS[codec], bit_rate=128_000)
        stream.open()
        resampler = av.AudioResampler(KINDS[codec], "stereo", RATE, stream.codec_context.frame_size or 1_024)
        for first in range(0, sound.shape[1], 1_024):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, first : first + 1_024]), "fltp", "stereo")
            frame.sample_rate, frame.pts = RATE, first
            for piece in resampler.resample(frame):
                out.mux(stream.encode(piece))
        for piece in resampler.resample(None):
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))


def lag(found: np.ndarray, wanted: np.ndarray) -> int:
    """Samples by which `found` is late, by the peak of the cross-correlation."""
    size = 1 << 18
    product = np.fft.rfft(found, size) * np.conj(np.fft.rfft(wanted, size))
    place = int(np.fft.irfft(product).argmax())
    return place - size if place > size // 2 else place


@pytest.mark.parametrize(("name", "codec", "container"), [
    ("a.m4a", "aac", "ipod"), ("a.mp4", "aac", "mp4"), ("b.m4a", "alac", "ipod"), ("a.wv", "wavpack", "wv"),
    ("a.tta", "tta", "tta"), ("a.mka", "flac", "matroska"),
])  # fmt: skip
def test_sound_is_in_time_and_as_long_as_it_was(tmp_path, sound, name, codec, container):
    encode(tmp_path / name, sound, codec, container)
    notes: list[str] = []
    found, rate = audio.read(tmp_path / name, note=notes.append)
    assert (rate, found.shape, found.dtype, notes) == (RATE, sound.shape, np.float32, [])
    assert [lag(*pair) for pair in zip(found, sound, strict=True)] == [0, 0]
    if codec != "aac":
        assert np.abs(found - sound).max() < 2 / 32_768
    np.testing.assert_array_equal(np.concatenate(list(audio.blocks(tmp_path / name, 0.3)), axis=1), found)
    said = audio.info(tmp_path / name)
    assert said.format.endswith(codec)
    assert said.frames is None or abs(said.frames - SAMPLES) < RATE / 1_000  # an mp4 counts in milliseconds


@pytest.mark.parametrize(("codec", "container", "coding"), [
    ("aac", "adts", "AAC"), ("aac", "flv", "AAC"), ("ac3", "wav", "AC-3"), ("mp3", "avi", "MP3"),
])  # fmt: skip
def test_what_no_container_tells_is_told(tmp_path, sound, codec, container, coding):
    encode(tmp_path / "a", sound, codec, container)
    notes: list[str] = []
    found, _ = audio.read(tmp_path / "a", note=notes.append)
    assert SAMPLES < found.shape[1] < SAMPLES + 5_000
    assert 0 < lag(found[0], sound[0]) < 2_500
    assert len(notes) == 1
    assert f"is {coding} that does not tell its delay: up to some 2,000 samples that its encoder put in front" in notes[0]


def test_an_m4a_without_an_edit_list_does_not_tell(tmp_path, sound):
    """As iTunes 12.7 and some phones write it: the list's name is changed, so that nobody reads it."""
    encode(tmp_path / "a.m4a", sound, "aac", "ipod")
    (tmp_path / "a.m4a").write_bytes((tmp_path / "a.m4a").read_bytes().replace(b"edts", b"free"))
    notes: list[str] = []
    found, _ = audio.read(tmp_path / "a.m4a", note=notes.append)
    assert lag(found[0], sound[0]) == 1_024
    assert "is AAC that does not tell its delay" in notes[0]


def test_the_sound_of_a_video_is_read(tmp_path, sound):
    with av.open(str(tmp_path / "a.mkv"), "w") as out:
        picture = out.add_stream("mpeg4", rate=10)
        picture.width = picture.height = 32
        picture.pix_fmt = "yuv420p"
        stream = out.add_stream("flac", rate=RATE, layout="stereo")
        for _ in range(3):
            out.mux(picture.encode(av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), "rgb24")))
        frame = av.AudioFrame.from_ndarray(np.round(sound.T * 32767).astype(np.int16).reshape(1, -1), "s16", "stereo")
        frame.sample_rate, frame.pts = RATE, 0
        for each in (frame, None):
            out.mux(stream.encode(each))
        out.mux(picture.encode(None))
    assert np.abs(audio.read(tmp_path / "a.mkv")[0] - sound).max() < 1e-4


def test_many_channels_that_pyav_cannot_hand_over_are_refused(tmp_path):
    """A frame that keeps more than eight of them each by itself; reading such memory ends the process."""
    with av.open(str(tmp_path / "a.wv"), "w", format="wv") as out:
        stream = out.add_stream("wavpack", rate=RATE, layout="hexadecagonal", format="s16p")
        stream.open()
        frame = av.AudioFrame("s16p", "hexadecagonal", 1_024)
        frame.sample_rate, frame.pts = RATE, 0
        for each in (frame, None):
            out.mux(stream.encode(each))
    with pytest.raises(InputError, match="FFmpeg: 16 channels"):
        audio.read(tmp_path / "a.wv")


def test_a_file_that_is_cut_short_is_told(tmp_path, sound):
    encode(tmp_path / "a.wv", sound, "wavpack", "wv")
    data = (tmp_path / "a.wv").read_bytes()
    (tmp_path / "a.wv").write_bytes(data[: len(data) // 2])
    notes: list[str] = []
    found, _ = audio.read(tmp_path / "a.wv", note=notes.append)
    assert 0 < found.shape[1] < SAMPLES
    assert f"{found.shape[1]} of about {SAMPLES} samples" in notes[0]


@pytest.mark.parametrize("text", [
    "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{}\n#EXT-X-ENDLIST\n", "ffconcat version 1.0\nfile '{}'\n", "{}\n",
])  # fmt: skip
def test_no_file_that_a_file_names_is_opened(tmp_path, sound, text):
    audio.write(tmp_path / "secret.wav", sound, RATE)
    for name in (str(tmp_path / "secret.wav"), "http://127.0.0.1:9/a.ts"):
        (tmp_path / "a.m4a").write_text(text.format(name))
        with pytest.raises(InputError, match="is not sound that can be decoded"):
            audio.read(tmp_path / "a.m4a")


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_bytes_never_surprise(encoded, capfd, data):
    path, content = data.draw(st.sampled_from(encoded))
    damaged = bytearray(content)
    for place in data.draw(st.lists(st.integers(0, 400), min_size=1, max_size=8)):
        damaged[place] = data.draw(st.integers(0, 255))
    path.write_bytes(damaged[: data.draw(st.integers(1, len(damaged)))])
    sound_or_reason(path)
    assert capfd.readouterr().err == ""


@pytest.fixture(scope="module")
def encoded(sound, tmp_path_factory):
    """(a path to write to, a whole file) of several containers."""
    folder = tmp_path_factory.mktemp("encoded")
    for name, codec, container in (("a.m4a", "aac", "ipod"), ("b.m4a", "alac", "ipod"), ("c.wv", "wavpack", "wv"),
                                   ("d.mka", "flac", "matroska"), ("e.aac", "aac", "adts")):  # fmt: skip
        encode(folder / name, sound[:, :8_000], codec, container)
    return [(path.with_stem(f"damaged {path.stem}"), path.read_bytes()) for path in sorted(folder.iterdir())]


def test_names_of_any_bytes(tmp_path, sound):
    encode(tmp_path / "a.m4a", sound, "alac", "ipod")
    for name in (b"caf\xe9.m4a", b"concat:a|b.m4a", b"%03d.m4a", b"noname"):
        path = os.fsdecode(os.fsencode(tmp_path) + b"/" + name)
        os.replace(tmp_path / "a.m4a", path)
        assert audio.read(path)[0].shape == sound.shape
        os.replace(path, tmp_path / "a.m4a")


def test_without_pyav_the_line_tells_what_to_install(tmp_path, sound, monkeypatch):
    encode(tmp_path / "a.m4a", sound, "alac", "ipod")
    monkeypatch.setattr(decode, "installed", lambda: False)
    with pytest.raises(InputError, match=r"not recognised\); FFmpeg reads more, as m4a, .*: python -m pip install av"):
        audio.read(tmp_path / "a.m4a")


def test_a_corpus_without_pyav_counts_what_needs_it_and_is_another_one_with_it(tmp_path, sound, monkeypatch, capsys):
    for number, name in enumerate(("jazz/a.m4a", "jazz/b.m4a", "house/c.m4a"), 1):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        encode(tmp_path / "in" / name, number * sound / 4, "alac", "ipod")
    audio.write(tmp_path / "in/house/d.wav", sound, RATE)
    with monkeypatch.context() as without:
        reason = "needs [formats]: python -m pip install av"
        without.setitem(clips.SUFFIXES, ".m4a", reason)
        main(Options(tmp_path / "in", output=tmp_path / "without", seconds=0.5, jobs=1))
        assert {source.reason for source in find_sources(tmp_path / "in/jazz", clips.SUFFIXES)} == {reason}
    told = capsys.readouterr().err
    assert f"left out: 3 files, such as house/c.m4a: {reason}" in told
    assert "label jazz: none of its files could be used" in told
    with pytest.raises(InputError, match="corpus of other files"):
        main(Options(tmp_path / "in", output=tmp_path / "without", seconds=0.5, jobs=1))
    main(Options(tmp_path / "in", output=tmp_path / "with", seconds=0.5, jobs=1))
    assert "0 files left out" in capsys.readouterr().err
