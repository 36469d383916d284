"""Recordings that go on with copies: at their own rate, with their channels, in time, by the seed; and loops of them."""

import csv
import struct

import numpy as np
import pytest
import soundfile

from generators.sounds import SoundSampleOptions, sampling
from generators.sounds.looping import loop_of, tempo_of
from generators.sounds.pointer_sampler import PointerSampler
from generators.sounds.primers import of_sound, silent_end, whole_recording
from generators.sounds.splicing import fade_samples
from spectro.audio import read, write
from spectro.image import load
from spectro.stft import SETTINGS
from tests.generators.sounds.conftest import RATE, beeps
from training.errors import InputError
from training.files import read_json
from training.runs import load as load_run

SETTING = SETTINGS["quick"]
OWN = 11_025


def sample(run, output, **options):
    """The folder, and the rows of its manifest."""
    manifest = sampling.sample(SoundSampleOptions(run, output, **options))
    return output, list(csv.DictReader(manifest.read_text().splitlines()))


@pytest.fixture
def primer(tmp_path):
    """Stereo, at a rate of its own, 3 s of a loop of 0.25 s and faint noise in one channel."""
    sound = beeps(3.0 * OWN / RATE, 500 * RATE / OWN)
    write(tmp_path / "primer.flac", np.stack([sound, 0.5 * beeps(3.0 * OWN / RATE, 700, seed=1)]), OWN)
    return tmp_path / "primer.flac"


def test_a_recording_goes_on_as_it_is(runs, primer, tmp_path):
    """Rate, channels, levels and length are its own; the lead-in comes out as it was, up to the joint's fade."""
    folder, rows = sample(runs["pointer"], tmp_path / "out", primer=primer, seconds=2.0, lead_in=1.0, count=2)
    known, _ = read(primer)
    for row in rows:
        sound, rate = read(folder / row["files"].split()[0])
        assert (rate, sound.shape) == (OWN, (2, 3 * OWN))
        before = OWN - fade_samples(OWN)
        np.testing.assert_allclose(sound[:, :before], known[:, -OWN:][:, :before], atol=1e-4)
        for channel in range(2):
            peaks = [np.abs(each[channel]).max() for each in (sound[:, OWN:], known)]
            assert peaks[0] == pytest.approx(peaks[1], rel=0.1)
    assert load(folder / "png/000000.png").picture.shape == (1, SETTING.rows, SETTING.frames(2 * RATE))
    assert (folder / rows[0]["files"].split()[0]).read_bytes() != (folder / rows[1]["files"].split()[0]).read_bytes()


def test_items_are_the_same_alone(runs, primer, tmp_path):
    whole, _ = sample(runs["pointer"], tmp_path / "whole", primer=primer, seconds=1.0, count=3, seed=5)
    alone, _ = sample(runs["pointer"], tmp_path / "alone", primer=primer, seconds=1.0, count=3, seed=5, items=(2,))
    assert (whole / "wav/000002.wav").read_bytes() == (alone / "wav/000002.wav").read_bytes()


def test_nothing_is_drawn_at_temperature_0(runs, primer, tmp_path, capsys):
    _, rows = sample(runs["pointer"], tmp_path / "out", primer=primer, seconds=0.5, temperature=0.0, count=3, format="wav")
    assert len(rows) == 1
    assert "one is generated" in capsys.readouterr().err


def test_rounds_are_drawn_anew_each_from_the_recording_alone(runs):
    """At temperature 0 all rounds are one, so that what comes is periodic; else it does not go round for ever."""
    sampler = PointerSampler(load_run(runs["pointer"]), 2)
    sounds = [beeps(2.0, 400), np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)]
    primers = [of_sound(each[None], RATE, SETTING) for each in sounds]

    def gone_on(temperature):
        rounds = list(sampler.go_on(primers, [np.random.default_rng(seed) for seed in range(2)], 6.0, temperature))
        return rounds, [np.concatenate(each, axis=1) for each in zip(*rounds, strict=True)]

    rounds, whole = gone_on(0.0)
    assert [each.shape for each in whole] == [(1, 6 * RATE + fade_samples(RATE))] * 2
    for first, second in zip(*rounds[:2], strict=True):
        np.testing.assert_array_equal(first, second)
    (_, first), (_, second), *_ = gone_on(1.0)[0]
    assert first.shape != second.shape or np.abs(first - second).max() > 0.1


