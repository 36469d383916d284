"""The front end inside a model equals the NumPy one, both ways of computing it, and can be painted through."""

from dataclasses import replace

import keras
import librosa
import numpy as np
import pytest
from keras import ops

from spectro.layers import LogFrequency, LogMel, MelPicture, Spectrogram, exportable
from spectro.stft import SETTINGS, SpectrogramSetting
from training.errors import InputError

QUICK = replace(SETTINGS["quick"], reference="clip")
LOG = {"rate": 8_000, "hop": 100, "windows": (2_048, 512), "lowest": 55.0, "per_octave": 36, "bins": 200}


@pytest.fixture
def clips():
    generator = np.random.default_rng(0)
    clips = generator.standard_normal((4, QUICK.clip_samples)).astype(np.float32) * 0.1
    clips[1] = 0.5 * np.sin(2 * np.pi * 1000 * np.arange(QUICK.clip_samples) / QUICK.rate)
    clips[2] = 0
    clips[3, 1000:] = 0
    return clips


@pytest.mark.parametrize("method", ["fft", "dft"])
@pytest.mark.parametrize("setting", [QUICK, replace(QUICK, reference="absolute"), replace(QUICK, n_fft=100, hop=33)])
def test_equals_numpy(clips, setting, method):
    reference = setting.full_scale if setting.reference == "absolute" else None
    expected = np.stack([setting.to_picture(abs(setting.analyse(clip)), reference) for clip in clips])
    picture = ops.convert_to_numpy(Spectrogram(setting, method)(clips))
    assert picture.shape == (4, setting.rows, setting.frames(clips.shape[1]), 1)
    np.testing.assert_allclose(picture[..., 0], expected, atol=2e-3)
    assert np.abs(picture[..., 0] - expected).mean() < 1e-5
    assert not picture[2].any()


def test_files_have_no_place_in_a_layer():
    with pytest.raises(InputError, match="clips, not files"):
        Spectrogram(replace(QUICK, reference="file"))
    with pytest.raises(InputError, match="fft or dft"):
        Spectrogram(QUICK, "dct")


def test_mel_bands_equal_librosa(clips):
    setting = replace(QUICK, floor_db=-60.0)
    picture = ops.convert_to_numpy(MelPicture(setting, 20, 3)(Spectrogram(setting)(clips[:1])))[0, ..., 0]
    power = abs(setting.analyse(clips[0])) ** 2
    mel = librosa.feature.melspectrogram(S=power, sr=setting.rate, n_fft=setting.n_fft, n_mels=20)
    mel = mel[:, : mel.shape[1] // 3 * 3].reshape(20, -1, 3).mean(axis=2)
    expected = np.clip(1 + librosa.power_to_db(mel, ref=np.max, top_db=None) / 60, 0, 1)
    assert picture.shape == (20, 21)
    np.testing.assert_allclose(picture, expected, atol=2e-3)


def test_silence_stays_silent_through_mel_bands():
    assert not ops.convert_to_numpy(MelPicture(QUICK, 20)(np.zeros((1, QUICK.rows, 12, 1), np.float32))).any()


def test_rounding_at_the_floor_does_not_matter(clips):
    picture = ops.convert_to_numpy(Spectrogram(QUICK)(clips[3:]))
    assert (picture == 0).mean() > 0.5
    layer = MelPicture(QUICK, 20, 2)
    np.testing.assert_allclose(layer(np.maximum(picture, 1e-7)), layer(picture), atol=1e-5)


def test_log_mel_is_what_musicnn_computes():
    """Up to what the floor takes off, 80 dB below full scale."""
    setting = replace(SETTINGS["musicnn"], reference="absolute")
    clip = np.random.default_rng(0).uniform(-0.5, 0.5, (1, 8_000)).astype(np.float32)
    clip[:, 4_000:] *= 1e-2
    mel = librosa.feature.melspectrogram(y=clip[0], sr=16_000, n_fft=512, hop_length=256, n_mels=96)
    picture = Spectrogram(setting)(clip)
    found = ops.convert_to_numpy(LogMel(setting)(picture))[0, ..., 0]
    np.testing.assert_allclose(found, np.log10(1 + 1e4 * mel.T), atol=0.03)
    np.testing.assert_allclose(LogMel(setting)(0 * picture), 0, atol=1e-6)
    louder = ops.convert_to_numpy(LogMel(setting, loudest=10 * setting.full_scale)(picture))[0, ..., 0]
    np.testing.assert_allclose((10**louder - 1), 100 * (10**found - 1), rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize(
    "layer",
    [Spectrogram(QUICK, "dft"), MelPicture(QUICK, 17, 4), LogMel(QUICK, 12, 30.0), LogFrequency(**LOG, floor_db=-60)],
)
def test_layers_come_back_from_their_config(layer):
    copy = type(layer).from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    assert vars(copy).get("setting", QUICK) == QUICK


@pytest.mark.parametrize("method", ["fft", "dft"])
@pytest.mark.parametrize("octaves", [2, 3, 5])
def test_a_sine_is_at_its_bin_of_a_log_frequency_picture_at_its_level(octaves, method):
    sine = 0.5 * np.sin(2 * np.pi * 55 * 2**octaves * np.arange(8_000) / 8_000, dtype=np.float32)
    picture = ops.convert_to_numpy(LogFrequency(**LOG, method=method)(sine[None]))
    assert picture.shape == (1, 81, 200, 2)
    assert (picture[0, 20:60, :, 0].argmax(axis=1) == 36 * octaves).all()
    np.testing.assert_allclose(picture[0, 40].max(axis=0), 1 + 20 * np.log10(0.5) / 80, atol=0.03)


def test_both_ways_of_a_log_frequency_picture_are_one(clips):
    fft, dft = (ops.convert_to_numpy(LogFrequency(**LOG, method=method)(clips[:2])) for method in ("fft", "dft"))
    np.testing.assert_allclose(fft, dft, atol=1e-4)
    assert not fft[:, :, 36 * 7 :].any()  # above half the rate
    assert not ops.convert_to_numpy(LogFrequency(**LOG)(np.zeros((1, 4_000), np.float32))).any()


def test_a_log_frequency_picture_is_a_power_spectrum_between_its_bins(clips):
    setting = SpectrogramSetting(8_000, 512, 100)
    power = abs(setting.analyse(clips[0])) ** 2 / setting.full_scale**2
    picture = ops.convert_to_numpy(LogFrequency(**LOG | {"windows": (512,)})(clips[:1]))[0, :, :, 0]
    place = 55 * 2 ** (20 / 36) * 512 / 8_000  # the bins are closer than those of the transform
    between = (1 - place % 1) * power[int(place)] + place % 1 * power[int(place) + 1]
    np.testing.assert_allclose(picture[:, 20], np.clip(1 + 10 * np.log10(between) / 80, 0, 1), atol=1e-4)


def test_the_exportable_twin_gives_the_same(clips):
    waveform = keras.Input((QUICK.clip_samples,))
    picture = Spectrogram(QUICK, name="spectrogram")(waveform)
    model = keras.Model(waveform, keras.layers.Dense(2)(MelPicture(QUICK, 16, 2)(picture)))
    twin = keras.models.clone_model(model, clone_function=exportable)
    twin.set_weights(model.get_weights())
    assert twin.get_layer("spectrogram").method == "dft"
    np.testing.assert_allclose(model(clips), twin(clips), atol=2e-3)
