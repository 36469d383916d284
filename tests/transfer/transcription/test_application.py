"""Recordings become MIDI files: notes that are known come back, and what has none is told."""

import json

import numpy as np
import pytest
import soundfile

from midi.files.reading import read
from midi.notes import make_piece, note_table
from midi.pedal import with_pedal
from midi.synthesis.rendering import sound_of
from training.cli import guarded
from training.errors import InputError
from training.files import beside
from transfer.contract import open_application
from transfer.pretrained import path as shipped
from transfer.transcribe import main
from transfer.transcription.acoustics import levelled
from transfer.transcription.application import Application
from transfer.transcription.notes import heard
from transfer.transcription.options import Manner, TranscribeOptions
from transfer.transcription.transcriber import Transcriber

RATE = 22_050
SCALE = (48, 50, 52, 53, 55, 57, 59, 60, 62, 64, 65, 67, 69, 71, 72)
VELOCITIES = (80 + 40 * np.sin(np.arange(len(SCALE)))).astype(int)


def scale(step=300, rate=RATE, program=0):
    """Two octaves of a scale, a note every `step` milliseconds: float32 (2, samples)."""
    start = 100 + step * np.arange(len(SCALE))
    columns = {"start": start, "end": start + step, "pitch": np.array(SCALE), "velocity": VELOCITIES}
    return sound_of(make_piece(note_table(len(SCALE), program=program, **columns), 500), rate=rate)


def written(folder, sound, rate=RATE, name="song.wav"):
    soundfile.write(folder / name, sound.T, rate)
    return folder / name


def transcribe(source, target, **options):
    main(TranscribeOptions(files=(source,), output=target, **options))
    return read(target), json.loads(beside(target, ".json").read_text())


@pytest.fixture(scope="module")
def transcriber():
    return Transcriber(shipped())


def of_the_scale(pitches, onsets, first=0.1, step=0.3):
    """(notes, len(SCALE)): which note is which of the scale, its pitch exact, its onset within 30 ms."""
    times = first + step * np.arange(len(SCALE))
    return (np.abs(np.asarray(onsets)[:, None] - times) < 0.03) & (np.asarray(pitches)[:, None] == SCALE)


def hears_the_scale(*heard, **times):
    """Every note of the scale is there once, and most of what is there is of the scale."""
    right = of_the_scale(*heard, **times)
    return (right.sum(axis=0) == 1).all() and right.sum() >= 0.6 * len(right)


@pytest.mark.parametrize("program", [0, 4, 24])
def test_a_scale_comes_back(tmp_path, program):
    piece, record = transcribe(written(tmp_path, scale(program=program)), tmp_path / "scale.mid")
    right = of_the_scale(piece.notes["pitch"], piece.seconds(piece.notes["start"]))
    assert (right.sum(axis=0) == 1).all()
    assert right.sum() >= 0.7 * len(piece)
    velocities = piece.notes["velocity"][right.argmax(axis=0)]
    np.testing.assert_allclose(velocities, VELOCITIES, rtol=0.2)
    assert len(record["notes"]) == len(piece)
    assert all(0 < note["confidence"] <= 1 for note in record["notes"])
    assert beside(tmp_path / "scale.mid", ".png").stat().st_size > 10_000


def test_level_does_not_matter(tmp_path, transcriber):
    sound = scale()
    loud, soft = (np.concatenate(list(transcriber.roll(written(tmp_path, gain * sound)))) for gain in (1, 0.02))
    assert np.abs(loud.astype(int) - soft).mean() < 1
    found = []
    for notes in map(transcriber.notes, ([loud], [soft])):
        right = of_the_scale(notes["pitch"], notes["onset"])
        assert hears_the_scale(notes["pitch"], notes["onset"])
        found.append(notes[right.argmax(axis=0)])
    np.testing.assert_allclose(found[1]["onset"], found[0]["onset"], atol=0.005)
    np.testing.assert_allclose(found[1]["velocity"], found[0]["velocity"], rtol=0.05)


