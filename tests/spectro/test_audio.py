"""Sound files: round trips against independent readers, resampling, streaming, and every kind of file that is none."""

from __future__ import annotations

import itertools
import os
import struct
import time
import warnings

import numpy as np
import pytest
import scipy.io.wavfile
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from spectro import audio, decode, decoders
from tests.data import real_data
from training.errors import InputError

PCM = {suffix: [subtype for subtype in ("PCM_16", "PCM_24", "PCM_32", "PCM_U8", "PCM_S8", "FLOAT", "DOUBLE")
                if soundfile.check_format(audio.FORMATS[suffix][0], subtype)
                and (suffix, subtype) not in ((".aiff", "PCM_U8"), (".aiff", "PCM_S8"))]
       for suffix in (".wav", ".flac", ".aiff", ".au", ".caf", ".w64", ".rf64")}  # fmt: skip
STEP = {"PCM_U8": 2**-7, "PCM_S8": 2**-7, "PCM_16": 2**-15, "PCM_24": 2**-23, "PCM_32": 2**-24}


def noise(channels: int = 2, samples: int = 1_000, seed: int = 0, peak: float = 0.9) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-peak, peak, (channels, samples)).astype(np.float32)


def tone(rate: int, seconds: float, frequency: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)).astype(np.float32)


def wav(
    data: bytes, *, channels: int = 1, rate: int = 8_000, bits: int = 16, coding: int = 1, promised: int | None = None
) -> bytes:
    """A wav file by hand, so that its header can lie."""
    frame = channels * bits // 8
    head = struct.pack("<4sIHHIIHH", b"fmt ", 16, coding, channels, rate, rate * frame % 2**32, frame % 2**16, bits)
    size = len(data) if promised is None else promised
    return struct.pack("<4sI4s", b"RIFF", (size + 36) % 2**32, b"WAVE") + head + struct.pack("<4sI", b"data", size) + data


def sound_or_reason(path: os.PathLike, rate: int | None = None) -> str:
    """Read a file of any kind; why it was refused, in one line, or nothing if it gave sound."""
    try:
        sound, _ = audio.read(path, rate, note=lambda _: None)
    except InputError as error:
        reason = str(error)
    else:
        assert np.isfinite(sound).all()
        assert sound.shape[1]
        reason = ""
    assert "\n" not in reason
    return reason


@pytest.fixture
def quiet():
    """Takes the notes about damage."""
    notes: list[str] = []
    return notes


# writing and reading back


@pytest.mark.parametrize("suffix", PCM)
def test_round_trip_keeps_every_sample(tmp_path, suffix):
    """In every coding that the container has."""
    for subtype, channels in zip(PCM[suffix], itertools.cycle((1, 2, 8))):
        sound = noise(channels, 777)
        assert audio.write(tmp_path / f"a{suffix}", sound, 44_100, subtype) == 0
        assert audio.info(tmp_path / f"a{suffix}").format.endswith(subtype)
        back, rate = audio.read(tmp_path / f"a{suffix}")
        assert (rate, back.shape, back.dtype) == (44_100, sound.shape, np.float32)
        assert np.abs(back - sound).max() <= STEP.get(subtype, 0) / 2, subtype


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "FLOAT"])
def test_scipy_reads_what_we_write(tmp_path, subtype):
    sound = noise(2, 500)
    audio.write(tmp_path / "a.wav", sound, 22_050, subtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", scipy.io.wavfile.WavFileWarning)  # libsndfile adds a PEAK chunk
        rate, samples = scipy.io.wavfile.read(tmp_path / "a.wav")
    scale = {"PCM_16": 2.0**15, "PCM_24": 2.0**31, "PCM_32": 2.0**31, "FLOAT": 1.0}[subtype]
    assert rate == 22_050
    np.testing.assert_allclose(samples.T / scale, sound, atol=STEP.get(subtype, 0) / 2)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".aiff"])
