"""python -m midi.render: files, folders, pictures, records, drawings, and files that cannot be rendered."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import soundfile

from midi import picture
from midi.codecs import codec_named
from midi.demo import compose, write_corpus
from midi.files.writing import write
from midi.render import Options, main
from training.errors import InputError
from training.options import check

RATE = 8_000


@pytest.fixture
def song(tmp_path):
    write(tmp_path / "in" / "song.mid", compose("folk", 0, 4))
    return tmp_path / "in" / "song.mid"


def test_a_file_with_its_record_and_drawing(song, tmp_path, capsys):
    main(Options((song,), tmp_path / "out", rate=RATE, plot=tmp_path / "seen", seed=4))
    target = tmp_path / "out" / "song.wav"
    assert capsys.readouterr().out.split() == [str(target)]
    record = json.loads((tmp_path / "out" / "song.wav.json").read_text())
    assert record["options"]["seed"] == 4
    assert record["samples"] == soundfile.info(target).frames
    assert record["clipped"] == 0
    assert 0 < record["rms"] < record["peak"] == pytest.approx(0.95)
    assert {"python", "numpy"} <= set(record["versions"])
    assert (tmp_path / "seen" / "song.png").read_bytes()[:4] == b"\x89PNG"
    with pytest.raises(InputError, match="another folder"):
        main(Options((song,), tmp_path / "new", plot=song.parent))


def test_a_name_for_the_only_result(song, tmp_path):
    main(Options((song,), tmp_path / "other.wav", rate=RATE))
    assert soundfile.info(tmp_path / "other.wav").channels == 2


@pytest.mark.parametrize("suffix", ["png", "npy"])
def test_a_picture_sounds_like_its_piece(song, tmp_path, suffix):
    codec = codec_named("lossless")
    picture.save(tmp_path / "in" / f"shown.{suffix}", codec.encode(compose("folk", 0, 4)), codec)
    main(Options((tmp_path / "in",), tmp_path / "out", rate=RATE))
    assert (tmp_path / "out" / "shown.wav").read_bytes() == (tmp_path / "out" / "song.wav").read_bytes()


def test_a_piece_as_people_play_it(song, tmp_path):
    """By the seed, each file in its own way; 0 is as written."""
    for name, options in {
        "0": {},
        "a": {"humanise": 1.0},
        "b": {"humanise": 1.0},
        "c": {"humanise": 1.0, "seed": 1},
    }.items():
        main(Options((song,), tmp_path / f"{name}.wav", rate=RATE, **options))
    sounds = {name: (tmp_path / f"{name}.wav").read_bytes() for name in "0abc"}
    assert sounds["a"] == sounds["b"]
    assert len({sounds["0"], sounds["a"], sounds["c"]}) == 3
    assert soundfile.info(tmp_path / "a.wav").duration == pytest.approx(soundfile.info(tmp_path / "0.wav").duration, rel=0.1)


def test_worker_processes_make_the_same(tmp_path):
    write_corpus(tmp_path / "in", 1, bars=4)
    for jobs in (1, 2):
        main(Options((tmp_path / "in",), tmp_path / str(jobs), rate=RATE, jobs=jobs))
    made = sorted(path.relative_to(tmp_path / "1") for path in (tmp_path / "1").rglob("*.wav"))
    assert len(made) == 7
    assert all((tmp_path / "1" / path).read_bytes() == (tmp_path / "2" / path).read_bytes() for path in made)


def test_a_bad_file_is_one_line_and_the_others_go_on(song, tmp_path, capsys):
    (song.parent / "bad.mid").write_text("no music")
    (song.parent / "empty.png").write_bytes(b"")
    with pytest.raises(InputError, match="2 of 3 files could not be rendered"):
        main(Options((song.parent,), tmp_path / "out", rate=RATE))
    printed = capsys.readouterr()
    assert printed.out.split() == [str(tmp_path / "out" / "song.wav")]
    errors = [line for line in printed.err.splitlines() if line.startswith("error: ")]
    assert len(errors) == 2
    assert "bad.mid is not a MIDI file" in errors[0]
    assert "empty.png" in errors[1]


def test_results_are_not_overwritten(song, tmp_path):
    main(Options((song,), tmp_path, rate=RATE))
    with pytest.raises(InputError, match=r"song\.wav exists already"):
        main(Options((song,), tmp_path, rate=RATE))
    main(Options((song,), tmp_path, rate=RATE, force=True))


def test_two_files_of_one_name(song, tmp_path):
    write(tmp_path / "more" / "song.mid", compose("waltz", 0, 4))
    main(Options((song, tmp_path / "more" / "song.mid"), tmp_path / "out", rate=RATE))
    assert {path.name for path in (tmp_path / "out").glob("*.wav")} == {"song.wav", "song-2.wav"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"files": ()}, "received none"),
        ({"output": "one.wav"}, "names one file, but there are 2"),
        ({"soundfont": "none.sf2"}, "cannot be read: No such file"),
        ({"output": "one.mp3"}, r"sound is written as \.wav"),
    ],
)
def test_bad_options(change, message, song, tmp_path):
    write(song.parent / "more.mid", compose("waltz", 0, 4))
    paths = {name: tmp_path / value if name in ("output", "soundfont") else value for name, value in change.items()}
    with pytest.raises(InputError, match=message):
        main(Options(**({"files": (song.parent,), "output": tmp_path / "out"} | paths)))


def test_the_command_ends_with_status_1(tmp_path):
    command = [sys.executable, "-m", "midi.render", str(tmp_path / "none.mid")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == f"error: {tmp_path / 'none.mid'} not found\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"jobs": 0}, "--jobs must be 1 or more"),
        ({"rate": 1}, "--rate must be from 8,000 to 192,000; received 1"),
        ({"seed": -1}, "--seed must be from 0"),
        ({"humanise": -1.0}, "--humanise must be 0 or more"),
    ],
)
def test_numbers_out_of_range(change, message):
    with pytest.raises(InputError, match=message):
        check(Options((), **change))


def test_no_file_is_no_number_out_of_range():
    check(Options(()))
    with pytest.raises(InputError, match="expected MIDI files, pictures or folders; received none"):
        main(Options(()))