def test_without_a_lead_in_it_begins_where_the_primer_ends(runs, primer, tmp_path):
    _, rows = sample(runs["pointer"], tmp_path / "out", primer=primer, seconds=0.7, lead_in=0.0, count=1)
    assert float(rows[0]["seconds"]) == pytest.approx(0.7, abs=1e-3)


def test_a_sound_is_heard_to_its_end(runs):
    """Of a long recording the picture of its last seconds; in front of a short one stands silence."""
    model = load_run(runs["pointer"])
    sampler = PointerSampler(model, 1)
    long, short = beeps(2.0, 400), beeps(0.1, 400)
    heard = [sampler.heard(each[None], RATE) for each in (long, short)]
    assert all(each.shape == (model.heard, SETTING.rows) for each in heard)
    missing = model.heard - len(short) // SETTING.hop
    assert not heard[1][: missing - 2].any()
    assert heard[1][missing + 2 :].any(axis=1).all()
    picture = SETTING.to_picture(np.abs(SETTING.analyse(long[-model.heard * SETTING.hop :])))
    np.testing.assert_allclose(heard[0], picture.T[:-1], atol=1e-6)


@pytest.mark.parametrize(
    ("samples", "words"),
    [
        (np.zeros(2 * RATE, np.float32), "is silent: there is nothing to go on with"),
        (np.pad(beeps(1.0, 500), (0, 30 * RATE)), "is silent in its last 30 s, and no more is read: cut the silence off"),
        (beeps(0.9, 500), "lasts 0.90 s; 1 s are needed"),
    ],
)
def test_recordings_that_cannot_be_gone_on_from(samples, words, tmp_path):
    write(tmp_path / "primer.wav", samples, RATE)
    with pytest.raises(InputError, match=words):
        whole_recording(tmp_path / "primer.wav", SETTING, 1.0)


def test_a_silent_end_is_left_out_and_told(tmp_path, capsys):
    sound = np.concatenate([beeps(2.0, 500), 1e-4 * beeps(1.0, 500)])[None]
    write(tmp_path / "primer.wav", sound, RATE)
    known = whole_recording(tmp_path / "primer.wav", SETTING, 1.0)
    assert 1.8 * RATE < known.sound.shape[1] <= 2.0 * RATE, "and nothing of what sounds"
    assert "s of silence, which are left out" in capsys.readouterr().err
    assert silent_end(np.zeros((2, RATE)), RATE) == silent_end(np.ones((1, RATE)), RATE) == 0


