"""How recordings of any length become clips."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from spectro.clips import Clips, to_int16, to_model
from spectro.corpus import Options, main
from tests.data import real_data
from training.corpora.corpus import Corpus
from training.errors import InputError
from training.options import check

RATE = 8000


def clips_of(tmp_path, samples, rate=RATE, seconds=0.5):
    soundfile.write(tmp_path / "a.wav", samples, rate)
    return np.concatenate(list(Clips(RATE, seconds)(tmp_path / "a.wav")))


def test_a_whole_number_of_clips_is_cut_exactly(tmp_path):
    samples = np.random.default_rng(0).integers(-32768, 32768, 3 * 4000).astype(np.int16)
    np.testing.assert_array_equal(clips_of(tmp_path, samples), samples.reshape(3, 4000))


@pytest.mark.parametrize(("length", "count"), [(2500, 1), (4001, 1), (6000, 2), (5999, 1), (2000, 1)])
def test_what_is_left_over(tmp_path, length, count):
    samples = (np.arange(length) % 100 + 1).astype(np.int16) * 100
    clips = clips_of(tmp_path, samples)
    assert len(clips) == count
    np.testing.assert_array_equal(clips.reshape(-1)[: min(length, 4000)], samples[:4000])
    if length < 4000:
        np.testing.assert_array_equal(clips[0], np.resize(samples, 4000))
    elif count == 2:
        np.testing.assert_array_equal(clips[1, 2000:], 0)


def test_silence_and_scraps_are_refused(tmp_path):
    with pytest.raises(InputError, match="silent"):
        clips_of(tmp_path, np.zeros(9000, np.int16))
    assert len(clips_of(tmp_path, np.full(9000, 0.5), seconds=0.1)) == 11  # clips may be shorter than recordings must be
    with pytest.raises(InputError, match=r"too short: 0\.01 s"):
        clips_of(tmp_path, np.ones(80, np.int16) * 1000)


def test_channels_that_cancel_each_other_are_not_called_silent(tmp_path, capsys):
    tone = 0.4 * np.sin(np.arange(20_000) / 9)
    with pytest.raises(InputError, match=r"in antiphase and cancel each other: peak 0\.4, mixed .*change the sign of one"):
        clips_of(tmp_path, np.stack([tone, -tone], axis=1))
    assert remark_of(tmp_path, np.stack([tone, -0.99 * tone], axis=1)).startswith(
        f"{tmp_path / 'a.wav'}: its channels are in"
    )
    assert remark_of(tmp_path, np.stack([tone, 0 * tone], axis=1)) == ""
    assert capsys.readouterr().err == ""


def remark_of(tmp_path, samples, **more):
    soundfile.write(tmp_path / "a.wav", samples, RATE, **more)
    blocks = Clips(RATE, 0.5)(tmp_path / "a.wav")
    while True:
        try:
            next(blocks)
        except StopIteration as end:
            return end.value


def test_samples_beyond_full_scale_are_counted(tmp_path):
    samples = np.full(9_000, 0.5)
    samples[[10, 20, 7_000]] = 1.0, -1.5, 3.25
    assert remark_of(tmp_path, samples, subtype="FLOAT") == "clipped: 2 of 8,000 samples, up to 3.25 of full scale"
    assert remark_of(tmp_path, np.clip(samples, -1, 1), subtype="FLOAT") == ""


def test_any_rate_and_channels(tmp_path):
    tone = 0.5 * np.sin(2 * np.pi * 440 * np.arange(96_000) / 96_000)
    clips = clips_of(tmp_path, np.stack([tone, tone], axis=1), 96_000)
    assert clips.shape == (2, 4000)
    spectrum = np.abs(np.fft.rfft(to_model(clips[0]) * np.hanning(4000)))
    assert spectrum.argmax() == 220


def test_int16_survives_the_way_through_floats():
    everything = np.arange(-32768, 32768).astype(np.int16)
    np.testing.assert_array_equal(to_int16(to_model(everything)), everything)
    assert to_int16(np.array([2.0, -2.0])).tolist() == [32767, -32768]


def test_a_folder_with_everything_wrong_in_it(tmp_path, capsys):
    folder = tmp_path / "my music" / "house"
    folder.mkdir(parents=True)
    good = np.random.default_rng(0).standard_normal(20_000) * 0.1
    soundfile.write(folder / "good one.flac", good, RATE)
    soundfile.write(folder / "silent.wav", np.zeros(9000), RATE)
    soundfile.write(folder / "nan.wav", np.full(9000, np.nan), RATE, subtype="FLOAT")
    (folder / "empty.mp3").touch()
    (folder / "text.wav").write_text("not a sound")
    (folder / "copy.flac").write_bytes((folder / "good one.flac").read_bytes())
    main(Options(tmp_path / "my music", tmp_path / "out", rate=RATE, seconds=0.5, jobs=1))
    told = capsys.readouterr()
    assert told.out.strip() == str(tmp_path / "out")
    corpus = Corpus(tmp_path / "out")
    assert len(corpus) == 5
    assert {row["name"].split("/")[1] for row in corpus.left_out} == {
        "silent.wav", "nan.wav", "empty.mp3", "text.wav", "good one.flac"
    }  # fmt: skip
    assert all(row["reason"] and "\n" not in row["reason"] for row in corpus.left_out)


def test_the_awkward_collection_builds(tmp_path):
    main(Options(real_data("awkward_audio"), tmp_path / "out", jobs=1))
    corpus = Corpus(tmp_path / "out")
    assert len(corpus) > 50
    assert all(row["reason"] for row in corpus.left_out)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rate": 0}, "--rate must be 1 or more"),
        ({"seconds": 0.0}, "--seconds must be above 0"),
        ({"jobs": 0}, "--jobs must be 1 or more"),
    ],
)
def test_numbers_out_of_range(change, message):
    with pytest.raises(InputError, match=message):
        check(Options(Path("in"), **change))


def test_clips_have_a_sample():
    with pytest.raises(InputError, match=r"1e-09 s at 22050 Hz.*no sample"):
        Clips(seconds=1e-9)
