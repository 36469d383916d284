"""Known answers of the scores: the content, the style, what lies between, and what must not matter."""

import json

import librosa
import numpy as np
import pytest
import scipy.linalg
import soundfile

from spectro.audio import read
from spectro.demo import compose
from tests.data import real_data
from training.errors import InputError
from transfer.scores import HEADER, Scores, cell, markdown, scores
from transfer.scores.__main__ import Options, main
from transfer.scores.baselines import equalised
from transfer.scores.measures import frechet, modulation
from transfer.scores.prepare import RATE

SECONDS = 3


@pytest.fixture(scope="module")
def pair():
    return [np.atleast_2d(compose(genre, 0, SECONDS)).mean(axis=0) for genre in ("lo_fi", "hardstyle")]


@pytest.fixture(scope="module")
def found(pair):
    content, style = pair
    return scores(content, style, {"style": style, "louder": 5 * content, "longer": np.pad(content, (0, 9000))})


def test_the_content_has_everything_but_the_style(found):
    one = found["content"]
    assert one.timbre == pytest.approx(0, abs=1e-9)
    assert one.texture == pytest.approx(0, abs=1e-9)
    assert one.content_preservation == pytest.approx(1, abs=1e-9)
    assert one.no_leakage == pytest.approx(1, abs=1e-9)
    assert (one.score, one.judge) == (0, pytest.approx(0, abs=1e-9))


def test_the_style_has_everything_but_the_content(found):
    one = found["style"]
    assert one.timbre == pytest.approx(1, abs=1e-6)
    assert one.texture == pytest.approx(1, abs=1e-9)
    assert one.content_preservation < 0.5
    assert one.no_leakage == pytest.approx(0, abs=1e-9)
    assert one.judge == pytest.approx(1, abs=1e-9)
    assert one.score == 0


def test_an_equaliser_brings_colour_and_keeps_the_music(found):
    one = found["equalised"]
    assert one.timbre > 0.2
    assert one.content_preservation > 0.6
    assert one.no_leakage > 0.9
    assert 0 < one.judge < 1


def test_mixes_walk_from_one_to_the_other(found):
    mixes = [found[f"mix {share:g}"] for share in (0.2, 0.35, 0.5, 0.7, 1.0)]
    for name, rising in (("timbre", True), ("texture", True), ("no_leakage", False), ("judge", True)):
        values = [getattr(one, name) for one in mixes]
        assert values == sorted(values, reverse=not rising), name
    assert mixes[-1] == found["style"]


def test_level_and_length_do_not_matter(found):
    for name in ("louder", "longer"):
        for figure in ("timbre", "texture", "content_preservation", "no_leakage", "judge"):
            assert getattr(found[name], figure) == pytest.approx(getattr(found["content"], figure), abs=1e-6), (name, figure)


def test_channels_do_not_matter(pair):
    content, style = pair
    mono = scores(content, style, {"x": 0.7 * content + 0.3 * style})["x"]
    stereo = scores(np.stack([content, content]), style, {"x": np.stack([0.7 * content + 0.3 * style] * 2)})["x"]
    assert stereo == mono


def test_one_sound_three_times_is_not_defined(pair):
    content, _ = pair
    one = scores(content, content, {})["content"]
    assert one == Scores(None, None, None, None, None)
    assert one.score is None


