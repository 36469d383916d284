"""A user's files as latents: where steps and variations begin and end, and what cannot be encoded."""

import numpy as np
import pytest

from generators.pictures.data import PictureRun
from generators.pictures.encoding import between_files, encode_file, variations
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


def test_steps_lead_from_one_file_to_the_other(vae, two):
    ends = [encode_file(*vae, path)[0] for path in two]
    assert [len(end) for end in ends] == [2, 1]
    steps = between_files(*vae, *two, 5)
    assert (len(steps), steps.windows) == (5, 1)
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


def test_what_cannot_be_encoded_is_one_line_with_its_name(vae, runs, two, tmp_path):
    write(tmp_path / "high.mid", make_piece(note_table(1, start=0, end=480, pitch=120, velocity=90), 480))
    with pytest.raises(InputError, match=r"high\.mid: no note within the pitches 1 to 96"):
        between_files(*vae, two[0], tmp_path / "high.mid", 3)
    dcgan = PictureRun(runs["dcgan"])
    with pytest.raises(InputError, match="dcgan makes pictures but reads none"):
        encode_file(dcgan, dcgan.sampler(), two[0])
