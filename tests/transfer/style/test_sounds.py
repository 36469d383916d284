import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spectro.stft import SETTINGS
from transfer.style.sounds import CrossFade, overlap_of, tiles

SETTING = SETTINGS["quick"]


def cut(samples: np.ndarray, size: int) -> list[np.ndarray]:
    return [samples[:, start : start + size] for start in range(0, samples.shape[1], size)]


@settings(max_examples=30, deadline=None)
@given(length=st.integers(1, 20_000), size=st.integers(500, 9_000), overlap=st.integers(0, 20))
def test_tiles_are_the_analysis_of_the_whole(length: int, size: int, overlap: int):
    signal = np.random.default_rng(length).standard_normal((2, length)).astype(np.float32)
    fade = CrossFade(overlap)
    parts = [fade.add(tile.spectrum[..., : tile.columns]) for tile in tiles(cut(signal, size), SETTING, overlap)]
    joined = np.concatenate([*parts, fade.finish()], axis=-1)
    whole = SETTING.analyse(signal)
    assert joined.shape == whole.shape
    np.testing.assert_allclose(joined, whole, atol=1e-4)


def test_a_short_sound_is_one_tile_filled_with_silence():
    (tile,) = tiles([np.ones((1, 640), np.float32)], SETTING, overlap_of(SETTING))
    assert tile.columns == 11
    assert tile.fraction == pytest.approx(11 / 63)
    assert not tile.spectrum[..., 11:].any()


def test_equal_tiles_fade_into_themselves_and_different_ones_evenly():
    fade = CrossFade(3)
    first = fade.add(np.zeros((1, 2, 6), np.float32))
    second = fade.add(np.ones((1, 2, 6), np.float32))
    joined = np.concatenate([first, second, fade.finish()], axis=-1)[0, 0]
    np.testing.assert_allclose(joined, [0, 0, 0, 0.25, 0.5, 0.75, 1, 1, 1])