def test_int16_samples_survive_bit_exact(tmp_path, suffix):
    every = np.arange(-32_768, 32_768, dtype=np.int16)
    soundfile.write(tmp_path / f"a{suffix}", every, 8_000, subtype="PCM_16")
    assert audio.write(tmp_path / f"b{suffix}", audio.read(tmp_path / f"a{suffix}")[0], 8_000) == 0
    assert np.array_equal(soundfile.read(tmp_path / f"b{suffix}", dtype="int16")[0], every)


def test_int24_samples_survive_bit_exact(tmp_path):
    whole = np.random.default_rng(0).integers(-(2**23), 2**23, 5_000).astype(np.int32) << 8
    soundfile.write(tmp_path / "a.wav", whole, 8_000, subtype="PCM_24")
    audio.write(tmp_path / "b.flac", audio.read(tmp_path / "a.wav")[0], 8_000, "PCM_24")
    assert np.array_equal(soundfile.read(tmp_path / "b.flac", dtype="int32")[0], whole)


@pytest.mark.parametrize(("suffix", "rate"), [(".ogg", 44_100), (".opus", 48_000), (".mp3", 44_100)])
def test_lossy_formats_sound_the_same(tmp_path, suffix, rate):
    sound = np.stack([tone(rate, 0.5), tone(rate, 0.5, 660)])
    audio.write(tmp_path / f"a{suffix}", sound, rate)
    back, _ = audio.read(tmp_path / f"a{suffix}")
    assert back.shape == sound.shape
    middle = slice(rate // 8, -rate // 8)
    assert np.sqrt(np.mean((back - sound)[:, middle] ** 2)) < 0.02


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "PCM_32", "PCM_U8"])
def test_too_loud_is_clipped_and_counted(tmp_path, subtype):
    sound = np.array([0.0, 1.5, -1.5, 1.0, -1.0, 30.0], np.float32)
    assert audio.write(tmp_path / "a.wav", sound, 8_000, subtype) == 3
    back = audio.read(tmp_path / "a.wav")[0][0]
    assert np.abs(back - np.clip(sound, -1, 1)).max() <= STEP[subtype]


def test_float_files_keep_what_is_too_loud(tmp_path):
    sound = np.array([[0.0, 1.5, -7.0]], np.float32)
    assert audio.write(tmp_path / "a.wav", sound, 8_000, "float") == 0
    assert np.array_equal(audio.read(tmp_path / "a.wav")[0], sound)


def test_lossy_is_clipped(tmp_path):
    assert audio.write(tmp_path / "a.ogg", 3 * tone(44_100, 0.2), 44_100) > 0
    assert np.abs(audio.read(tmp_path / "a.ogg")[0]).max() < 1.3


@pytest.mark.parametrize("name", ["with space.wav", "ünïcode 🎵.flac", "new\nline.wav", "-dash.wav", "UPPER.WAV"])
def test_any_name(tmp_path, name):
    audio.write(tmp_path / name, tone(8_000, 0.1), 8_000)
    assert audio.read(tmp_path / name)[0].shape == (1, 800)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize(("name", "rate", "subtype", "said"), [
    ("a.xyz", 8_000, None, "must end in"), ("a", 8_000, None, "no suffix"), ("a.flac", 8_000, "FLOAT", "PCM_24"),
    ("a.wav", 8_000, "nonsense", "NONSENSE"), ("a.wav", 0, None, "received 0"), ("a.wav", 22_050.5, None, "22050.5"),
    ("a.opus", 44_100, None, "44100"), ("a.mp3", 192_000, None, "192000")])  # fmt: skip
def test_what_cannot_be_written(tmp_path, name, rate, subtype, said):
    with pytest.raises(InputError, match=said):
        audio.write(tmp_path / name, noise(), rate, subtype)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("sound", [np.zeros(0, np.float32), np.full(5, np.nan), np.array([0, np.inf]), np.zeros((500, 2))])
def test_samples_that_are_no_sound(tmp_path, sound):
    with pytest.raises(InputError):
        audio.write(tmp_path / "a.wav", sound, 8_000)
    assert os.listdir(tmp_path) == []


