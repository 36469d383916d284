"""Whole pieces through a domain transfer network: bars, tempos, drums, joints, strength, and what is refused."""

import json
from dataclasses import asdict, replace

import keras
import numpy as np
import pytest

from midi.codecs import codec_named
from midi.demo import compose
from midi.files.reading import read
from midi.files.writing import write
from midi.notes import SIGNATURE, TEMPO, make_piece, note_table, with_notes
from training.errors import InputError
from training.family import Context
from training.files import write_json
from training.runs import FORMAT
from transfer.apply import main
from transfer.contract import ApplyOptions as Options
from transfer.contract import open_application
from transfer.dtn import model as dtn
from transfer.dtn.application import Application, bars_end, hop_of, mixed
from transfer.dtn.pieces import PROGRAMS, pitched
from transfer.hilbert_autoencoder import model as hilbert_autoencoder

CODECS = ("roll64", "roll96", "interleaved32")


def run_of(folder, codec: str):
    """A run of an untrained network, as `transfer.train` leaves one."""
    keras.utils.set_random_seed(0)
    config = replace(dtn.PRESETS["quick"], codec=codec)
    facts = {"package": "transfer", "model": "dtn", "config": asdict(config), "codec": codec_named(codec).facts()}
    write_json(folder / "config.json", {"format": FORMAT, **facts})
    write_json(folder / PROGRAMS, list(range(20, 31)))
    dtn.build(config, Context()).save(folder / "model.keras")
    return folder


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return {codec: run_of(tmp_path_factory.mktemp(codec), codec) for codec in CODECS}


def applied(run, through=None, **options) -> Application:
    """The application of a run; through: what stands for its network."""
    application = open_application(run, **options)
    if through is not None:
        application._model = lambda pictures, training: through(pictures)
    return application


def table(piece):
    return sorted(zip(*(piece.notes[name].tolist() for name in ("start", "end", "pitch")), strict=True))


def held(bars: int = 12):
    """One note through all bars of 4/4."""
    return make_piece(note_table(1, start=0, end=bars * 4 * 480, pitch=60))


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("overlap", [0.0, 0.125, 0.5])
def test_a_network_that_copies_gives_back_what_the_codec_shows(runs, codec, overlap):
    piece = pitched(compose("folk", 1, 16))
    made, _ = applied(runs[codec], np.array, overlap=overlap).piece(piece)
    reader = codec_named(codec, **({"reading": "robust"} if codec == "interleaved32" else {}))
    assert table(made) == table(reader.decode(reader.encode(piece).images))