@pytest.mark.parametrize(
    ("run", "options", "words"),
    [
        ("pointer", {}, "give a recording as --primer"),
        ("pointer", {"start": "silence"}, "give a recording as --primer"),
        ("bands", {"loop": True}, "--loop is for models that copy, such as sound_pointer"),
        ("pointer", {"loop": True, "lead_in": 1.0}, "--lead-in does not go with --loop"),
        ("pointer", {"loop": True, "temperature": 1.0}, "--variety does not go with --loop"),
        ("pointer", {"loop": True}, "give a recording as --primer"),
        ("pointer", {"temperature": -1.0}, "--temperature or --variety must be 0 or more; received -1.0"),
    ],
)
def test_options_that_do_not_go_with_the_model(runs, run, options, words, tmp_path):
    with pytest.raises(InputError, match=words):
        sample(runs[run], tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def drums(tempo, seconds, rate=22_050):
    """Stereo: a kick on every beat, a snare on every second one, noise that differs from beat to beat of a bar."""
    time = np.arange(round(seconds * rate)) / rate
    beat = time * tempo / 60
    since = (beat % 1) * 60 / tempo
    kick = np.sin(2 * np.pi * 60 * since) * np.exp(-20 * since) * (1 + 0.5 * (beat.astype(int) % 4 == 0))
    bar = np.random.default_rng(0).normal(0, 1, round(240 / tempo * rate))
    snare = np.resize(bar, len(time)) * np.exp(-30 * since) * (beat.astype(int) % 2)
    return (0.3 * np.stack([kick + snare, kick - 0.5 * snare])).astype(np.float32)


@pytest.mark.parametrize("tempo", [100.0, 127.3])
def test_a_loop_is_whole_bars_of_the_tempo(tempo):
    loop = loop_of(drums(tempo, 14.0), 22_050, 240 / tempo * 2)
    assert loop.beats == 8
    assert loop.tempo == pytest.approx(tempo, rel=2e-3)
    assert loop.sound.shape[1] == pytest.approx(8 * 60 / tempo * 22_050, rel=2e-3)


@pytest.mark.parametrize(("tempo", "found"), [(92.5, 92.5), (139.7, 139.7), (70.0, 140.0)])
def test_the_tempo_is_that_of_bars_too(tempo, found):
    """Where beats are uneven: the second and fourth louder, and every second eighth."""
    places = np.arange(0, 12 * 43.0 - 1, 43.0 * 30 / tempo)
    onsets = np.random.default_rng(0).uniform(0, 0.2, 12 * 43)
    onsets[places.astype(int)] += np.resize([0.6, 0.2, 1.0, 0.3], len(places))
    assert tempo_of(np.convolve(onsets, [0.5, 1, 0.5], "same"), 43.0) == pytest.approx(found, rel=0.01)


@pytest.mark.parametrize("onsets", [np.zeros(500), np.random.default_rng(0).uniform(0, 1, 500), np.ones(20)])
def test_what_does_not_come_again_has_no_tempo(onsets):
    assert tempo_of(onsets, 43.0) == 0


def test_a_loop_has_no_seam():
    """Played twice it goes over from its end into its beginning as it moves within."""
    loop = loop_of(drums(120.0, 12.0), 22_050).sound[0]
    twice = np.abs(np.diff(np.tile(loop, 2)))
    seam = twice[len(loop) - 1_000 : len(loop) + 1_000]
    assert seam.max() <= 1.1 * np.abs(np.diff(loop)).max()
    shifted = np.corrcoef(loop[:5_000], np.tile(loop, 2)[len(loop) // 4 * 4 :][:5_000])[0, 1]
    assert shifted > 0.9, "a bar sounds as the next one"


def test_a_loop_on_disk_tells_its_tempo(runs, tmp_path, capsys):
    write(tmp_path / "drums.wav", drums(120.0, 12.0), 22_050)
    folder, (row,) = sample(runs["pointer"], tmp_path / "out", primer=tmp_path / "drums.wav", loop=True, seconds=4.0)
    assert "would be the same" not in capsys.readouterr().err, "nobody asked for more than one"
    assert float(row["tempo"]) == pytest.approx(120, rel=2e-3)
    assert row["beats"] == "8"
    path = folder / row["files"].split()[0]
    content = path.read_bytes()
    assert struct.unpack("<I", content[4:8])[0] == len(content) - 8
    beats, _, metre, tempo = struct.unpack("<IHHf", content[content.index(b"acid") + 20 :][:12])
    assert (beats, metre) == (8, 4)
    assert tempo == pytest.approx(120, rel=2e-3)
    assert soundfile.info(path).frames == read(path)[0].shape[1] == pytest.approx(4 * 22_050, rel=2e-3)
    assert read_json(folder / "sample.json")["loop"] is True


@pytest.mark.parametrize("sound", [np.full(30_000, 0.1), np.random.default_rng(0).normal(0, 0.1, 200_000)])
def test_sound_without_a_beat_makes_no_loop(sound):
    with pytest.raises(InputError, match=r"0 beats were found in .* --loop needs a bar and a beat more"):
        loop_of(sound[None].astype(np.float32), 22_050)