def test_integers_are_a_bug(tmp_path):
    with pytest.raises(TypeError, match="int16"):
        audio.write(tmp_path / "a.wav", np.zeros(5, np.int16), 8_000)


def test_wav_ends_at_four_gigabytes(tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "FOUR_GIB", 4_000)
    audio.write(tmp_path / "a.wav", noise(2, 1_000), 8_000)
    audio.write(tmp_path / "a.flac", noise(2, 2_000), 8_000)
    with pytest.raises(InputError, match="4 GiB"):
        audio.write(tmp_path / "b.wav", noise(2, 1_001), 8_000)


@pytest.mark.parametrize("suffix", list(audio.FORMATS))
def test_full_disk_leaves_nothing(tmp_path, suffix):
    resource = pytest.importorskip("resource")
    target = tmp_path / f"a{suffix}"
    target.write_bytes(b"the old one")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, before[1]))
    try:
        with pytest.raises(OSError, match="too large"):
            audio.write(target, noise(2, 40_000), 48_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert os.listdir(tmp_path) == [target.name]
    assert target.read_bytes() == b"the old one"


# resampling, mixing, streaming


@pytest.mark.parametrize("old", [8_000, 11_025, 22_050, 44_100, 48_000, 96_000, 192_000])
def test_resampling_is_soxr_in_one_go(tmp_path, old):
    sound = noise(2, 3 * decoders.PIECE + 17)
    audio.write(tmp_path / "a.wav", sound, old, "FLOAT")
    back, rate = audio.read(tmp_path / "a.wav", rate=22_050)
    assert rate == 22_050
    assert np.array_equal(back, soxr.resample(sound.T, old, 22_050).T)
    assert abs(back.shape[1] - sound.shape[1] * 22_050 / old) <= 1


def test_a_tone_stays_a_tone(tmp_path):
    audio.write(tmp_path / "a.wav", tone(48_000, 1), 48_000, "FLOAT")
    back, _ = audio.read(tmp_path / "a.wav", rate=22_050, mono=True)
    assert np.abs(back - tone(22_050, 1))[200:-200].max() < 1e-4


@given(st.integers(1, 70_000), st.sampled_from([1, 2, 5]), st.floats(0.001, 3), st.sampled_from([None, 22_050, 48_000]),
       st.booleans())  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_blocks_joined_are_read(tmp_path_factory, samples, channels, seconds, rate, mono):
    path = tmp_path_factory.mktemp("blocks") / "a.wav"
    audio.write(path, noise(channels, samples), 16_000, "FLOAT")
    parts = list(audio.blocks(path, seconds, rate, mono))
    whole, found = audio.read(path, rate, mono)
    assert np.array_equal(np.concatenate(parts, axis=-1), whole)
    assert whole.ndim == (1 if mono else 2)
    assert whole.flags.c_contiguous
    assert {part.shape[-1] for part in parts[:-1]} <= {max(1, round(seconds * found))}
    assert 0 < parts[-1].shape[-1] <= max(1, round(seconds * found))


def test_mono_is_the_mean(tmp_path):
    sound = noise(3, 100)
    audio.write(tmp_path / "a.wav", sound, 8_000, "FLOAT")
    np.testing.assert_allclose(audio.read(tmp_path / "a.wav", mono=True)[0], sound.mean(axis=0), atol=1e-7)


def test_memory_of_blocks_is_constant(tmp_path):
    import tracemalloc

    def peak(seconds: int) -> int:
        audio.write(tmp_path / "a.wav", noise(1, seconds * 8_000), 8_000)
        tracemalloc.start()
        for _ in audio.blocks(tmp_path / "a.wav", 1.0, rate=16_000):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(200) < 1.2 * peak(20)


def test_read_refuses_what_memory_cannot_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(audio, "MAX_VALUES", 20_000)
    audio.write(tmp_path / "a.wav", noise(1, 30_000), 8_000)
    with pytest.raises(InputError, match="blocks"):
        audio.read(tmp_path / "a.wav")
    assert sum(block.shape[1] for block in audio.blocks(tmp_path / "a.wav", 1.0)) == 30_000


@pytest.mark.parametrize("rate", [0, -1, 22_050.5, 10**9])
def test_rates_that_are_none(tmp_path, rate):
    audio.write(tmp_path / "a.wav", noise(), 8_000)
    with pytest.raises(InputError, match="sample rate"):
        audio.read(tmp_path / "a.wav", rate=rate)


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
def test_blocks_must_last(tmp_path, seconds):
    audio.write(tmp_path / "a.wav", noise(), 8_000)
    with pytest.raises(InputError, match="block"):
        next(audio.blocks(tmp_path / "a.wav", seconds))


# odd files


def test_info(tmp_path):
    audio.write(tmp_path / "a.flac", noise(2, 4_000), 8_000)
    assert audio.info(tmp_path / "a.flac") == audio.AudioInfo(8_000, 2, 4_000, 0.5, "FLAC PCM_16")


@pytest.mark.parametrize(
    ("content", "name"),
    [("wav", "a.mp3"), ("flac", "a.wav"), ("ogg", "a.flac"), ("wav", "a.raw"), ("mp3", "a.wav"), ("wav", "noname")],
)
def test_wrong_suffix(tmp_path, content, name):
    audio.write(tmp_path / f"right.{content}", noise(2, 5_000), 44_100)
    right = audio.read(tmp_path / f"right.{content}")[0]
    os.replace(tmp_path / f"right.{content}", tmp_path / name)
    assert np.array_equal(audio.read(tmp_path / name)[0], right)


def test_flac_without_a_sample_count(tmp_path):
    sound = noise(2, 50_001)
    audio.write(tmp_path / "a.flac", sound, 22_050)
    right = audio.read(tmp_path / "a.flac")[0]
    data = bytearray((tmp_path / "a.flac").read_bytes())
    data[21] &= 0xF0  # the 36 bits of the count end STREAMINFO's first eighteen bytes
    data[22:26] = bytes(4)
    (tmp_path / "a.flac").write_bytes(data)
    assert audio.info(tmp_path / "a.flac").frames is None
    assert audio.info(tmp_path / "a.flac").seconds is None
    assert np.array_equal(audio.read(tmp_path / "a.flac")[0], right)


@pytest.mark.parametrize("suffix", [".wav", ".aiff", ".au", ".flac", ".mp3"])
def test_a_file_cut_short_gives_what_it_holds_and_says_so(tmp_path, suffix, quiet):
    path = tmp_path / f"a{suffix}"
    audio.write(path, noise(2, 44_100), 44_100)
    whole = audio.read(path)[0]
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    part = audio.read(path, note=quiet.append)[0]
    assert 15_000 < part.shape[1] < 30_000
    assert np.array_equal(part, whole[:, : part.shape[1]])
    assert len(quiet) == 1
    assert "damaged" in quiet[0]
    assert f"{part.shape[1]} of about 44" in quiet[0]


def test_notes_go_to_stderr(tmp_path, capsys):
    (tmp_path / "a.wav").write_bytes(wav(bytes(100), promised=1_000))
    assert audio.read(tmp_path / "a.wav")[0].shape == (1, 50)
    assert "50 of about 500" in capsys.readouterr().err


@pytest.mark.parametrize("promised", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
def test_a_wav_written_into_a_pipe_is_whole(tmp_path, promised, quiet):
    (tmp_path / "a.wav").write_bytes(wav(bytes(1_000), promised=promised))
    assert audio.read(tmp_path / "a.wav", note=quiet.append)[0].shape == (1, 500)
    assert quiet == []


def test_silence_is_sound(tmp_path):
    audio.write(tmp_path / "a.wav", np.zeros(100, np.float32), 8_000)
    assert not audio.read(tmp_path / "a.wav")[0].any()


def test_one_sample(tmp_path):
    audio.write(tmp_path / "a.wav", np.ones((1, 1), np.float32) / 2, 48_000)
    assert audio.read(tmp_path / "a.wav")[0] == 0.5
    with pytest.raises(InputError, match="too short"):
        audio.read(tmp_path / "a.wav", rate=22_050)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_damaged_samples_are_counted(tmp_path, value):
    sound = noise(2, 50_000)
    sound[0, [30_000, 40_000, 49_999]] = value
    soundfile.write(tmp_path / "a.wav", sound.T, 8_000, subtype="FLOAT")
    for attempt in (lambda: audio.read(tmp_path / "a.wav"), lambda: list(audio.blocks(tmp_path / "a.wav", 1.0, 16_000))):
        with pytest.raises(InputError, match=r"3 of 100000 samples.*first at 3\.750 s"):
            attempt()


BAD = {
    "empty": b"", "text": b"hello, this is no sound\n" * 100, "zeros": bytes(5_000), "riff": b"RIFF",
    "header": wav(b"")[:30], "no samples": wav(b""), "rate 0": wav(bytes(100), rate=0), "rate 1": wav(bytes(100), rate=1),
    "rate huge": wav(bytes(100), rate=2**31 - 1), "no channels": wav(bytes(100), channels=0),
    "100 channels": wav(bytes(20_000), channels=100), "60000 channels": wav(bytes(100), channels=60_000),
    "coding": wav(bytes(100), coding=0x1234), "7 bits": wav(bytes(100), bits=0), "flac": b"fLaC" + bytes(100),
    "ogg": b"OggS" + bytes(100), "mp3": b"\xff\xfb\x90\x00" + bytes(20), "png": b"\x89PNG\r\n\x1a\n" + bytes(100),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD)
def test_what_is_not_sound(tmp_path, kind):
    path = tmp_path / "a.wav"
    path.write_bytes(BAD[kind])
    with pytest.raises(InputError, match=r"a\.wav") as caught:
        audio.read(path, rate=22_050)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError):
        list(audio.blocks(path, 1.0))


def test_what_is_no_file(tmp_path):
    for path, said in [(tmp_path / "none.wav", "not found"), (tmp_path, "folder"), ("/dev/null", "device"),
                       ("a\0b", "cannot be read"), (tmp_path / ("n" * 300), "cannot be read")]:  # fmt: skip
        for attempt in (audio.read, audio.info):
            with pytest.raises(InputError, match=said):
                attempt(path)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.wav")
    with pytest.raises(InputError, match="pipe"):
        audio.read(tmp_path / "a.wav")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path):
    audio.write(tmp_path / "a.wav", noise(), 8_000)
    (tmp_path / "a.wav").chmod(0)
    with pytest.raises(InputError, match="denied"):
        audio.read(tmp_path / "a.wav")


