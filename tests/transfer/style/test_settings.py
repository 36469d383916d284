import numpy as np
import pytest

from spectro.stft import SETTINGS
from training.errors import InputError
from transfer.style.settings import Mask, mask_of

SETTING = SETTINGS["lil_data"]


def test_no_area_is_everything():
    assert (Mask().weights(SETTING, 100, 20) == 1).all()


def test_areas_are_read():
    assert mask_of(("2-4.5s", "100-2000Hz", "7-8 s")) == Mask(((2.0, 4.5), (7.0, 8.0)), ((100.0, 2000.0),))


@pytest.mark.parametrize("area", ["", "2s", "4-2s", "2-2s", "1-2", "a-bs", "-1-2s", "1-2khz"])
def test_other_areas_are_refused(area: str):
    with pytest.raises(InputError, match=r"--mask .*expected seconds"):
        mask_of((area,))


def test_seconds_count_from_the_first_column_of_the_sound():
    weights = mask_of(("2-3s",)).weights(SETTING, 0, 500)
    times = np.arange(500) * SETTING.hop / SETTING.rate
    assert (weights[:, (times > 2.06) & (times < 2.94)] == 1).all()
    assert (weights[:, (times < 1.94) | (times > 3.06)] == 0).all()
    np.testing.assert_array_equal(mask_of(("2-3s",)).weights(SETTING, 200, 100), weights[:, 200:300])


def test_frequencies_and_seconds_both_hold():
    weights = mask_of(("0-1s", "1000-2000hz")).weights(SETTING, 0, 500)
    hertz = np.linspace(0, SETTING.rate / 2, SETTING.rows)
    times = np.arange(500) * SETTING.hop / SETTING.rate
    inside = (hertz > 1100) & (hertz < 1800)
    assert (weights[inside][:, (times > 0.06) & (times < 0.9)] == 1).all()
    assert not weights[(hertz < 900) | (hertz > 2200)].any()
    assert not weights[:, times > 1.1].any()
    assert weights[inside, 0].min() > 0, "the beginning of the sound is half inside, not outside"


@pytest.mark.parametrize(
    ("areas", "reason"), [(("5-6s", "7-8s"), "begins at 5 s.*ends at 5 s"), (("0-1s", "12000-13000hz"), "ends at 11025 Hz")]
)
def test_a_mask_beyond_the_sound_is_told(areas: tuple[str, ...], reason: str):
    mask_of(("4.9-9s", "7-8s", "100-200hz")).check(5.0, 11_025.0)
    Mask().check(1 / 22_050, 11_025.0)
    with pytest.raises(InputError, match=reason):
        mask_of(areas).check(5.0, 11_025.0)


def test_areas_of_a_kind_add_up():
    both = mask_of(("0-1s", "3-4s")).weights(SETTING, 0, 631)
    each = [mask_of((area,)).weights(SETTING, 0, 631) for area in ("0-1s", "3-4s")]
    np.testing.assert_allclose(both, np.maximum(*each))