def test_tempos_signatures_drums_and_loudness_stay(runs):
    notes = note_table(
        4, start=[0, 96, 192, 300], end=[90, 180, 700, 310], pitch=[60, 62, 64, 38], velocity=[50, 60, 70, 127],
        drum=[False, False, False, True],
    )  # fmt: skip
    tempos = np.array([(0, 400_000), (192, 700_000)], TEMPO)
    piece = make_piece(notes, 96, tempos, np.array([(0, 3, 4)], SIGNATURE))
    made, losses = applied(runs["roll64"], np.array).piece(piece)
    np.testing.assert_allclose(made.quarters(made.tempos["tick"]), [0, 2])
    assert made.tempos["microseconds"].tolist() == [400_000, 700_000]
    assert made.signatures.tolist() == [(0, 3, 4)]
    drums = made.notes[made.notes["drum"]]
    np.testing.assert_allclose(made.quarters(drums["start"]), [300 / 96])
    assert drums["velocity"].tolist() == [127]
    tune = made.notes[~made.notes["drum"]]
    assert set(tune["velocity"]) == {60}
    assert (tune["program"] == 20 + tune["pitch"] // 12).all()
    assert losses["tempos"] == losses["signatures"] == 0


def test_notes_are_held_over_joints_and_end_with_the_last_bar(runs):
    made, _ = applied(runs["roll64"], np.array).piece(held())
    assert table(made) == [(0, 12 * 4 * 480, 60)]
    everywhere, _ = applied(runs["roll64"], np.ones_like).piece(held(bars=9))
    assert len(everywhere) == 64
    assert set(everywhere.notes["end"]) == {9 * 4 * 480}


def test_overlap_mends_what_a_network_spoils_at_the_edges(runs):
    def spoil(pictures):
        spoiled = pictures.copy()
        spoiled[:, :, :8] = spoiled[:, :, -8:] = -1
        return spoiled

    broken, _ = applied(runs["roll64"], spoil, overlap=0.0).piece(held())
    mended, _ = applied(runs["roll64"], spoil, overlap=0.25).piece(held())
    assert len(broken) == 3
    assert table(mended) == [(8 * 120, 12 * 16 * 120, 60)]  # the last window reaches beyond the end


def test_windows_begin_with_bars():
    for codec in map(codec_named, CODECS):
        for overlap in (0.0, 0.125, 0.5):
            hop = hop_of(codec, overlap)
            assert hop % (4 * codec.resolution) == 0
            assert 0 < hop <= codec.columns * (1 - overlap)


def test_silent_windows_stay_silent(runs):
    bar = 4 * 480
    piece = make_piece(note_table(2, start=[0, 20 * bar], end=[bar, 21 * bar], pitch=60))
    made, _ = applied(runs["roll64"], np.ones_like, overlap=0.0).piece(piece)
    sounding = np.zeros(24, bool)
    for start, end in zip(made.notes["start"] // bar, made.notes["end"] // bar, strict=True):
        sounding[start:end] = True
    assert np.flatnonzero(sounding).tolist() == [0, 1, 2, 3, 20]


def test_bars_are_those_of_the_last_signature():
    codec = codec_named("roll64")
    notes = note_table(1, start=0, end=480 * 7, pitch=60)
    assert bars_end(make_piece(notes), codec) == 32
    assert bars_end(make_piece(notes, signatures=np.array([(0, 3, 4)], SIGNATURE)), codec) == 36
    assert bars_end(make_piece(notes, signatures=np.array([(0, 4, 4), (1920, 3, 4)], SIGNATURE)), codec) == 28


def test_strength_goes_from_the_source_to_the_networks_own():
    given, made = np.array([-1.0, -1, 1, 1]), np.array([0.2, 0.9, -0.3, 1])
    for strength, expected in ((0, [-1, -1, 1, 1]), (0.2, [-1, 0.9, 1, 1]), (0.75, [-1, 0.9, -0.3, 1]), (1, made)):
        np.testing.assert_array_equal(mixed(given, made, strength, certain=True), expected)
    for strength, expected in ((0, given), (0.5, [-0.4, -0.05, 0.35, 1]), (1, made)):
        np.testing.assert_allclose(mixed(given, made, strength, certain=False), expected, atol=1e-7)


@pytest.mark.parametrize("codec", CODECS)
def test_strength_0_is_the_source(runs, codec):
    piece = pitched(compose("chorale", 0, 16))
    nothing, _ = applied(runs[codec], strength=0.0).piece(piece)
    copy, _ = applied(runs[codec], np.array).piece(piece)
    assert table(nothing) == table(copy)


@pytest.mark.parametrize("codec", CODECS)
def test_a_demo_piece_from_file_to_file(runs, codec, tmp_path, capsys):
    piece = compose("rock", 2, 12)
    write(tmp_path / "song.mid", piece)
    main(Options(runs[codec], (tmp_path / "song.mid",), tmp_path / "out.mid"))
    assert capsys.readouterr().out.splitlines() == [str(tmp_path / "out.mid")]
    made = read(tmp_path / "out.mid", strict=True)
    assert made.quarters(made.end) <= 4 * np.ceil(piece.quarters(piece.end) / 4)
    assert made.tempos["microseconds"].tolist() == piece.tempos["microseconds"].tolist()
    assert made.notes["drum"].sum() == piece.notes["drum"].sum()
    assert (~made.notes["drum"]).sum() > 0
    assert (made.notes["end"] > made.notes["start"]).all()
    record = json.loads((tmp_path / "out.mid.json").read_text())
    assert record["notes"] == len(made)
    assert record["options"]["strength"] == 1
    with pytest.raises(InputError, match="exists already"):
        main(Options(runs[codec], (tmp_path / "song.mid",), tmp_path / "out.mid"))


def test_notes_out_of_range_are_told(runs, tmp_path, capsys):
    write(tmp_path / "wide.mid", make_piece(note_table(3, start=[0, 480, 960], end=[480, 960, 1440], pitch=[20, 60, 120])))
    main(Options(runs["roll64"], (tmp_path / "wide.mid",), tmp_path / "out"))
    assert "1 of 3 notes kept; out of range 2" in capsys.readouterr().err
    assert json.loads((tmp_path / "out" / "wide.mid.json").read_text())["losses"]["out_of_range"] == 2


def test_pieces_without_pitches_are_one_line(runs, tmp_path):
    piece = compose("rock", 0, 8)
    write(tmp_path / "drums.mid", with_notes(piece, piece.notes[piece.notes["drum"]]))
    write(tmp_path / "empty.mid", make_piece(note_table(0)))
    write(tmp_path / "high.mid", make_piece(note_table(1, end=480, pitch=120)))
    (tmp_path / "no.mid").write_bytes(b"RIFF, but no music")
    for name, reason in (
        ("drums.mid", "it holds drums alone"),
        ("empty.mid", "it holds no notes"),
        ("high.mid", "no note within the pitches 31 to 94"),
        ("no.mid", "is not a MIDI file"),
        ("absent.mid", "not found"),
    ):
        with pytest.raises(InputError, match=f"{name}:? .*{reason}|{name}.*{reason}"):
            main(Options(runs["roll64"], (tmp_path / name,), tmp_path / "out"))
    assert not list((tmp_path / "out").glob("*"))


def test_a_result_without_a_note_is_told(runs, tmp_path, capsys):
    write(tmp_path / "song.mid", held())
    application = applied(runs["roll64"], lambda pictures: -np.ones_like(pictures))
    application.write(tmp_path / "song.mid", tmp_path / "out.mid", {})
    assert "nothing sounds in the result" in capsys.readouterr().err
    assert len(read(tmp_path / "out.mid")) == 0


def test_a_run_of_another_kind_is_one_line(tmp_path):
    config = hilbert_autoencoder.PRESETS["quick"]
    facts = {"format": FORMAT, "package": "transfer", "model": "hilbert_autoencoder", "config": asdict(config)}
    write_json(tmp_path / "run" / "config.json", facts)
    hilbert_autoencoder.build(config, Context()).save(tmp_path / "run" / "model.keras")
    write(tmp_path / "song.mid", held())
    with pytest.raises(InputError, match=r"song\.mid"):
        main(Options(tmp_path / "run", (tmp_path / "song.mid",), tmp_path / "out"))
    write_json(tmp_path / "other" / "config.json", {**facts, "package": "generators", "model": "dcgan"})
    with pytest.raises(InputError, match=r"is a run of generators; expected one that transfer\.train made"):
        open_application(tmp_path / "other")