def test_a_content_with_pauses_keeps_itself(pair):
    content, style = (np.array(sound) for sound in pair)
    content[..., : content.shape[-1] // 3] = 0
    assert scores(content, style, {})["content"].content_preservation == pytest.approx(1)


def test_a_mix_that_cancels_is_not_scored(pair):
    found = scores(pair[0], -pair[0], {"result": pair[1]})
    assert found["mix 0.5"].score is found["mix 0.5"].content_preservation is None
    assert found["result"].judge is not None


def test_the_score_is_a_harmonic_mean():
    assert Scores(0.5, 0.5, 1.0, 1.0, 0.3).score == pytest.approx(2 / 3)
    assert Scores(0.5, -0.1, 1.0, 1.0, 0.3).score == 0


def test_the_distance_of_gaussians_is_the_published_one():
    rng = np.random.default_rng(0)
    one, other = ((rng.standard_normal(4), np.cov(rng.standard_normal((4, 50)))) for _ in range(2))
    cross = scipy.linalg.sqrtm(one[1] @ other[1]).real
    expected = ((one[0] - other[0]) ** 2).sum() + np.trace(one[1] + other[1] - 2 * cross)
    assert frechet(one, other) == pytest.approx(expected, rel=1e-6)


def test_a_tremolo_shows_at_its_rate():
    time = np.arange(4 * RATE) / RATE
    noise = np.random.default_rng(0).standard_normal(len(time)) * 0.1
    spectrum = modulation(noise * (1 + np.sin(2 * np.pi * 6 * time))).mean(axis=0)
    rates = np.fft.rfftfreq(len(time) // 256 + 1, 256 / RATE)
    rates = rates[rates <= 20]
    rates = rates[: len(rates) // 4 * 4].reshape(-1, 4)
    peak = rates[spectrum.argmax()]
    assert peak.min() <= 6.3
    assert peak.max() >= 5.7


def test_the_equalised_content_has_the_styles_spectrum(pair):
    spectra = [
        np.sqrt((np.abs(librosa.stft(sound, n_fft=2048, hop_length=512)) ** 2).mean(axis=1))
        for sound in (equalised(*pair), pair[1])
    ]
    band = slice(10, 400)  # where the content has energy
    assert np.abs(20 * np.log10(spectra[0][band] / spectra[1][band])).mean() < 1.5


def test_what_is_refused(pair):
    content, style = pair
    with pytest.raises(InputError, match="the style is silent"):
        scores(content, np.zeros(RATE), {})
    with pytest.raises(InputError, match="scores need 1 s"):
        scores(content[:5000], style, {})
    with pytest.raises(InputError, match="NaN"):
        scores(content, style, {"x": np.full(RATE, np.nan)})


def test_the_command(pair, tmp_path, capsys):
    for name, sound in zip(("content", "style"), pair, strict=True):
        soundfile.write(tmp_path / f"{name}.wav", sound, RATE)
    options = Options(tmp_path / "content.wav", tmp_path / "style.wav", (tmp_path / "style.wav",), tmp_path / "s.json")
    main(options)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2 + 1 + 7
    assert "| equalised |" in lines[4]
    record = json.loads((tmp_path / "s.json").read_text())
    assert record["artifacts"][str(tmp_path / "style.wav")]["level_db"] is None
    table = record["scores"]
    assert table["mix 1"]["timbre"] == pytest.approx(1, abs=1e-3)
    with pytest.raises(InputError, match="exists already"):
        main(options)


def test_the_command_scores_the_beginning(pair, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("transfer.scores.prepare.MAX_SECONDS", 2.0)
    content, style = pair
    tables = []
    for end in (content[2 * RATE + RATE // 4 :], np.ones(5 * RATE)):
        for name, sound in (("content", np.append(content[: 2 * RATE + RATE // 4], end)), ("style", style)):
            soundfile.write(tmp_path / f"{name}.wav", sound, RATE)
        main(Options(tmp_path / "content.wav", tmp_path / "style.wav"))
        tables.append(capsys.readouterr().out)
    assert tables[0] == tables[1]


def test_the_equaliser_on_a_real_pair():
    """What a transfer has to beat."""
    paths = [real_data("audio") / name for name in ("recordings/trumpet.ogg", "loops/loop_tabla.flac")]
    found = scores(*(read(path, RATE)[0][:, : 3 * RATE] for path in paths), {})["equalised"]
    assert found.score > 0.2
    assert all(-1 < figure <= 1 for figure in vars(found).values())


def test_what_is_not_defined_is_a_dash_and_nothing_is_minus_zero():
    assert [cell(figure) for figure in (None, 0.456, -0.001, -1.0)] == ["-", "0.46", "0.00", "-1.00"]


def test_the_score_stands_before_the_second_judge():
    one = Scores(0.5, 0.5, 1.0, 1.0, 0.25)
    assert dict(zip(HEADER, one.row, strict=True))["second judge"] == 0.25
    assert markdown({"a": one}).splitlines()[-1] == "| a | 0.50 | 0.50 | 1.00 | 1.00 | 0.67 | 0.25 |"
