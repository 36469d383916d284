"""A user's files as latents: where steps and variations begin and end, and what cannot be encoded."""

from dataclasses import replace

import numpy as np
import pytest

from generators.pictures import PictureSampleOptions as Options
from generators.pictures import projection
from generators.pictures.data import PictureRun
from generators.pictures.encoding import between_files, cells_f1, encode_file, variations
from generators.pictures.sampling import sample
from midi.codecs import codec_named
from midi.files.reading import read
from midi.files.writing import write
from midi.notes import make_piece, note_table
from training.errors import InputError


@pytest.fixture(scope="module")
def vae(runs):
    run = PictureRun(runs["vae"])
    return run, run.sampler()


@pytest.fixture
def two(tmp_path):
    """A file of two windows of roll96, 16 quarters, and one of one window."""
    for name, count in (("long", 16), ("short", 8)):
        start = 480 * np.arange(count)
        notes = note_table(count, start=start, end=start + 240, pitch=60 + np.arange(count), velocity=90)
        write(tmp_path / f"{name}.mid", make_piece(notes, 480))
    return tmp_path / "long.mid", tmp_path / "short.mid"


def test_steps_lead_from_one_file_to_the_other(vae, two, capsys):
    ends = [encode_file(*vae, path)[0] for path in two]
    assert [len(end) for end in ends] == [2, 1]
    steps = between_files(*vae, *two, 5)
    assert (len(steps), steps.windows) == (5, 1)
    assert "long.mid: the last 1 of 2 pictures are left out; the other file is shorter" in capsys.readouterr().err
    np.testing.assert_allclose(steps(0), ends[0][:1], atol=1e-6)
    np.testing.assert_allclose(steps(2), (ends[0][:1] + ends[1]) / 2, atol=1e-6)
    np.testing.assert_allclose(steps(4), ends[1], atol=1e-6)


def test_variations_stray_as_far_as_asked_for(vae, two):
    mean, log_variance = encode_file(*vae, two[0])
    np.testing.assert_allclose(variations(*vae, two[0], 3, 0, spread=0.0)(2), mean, atol=1e-6)
    varied = variations(*vae, two[0], 2_000, 0, spread=2.0)
    drawn = np.stack([varied(item) for item in range(2_000)])
    np.testing.assert_allclose(drawn.std(axis=0), 2 * np.exp(log_variance / 2), rtol=0.1)
    np.testing.assert_array_equal(varied(7), variations(*vae, two[0], 8, 0, spread=2.0)(7))


def test_what_cannot_be_encoded_is_one_line_with_its_name(vae, two, tmp_path):
    write(tmp_path / "high.mid", make_piece(note_table(1, start=0, end=480, pitch=120, velocity=90), 480))
    with pytest.raises(InputError, match=r"high\.mid: no note within the pitches 1 to 96"):
        between_files(*vae, two[0], tmp_path / "high.mid", 3)


def test_latents_of_a_model_that_reads_nothing_are_searched_for(runs, two, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(projection, "STEPS", 10)
    dcgan = PictureRun(runs["dcgan"])
    start = 1_920 * np.arange(3)
    notes = note_table(3, start=start, end=start + 1_000, pitch=[50, 60, 70], velocity=90)
    write(tmp_path / "three.mid", make_piece(notes, 480))
    mean, log_variance = encode_file(dcgan, dcgan.sampler(), tmp_path / "three.mid")
    assert mean.shape == log_variance.shape == (1, 8)
    assert f"{tmp_path / 'three.mid'}: F1 of its cells, as the model gives them back, is 0." in capsys.readouterr().err
    sample(Options(runs["dcgan"], tmp_path / "out", count=2, format="npy", around=tmp_path / "three.mid", spread=0.0))
    (again,) = dcgan.sampler().pictures(mean, None, [0])
    for item in (0, 1):
        np.testing.assert_array_equal(np.load(tmp_path / "out" / "npy" / f"00000{item}.npy")[0], again)


def test_how_much_of_a_file_comes_back_is_told(vae, pieces, capsys):
    run, sampler = vae
    path = sorted(pieces.rglob("*.mid"))[0]
    mean, _ = encode_file(run, sampler, path)
    sampler = replace(sampler, threshold=float(np.median(sampler.values(mean))))  # trained so briefly, it shows little else
    encode_file(run, sampler, path)
    told = float(capsys.readouterr().err.split(" is ")[-1])
    assert 0 < told < 1
    true, made = run.codec.encode(read(path)).images > 0, sampler.pictures(mean, None, range(len(mean))) > 0
    hits, misses, extra = ((a & b).sum() for a, b in ((true, made), (true, ~made), (~true, made)))
    assert told == pytest.approx(2 * hits / (2 * hits + misses + extra), abs=0.005)


def test_f1_of_cells():
    codec = codec_named("roll64")
    true = np.zeros((2, *codec.shape), np.uint8)
    true[0, 5, :10] = 255
    made = true.copy()
    assert cells_f1(codec, true, made) == 1
    made[0, 5, :5], made[1, 9, :15] = 0, 255
    assert cells_f1(codec, true, made) == 2 * 5 / (10 + 20)
    assert cells_f1(codec, true, np.zeros_like(true)) == 0
