"""The judge learns to tell two kinds apart, is not taken in by stray cells or keys, and resumes."""

import numpy as np
import pytest

from transfer.dtn import judge as dtn_judge
from transfer.dtn.judge import KEYS, probability, trained, varied
from transfer.dtn.measures import VIEW


def pictures(count: int, length: int, seed: int) -> np.ndarray:
    """Pictures with notes of `length` columns in rows by chance."""
    rng, images = np.random.default_rng(seed), np.zeros((count, *VIEW.shape), np.uint8)
    for image in images:
        for first in range(0, VIEW.columns, length + 1):
            image[rng.integers(10, 54), first : first + length] = 255
    return images


@pytest.fixture(scope="module")
def judge(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dtn_judge, "EPOCHS", 2)
        patch.setattr(dtn_judge, "STEPS", 40)
        folder = tmp_path_factory.mktemp("judge")
        judge = trained(folder, pictures(20, 15, 0), pictures(60, 2, 1))
        again = trained(folder, pictures(20, 15, 0), pictures(60, 2, 1))
    assert all(np.array_equal(*pair) for pair in zip(judge.get_weights(), again.get_weights(), strict=True))
    return judge


def test_it_tells_what_it_never_saw_though_one_kind_is_rare(judge):
    assert probability(judge, pictures(20, 15, 2)).max() < 0.5
    assert probability(judge, pictures(20, 2, 3)).min() > 0.5


def test_stray_cells_and_keys_do_not_change_its_mind(judge):
    long, rng = pictures(20, 15, 4), np.random.default_rng(0)
    noisy = np.where(rng.random(long.shape) < 0.05, 255 - long, long)
    assert np.mean(probability(judge, noisy) > 0.5) < 0.2
    assert np.mean(probability(judge, np.roll(long, 5, axis=1)) > 0.5) == 0


def test_silence_is_no_music_of_the_target(judge):
    assert probability(judge, np.zeros((2, *VIEW.shape), np.uint8)).tolist() == [0, 0]
    assert probability(judge, np.zeros((0, *VIEW.shape), np.uint8)).shape == (0,)


def test_varied_pictures_are_moved_and_sprinkled(monkeypatch):
    shown = VIEW.to_model(pictures(8, 15, 5))
    labels = np.ones((8, 1))
    monkeypatch.setattr(dtn_judge, "STRAY", 0.0)
    made, same = varied(shown, labels, np.random.default_rng(0))
    assert same is labels
    shifts = range(-KEYS, KEYS + 1)
    found = [
        [shift for shift in shifts if np.array_equal(np.roll(one, shift, axis=0), other)]
        for one, other in zip(shown, made, strict=True)
    ]
    assert all(len(shift) == 1 for shift in found)
    assert len({shift[0] for shift in found}) > 2
    monkeypatch.undo()
    sprinkled, _ = varied(shown, labels, np.random.default_rng(0))
    assert 0 < np.mean(sprinkled != made) < 0.1