def test_a_note_at_the_very_beginning_is_heard(transcriber):
    sound = scale(rate=transcriber.config.rate).mean(axis=0)[transcriber.config.rate // 10 :]
    notes = transcriber.notes(transcriber.stream([levelled(sound, transcriber.config.rate)]))
    assert hears_the_scale(notes["pitch"], notes["onset"], first=0)


@pytest.mark.parametrize("rate", [8_000, 48_000, 192_000])
def test_any_rate_will_do(tmp_path, transcriber, rate):
    notes = transcriber.notes(transcriber.roll(written(tmp_path, scale(rate=rate), rate)))
    assert hears_the_scale(notes["pitch"], notes["onset"])


def test_a_recording_that_is_a_quarter_tone_off_is_told_and_put_right(tmp_path, capsys):
    cents = 45
    source = written(tmp_path, scale(), round(RATE * 2 ** (cents / 1_200)))
    application = Application(shipped(), manner=Manner(tuning="auto"))
    application.write(source, tmp_path / "right.mid", {})
    piece = read(tmp_path / "right.mid")
    faster = 2 ** (-cents / 1_200)
    assert hears_the_scale(piece.notes["pitch"], piece.seconds(piece.notes["start"]), 0.1 * faster, 0.3 * faster)
    record = json.loads(beside(tmp_path / "right.mid", ".json").read_text())
    assert abs(record["undone_cents"] - cents) < 8
    transcribe(source, tmp_path / "wrong.mid")
    assert "--tuning auto undoes that" in capsys.readouterr().err


def test_each_channel_may_have_a_track(tmp_path):
    sound = np.pad(scale(), ((0, 0), (0, RATE)))
    sound[1] = np.roll(sound[0], RATE // 2)
    piece, record = transcribe(written(tmp_path, sound), tmp_path / "two.mid", channels="each")
    for track, first in zip(np.unique(piece.notes["track"]), (0.1, 0.6), strict=True):
        notes = piece.notes[piece.notes["track"] == track]
        assert hears_the_scale(notes["pitch"], piece.seconds(notes["start"]), first)
    assert {note["channel"] for note in record["notes"]} == {0, 1}


def test_notes_in_beats(tmp_path):
    piece, _ = transcribe(written(tmp_path, scale()), tmp_path / "beats.mid", tempo=100.0, quantise=8, program=4)
    assert (piece.notes["start"] % 240 == 0).all()
    assert len(np.unique(piece.notes["start"])) >= len(SCALE)
    assert set(piece.notes["program"]) == {4}
    assert abs(60e6 / piece.tempo_at(5_000) - 100) < 0.1


def test_found_notes_are_counted_against_the_true_ones(tmp_path):
    transcribe(written(tmp_path, scale()), tmp_path / "found.mid")
    options = {"against": tmp_path / "found.mid", "force": True}
    _, record = transcribe(tmp_path / "song.wav", tmp_path / "again.mid", **options)
    assert record["figures"]["onset_f1"] == record["figures"]["offset_f1"] == 1
    with pytest.raises(InputError, match="not found"):
        transcribe(tmp_path / "song.wav", tmp_path / "again.mid", **options | {"against": tmp_path / "none.mid"})


def test_the_notes_can_be_heard(tmp_path):
    _, record = transcribe(written(tmp_path, scale()), tmp_path / "heard.mid", listen=True)
    assert soundfile.info(beside(tmp_path / "heard.mid", ".wav")).duration == pytest.approx(
        record["sound"]["duration"], abs=0.01
    )


def test_a_pedal_is_written_that_sounds_the_same(tmp_path, monkeypatch, capsys):
    source = written(tmp_path, scale())
    onset = np.arange(24) * 0.25
    broken = heard(onset, 2 * np.floor(onset / 2) + 1.95, np.tile([40, 47, 52, 56, 59, 64, 68, 71], 3), np.full(24, 80))
    monkeypatch.setattr(Transcriber, "notes", lambda self, roll, cents: broken[: 24 * bool(list(roll))])
    plain, _ = transcribe(source, tmp_path / "plain.mid")
    pedalled, record = transcribe(source, tmp_path / "pedalled.mid", pedal=True)
    assert "the pedal goes down 3 times" in capsys.readouterr().err
    assert len(record["pedal"]["down"]) == 3
    assert [note["offset"] for note in record["notes"]] == [round(float(note["offset"]), 4) for note in broken]
    assert np.median(pedalled.notes["end"] - pedalled.notes["start"]) < 0.5 * np.median(
        plain.notes["end"] - plain.notes["start"]
    )
    assert (with_pedal(pedalled)[0].notes == plain.notes).all()
    grid, _ = transcribe(source, tmp_path / "grid.mid", pedal=True, tempo=120.0, quantise=16)
    assert with_pedal(grid)[1] >= 12
    assert (grid.notes["end"] % 120 == 0).all()


def test_where_too_few_notes_end_together_no_pedal_is_written(tmp_path, capsys):
    source = written(tmp_path, scale())
    transcribe(source, tmp_path / "plain.mid")
    _, record = transcribe(source, tmp_path / "none.mid", pedal=True)
    assert "no pedal is written" in capsys.readouterr().err
    assert record["pedal"]["down"] == []
    assert (tmp_path / "plain.mid").read_bytes() == (tmp_path / "none.mid").read_bytes()


def test_silence_has_no_notes(tmp_path, capsys):
    options = TranscribeOptions(files=(written(tmp_path, np.zeros((1, 3 * RATE))),), output=tmp_path / "out.mid")
    assert guarded(main, options) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "is silent" in line
    assert not (tmp_path / "out.mid").exists()


def test_noise_has_hardly_any_notes(tmp_path):
    noise = np.random.default_rng(0).normal(0, 0.1, (1, 3 * RATE))
    _, record = transcribe(written(tmp_path, noise), tmp_path / "out.mid")
    assert len(record["notes"]) <= 6, record["notes"]


def test_options_that_do_not_go_together_are_refused(tmp_path):
    with pytest.raises(InputError, match="--quantise 16 needs a --tempo"):
        Application(shipped(), manner=Manner(quantise=16))
    with pytest.raises(InputError, match="--pedal is for pianos"):
        Application(shipped(), manner=Manner(pedal=True, program=8))
    with pytest.raises(InputError, match="no --strength"):
        open_application(shipped(), strength=0.5)
    with pytest.raises(InputError, match="expected one of transcription"):
        Transcriber(classifier())


def classifier():
    from classifiers.pretrained import path

    return path()


def test_apply_does_the_same(tmp_path):
    source = written(tmp_path, scale())
    open_application(shipped()).write(source, tmp_path / "applied.mid", {})
    transcribe(source, tmp_path / "transcribed.mid")
    assert (tmp_path / "applied.mid").read_bytes() == (tmp_path / "transcribed.mid").read_bytes()
