"""Distances with known answers, and the command on a run that has learned nothing."""

import csv
import json
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile

from spectro.audio import read
from tests.transfer.conftest import tone
from training.errors import InputError
from training.recipe import train
from transfer.hilbert_autoencoder.model import PRESETS
from transfer.scores.distances import distances, error
from transfer.scores.paired import Options, main
from transfer.scores.prepare import RATE


def noise(seconds=2.0, seed=0):
    return 0.1 * np.random.default_rng(seed).standard_normal(round(seconds * RATE))


def filtered(sound, gain):
    """`gain`: from frequencies in Hz to factors."""
    return np.fft.irfft(np.fft.rfft(sound) * gain(np.fft.rfftfreq(len(sound), 1 / RATE)), len(sound))


def test_the_truth_is_no_distance_away_at_any_level():
    for sound in (noise(), 3 * noise(), np.stack([noise(), noise()]), np.pad(noise(), (0, 500))):
        found = distances(sound, noise())
        assert (found.spectral, found.mfcc) == (pytest.approx(0, abs=1e-5), pytest.approx(0, abs=1e-5))
        assert found.pitch == pytest.approx(1)


def test_half_the_spectrum_20_db_lower():
    """Levelled, the kept half gains 3 dB (10 log10 of 2 / 1.01); the distance is the root mean square of both halves."""
    truth = noise(4.0)
    found = distances(filtered(truth, lambda hertz: np.where(hertz < RATE / 4, 1.0, 0.1)), truth)
    gained = 10 * np.log10(2 / 1.01)
    assert found.spectral == pytest.approx(np.sqrt((gained**2 + (20 - gained) ** 2) / 2), rel=0.02)


def test_the_spectral_distance_ends_at_the_floor():
    """Bins with nothing in them are 80 dB below the loudest, whatever the sound has there below that."""
    truth = tone(2.0, rate=RATE)[0]
    assert distances(truth + 1e-7 * noise(), truth).spectral < 0.1


def test_mfccs_are_librosas_without_the_first():
    sound, truth = noise(seed=1), filtered(noise(), lambda hertz: 1 / (1 + hertz / 1000))
    one, other = (
        librosa.feature.mfcc(
            y=part * 0.1 / np.sqrt((part**2).mean()), sr=RATE, n_mfcc=20, n_mels=64, n_fft=2048, hop_length=512
        )
        for part in (sound, truth)
    )
    expected = np.sqrt(((one - other)[1:] ** 2).sum(axis=0)).mean()
    assert distances(sound, truth).mfcc == pytest.approx(expected, rel=1e-4)


def test_pitch_kept():
    third = tone(2.0, 440 * 2 ** (4 / 12), RATE)
    assert distances(third, tone(2.0, 440, RATE)).pitch < 0.2
    assert distances(tone(2.0, 880, RATE), tone(2.0, 440, RATE)).pitch > 0.95


def test_the_error_of_a_copy():
    sound = tone(1.0)
    assert error(sound * 1.1, sound) == (pytest.approx(20 * np.log10(0.1 * 0.3 / np.sqrt(2)), abs=0.01), pytest.approx(20))


def test_silence_cannot_be_compared():
    with pytest.raises(InputError, match="silent"):
        distances(np.zeros(RATE), noise())
    with pytest.raises(InputError, match="cut to the truth's length, is silent"):
        distances(np.pad(noise(), (3 * RATE, 0)), noise())


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """A folder of four tones, and a CSV of two pairs, one of them of a sound with itself."""
    folder = tmp_path_factory.mktemp("pairs")
    for number in range(4):
        soundfile.write(folder / f"{number}.wav", tone(1.0, 200 + 50 * number)[0] + 0.1 * noise()[:8_000], 8_000)
    with (folder / "pairs.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("input", "truth"), ("0.wav", "0.wav"), ("1.wav", "2.wav")])
    return folder


def test_the_command(pairs, tmp_path, capsys):
    run = train(
        "transfer", "hilbert_autoencoder", PRESETS["quick"], data=pairs, output=tmp_path / "run", cache=tmp_path / "cache"
    )
    capsys.readouterr()
    options = Options((run,), pairs / "pairs.csv", style=(pairs / "3.wav",), output=tmp_path / "found.json")
    main(options)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| doing nothing", "| equalised", f"| {run}"]
    rows = json.loads((tmp_path / "found.json").read_text())["pairs"]
    first, second = rows["doing nothing"]
    assert [first[key] for key in ("spectral", "mfcc", "pitch")] == pytest.approx([0, 0, 1], abs=1e-6)
    assert second["spectral"] > 1
    assert second["snr"] is None
    assert rows[str(run)][0]["snr"] < 60
    with pytest.raises(InputError, match="exists already"):
        main(options)


def test_what_the_command_refuses(pairs, tmp_path, run):
    for text, reason in (
        ("a,b\n1,2\n", "columns input,truth; received 'a, b'"),
        ("input,truth\n", "has no row"),
        ("input,truth\n0.wav,\n", "line 2: no truth"),
    ):
        (tmp_path / "bad.csv").write_text(text)
        with pytest.raises(InputError, match=reason):
            main(Options(pairs=tmp_path / "bad.csv", output=tmp_path / "found.json"))
    with pytest.raises(InputError, match=r"expected one that transfer\.train made"):
        main(Options((run,), pairs / "pairs.csv", output=tmp_path / "found.json"))


def test_other_runs_go_on_where_one_fails(pairs, tmp_path, monkeypatch, capsys):
    def through(run):
        if run.name == "bad":
            raise RuntimeError("odd")
        return lambda path: read(path, RATE)[0]

    monkeypatch.setattr("transfer.scores.paired._through", through)
    options = Options((Path("bad"), Path("good")), pairs / "pairs.csv", output=tmp_path / "found.json")
    with pytest.raises(InputError, match=r"^1 of 2 runs could not be measured: bad$"):
        main(options)
    assert "error: bad: RuntimeError: odd" in capsys.readouterr().err
    assert list(json.loads((tmp_path / "found.json").read_text())["pairs"]) == ["doing nothing", "good"]


def test_a_table_saved_by_a_spreadsheet_may_begin_with_a_byte_order_mark(pairs, tmp_path):
    (pairs / "marked.csv").write_bytes(b"\xef\xbb\xbf" + (pairs / "pairs.csv").read_bytes())
    main(Options(pairs=pairs / "marked.csv", output=tmp_path / "found.json"))
    assert len(json.loads((tmp_path / "found.json").read_text())["pairs"]["doing nothing"]) == 2