def test_permission_denied_by_the_system(tmp_path, monkeypatch):
    audio.write(tmp_path / "a.wav", noise(), 8_000)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(InputError, match="cannot be read: Permission denied"):
        audio.read(tmp_path / "a.wav")


@given(st.sampled_from([".wav", ".flac", ".ogg", ".aiff", ".mp3", ".w64"]), st.data())
@settings(max_examples=60, deadline=None)
def test_damaged_bytes_never_surprise(tmp_path_factory, suffix, data):
    path = tmp_path_factory.mktemp("damaged") / f"a{suffix}"
    audio.write(path, noise(2, 3_000), 44_100)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, 200), min_size=1, max_size=8)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    sound_or_reason(path)


@pytest.mark.parametrize(("ffmpeg", "wanted"), [(False, (104, 62)), (True, (139, 27))])
def test_awkward_files_give_sound_or_a_reason(ffmpeg, wanted, monkeypatch):
    if ffmpeg:
        pytest.importorskip("av")
    monkeypatch.setattr(decode, "installed", lambda: ffmpeg)
    reasons = []
    for path in sorted(real_data("awkward_audio").rglob("*")):
        if path.is_file():
            start = time.perf_counter()
            reasons.append(sound_or_reason(path, rate=22_050))
            assert time.perf_counter() - start < 5, path
    assert (reasons.count(""), len(reasons) - reasons.count("")) == wanted
