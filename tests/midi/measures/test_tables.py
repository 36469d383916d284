"""Measures of many pieces: files, pictures and corpora give the table that single pieces give."""

import numpy as np
import pytest
from mido import Message, MidiFile, MidiTrack

from midi.codecs import codec_named
from midi.codecs.registry import CODECS
from midi.files.writing import write
from midi.images import MidiImages
from midi.measures.features import measure
from midi.measures.tables import as_table, measure_corpus, measure_files, measure_pictures
from midi.notes import TEMPO, make_piece, note_table
from training.corpora.build import build_corpus
from training.corpora.corpus import Corpus
from training.corpora.sources import find_sources
from training.errors import InputError


def piece_of(seed, count=40):
    rng = np.random.default_rng(seed)
    start = np.sort(rng.integers(0, 64, count)) * 120
    return make_piece(note_table(count, start=start, end=start + 120, pitch=rng.integers(48, 84, count)))


@pytest.fixture
def folder(tmp_path):
    for seed in range(70):
        write(tmp_path / "midi" / f"{seed:02}.mid", piece_of(seed))
    return tmp_path / "midi"


def same(left, right):
    assert left.keys() == right.keys()
    for name, values in left.items():
        np.testing.assert_allclose(values, right[name], err_msg=name)


@pytest.mark.parametrize("jobs", [1, 2])
def test_files_give_what_their_pieces_give(folder, jobs):
    table, *told = measure_files(find_sources(folder, {".mid"}), jobs=jobs)
    same(table, as_table(measure(piece_of(seed)) for seed in range(70)))
    assert told == [[], []]
    assert table["pitch_class_transitions"].shape == (70, 12, 12)


def test_a_bad_file_is_a_line_and_the_others_go_on(folder):
    (folder / "03.mid").write_bytes(b"no music")
    (folder / "05.mid").write_bytes(b"")
    table, told, failed = measure_files(find_sources(folder, {".mid"}))
    assert (len(table["length"]), told) == (68, [])
    assert [path for path, _ in failed] == [str(folder / "03.mid"), str(folder / "05.mid")]
    assert [reason.split(" is not")[0] for _, reason in failed] == [path for path, _ in failed]


def test_pedals_are_told_in_one_line(tmp_path):
    pressed = [Message("control_change", control=64, value=value, time=9) for value in (127, 0)]
    notes = [Message("note_on", note=60), Message("note_off", note=60, time=9)]
    for name in "ab":
        MidiFile(tracks=[MidiTrack([*pressed, *notes])]).save(tmp_path / f"{name}.mid")
    _, told, _ = measure_files(find_sources(tmp_path, {".mid"}))
    assert told == ["2 files use the sustain pedal (4 changes), which is not measured"]


@pytest.mark.parametrize(("name", "quarters"), [("roll64", 16), ("roll96", 8)])
def test_a_picture_lasts_to_its_end(name, quarters):
    codec = codec_named(name)
    images = np.concatenate([codec.encode(piece_of(0)).images, np.zeros((1, *codec.shape), np.uint8)])
    table = measure_pictures(images, codec)
    assert (table["length"] == quarters).all()
    assert table["empty"].tolist() == [0] * (len(images) - 1) + [1]
    on = (images > 127).mean(axis=(0, 2, 3))
    by_pitch = table["pitch_sounding"].mean(axis=0)[codec.low : codec.high + 1]
    np.testing.assert_allclose(by_pitch if codec.top == "low" else by_pitch[::-1], on)


def test_every_codec_has_pictures_that_can_be_measured():
    for codec in CODECS.values():
        images = codec.encode(piece_of(1)).images
        table = measure_pictures(images, codec)
        assert (table["note_count"] > 0).any()
        assert table["length"] == pytest.approx(table["length"][0], abs=0.1)
        assert (table["empty_beat_rate"] <= 1).all()


def test_pictures_that_tell_their_place_are_measured_from_their_beginning():
    """The second of two equal halves gives what the first one gives, also where its notes are early by some ticks."""
    start = np.tile(np.arange(0, 16) * 240, 2) + np.repeat([0, 8 * 480], 16)
    start[17:] -= 3
    notes = note_table(32, start=start, end=start + 200, pitch=np.tile(np.arange(60, 76), 2))
    codec = codec_named("lossless")
    assert codec.columns == 8 * codec.resolution
    tempos = np.array([(0, 500_000), (8 * 480 - 100, 250_000)], TEMPO)
    table = measure_pictures(codec.encode(make_piece(notes, 480, tempos)).images, codec)
    assert table["note_count"].tolist() == [16, 16]
    assert table["length"].tolist() == [8, 8]
    assert table["empty_beat_rate"].tolist() == [0, 0]
    np.testing.assert_allclose(table["pitch_sounding"][1], table["pitch_sounding"][0], atol=1e-3)
    assert table["notes_per_second"][1] == 16 / (8 * 0.25)


def test_a_corpus_gives_what_its_pictures_give(folder):
    codec = codec_named("roll96")
    build_corpus(find_sources(folder, {".mid"}), MidiImages(codec), folder.parent / "corpus", jobs=1)
    corpus = Corpus(folder.parent / "corpus")
    images = corpus[np.arange(len(corpus))]
    whole = measure_corpus(corpus)
    same(whole, measure_pictures(images, codec))
    chosen = np.array([3, 1, 70])
    same(measure_corpus(corpus, chosen), {name: values[chosen] for name, values in whole.items()})


def test_a_corpus_of_something_else(tmp_path):
    class Sounds:
        kind, shape, dtype = "sounds", (4,), "int16"

        def facts(self):
            return {"rate": 22_050}

        def __call__(self, path):
            yield np.zeros((1, 4), np.int16)

    write(tmp_path / "midi/a.mid", piece_of(0))
    build_corpus(find_sources(tmp_path / "midi", {".mid"}), Sounds(), tmp_path / "corpus", jobs=1)
    with pytest.raises(InputError, match="corpus of sounds; expected one of MIDI pictures"):
        measure_corpus(Corpus(tmp_path / "corpus"))


def test_a_table_has_a_row_a_piece():
    table = as_table([measure(piece_of(seed)) for seed in range(3)])
    assert {len(values) for values in table.values()} == {3}
    assert as_table([])["length"].shape == (0,)
