"""Continuations by number: the same when made alone, gone on with after a kill, with their prompts before them."""

import csv

import numpy as np
import pytest

from generators.sample import main
from generators.sequences import SequenceSampleOptions as SequenceOptions
from generators.sequences import sampling
from generators.sequences.columns import Columns
from generators.sequences.data import open_pieces
from generators.sequences.primers import from_file
from midi.codecs import codec_named
from midi.columns import columns_of, images_of
from midi.files.reading import read
from midi.files.writing import write
from midi.notes import TEMPO, make_piece, note_table
from midi.picture import load
from tests.generators.sequences.conftest import SEQUENCES
from training.errors import InputError
from training.files import write_json
from training.runs import FORMAT

MODELS = pytest.mark.parametrize("model", SEQUENCES)
OF_COLUMNS = pytest.mark.parametrize("model", ["lstm", "seq2seq"])
CODEC = codec_named("beats88")


def sample(run, output, **options):
    options = {"count": 2, "seed": 7, "columns": 20, "format": "midi,npy"} | options
    return sampling.sample(SequenceOptions(run, output, **options))


def files(folder):
    return {path.name: path.read_bytes() for kind in ("midi", "npy") for path in (folder / kind).iterdir()}


def rows_of(manifest):
    return list(csv.DictReader(manifest.read_text().splitlines()))


@pytest.fixture(scope="module")
def primer(tmp_path_factory):
    """A file of three notes in 24 columns, and those columns."""
    path = tmp_path_factory.mktemp("primer") / "three notes.mid"
    notes = note_table(3, start=[0, 480, 960], end=[480, 960, 2880], pitch=[60, 64, 67], velocity=100)
    write(path, make_piece(notes, 480))
    columns, _ = columns_of(read(path), CODEC)
    assert columns.astype(bool).sum() == (480 + 480 + 1920) // 120
    return path, columns


def test_columns_tell_no_end_of_a_piece(runs, tmp_path):
    with pytest.raises(InputError, match="the steps of lstm do not tell where a piece ends; leave out --until-end"):
        sample(runs["lstm"], tmp_path / "out", until_end=True)


@MODELS
def test_an_item_alone_is_the_same_and_a_cut_off_manifest_goes_on(runs, model, tmp_path):
    """Item 17 is in the second batch."""
    manifest = sample(runs[model], tmp_path / "all", count=18)
    sample(runs[model], tmp_path / "one", count=18, items=(17,))
    whole, alone = files(tmp_path / "all"), files(tmp_path / "one")
    assert sorted(alone) == ["000017.mid", "000017.npy"]
    assert all(whole[name] == content for name, content in alone.items())
    assert len({content for name, content in whole.items() if name.endswith(".npy")}) == 18, "each item is another"
    assert (tmp_path / "all" / "sheet.png").exists()
    text = manifest.read_text()
    manifest.write_text(text[: text.index("\n9,") + 3])  # killed within a row
    (tmp_path / "all" / "midi" / "000016.mid").unlink()
    sample(runs[model], tmp_path / "all", count=18)
    assert manifest.read_text() == text
    assert files(tmp_path / "all") == whole


@OF_COLUMNS
def test_a_primer_stands_before_what_is_generated_or_is_left_out(runs, model, primer, tmp_path):
    path, heard = primer
    manifest = sample(runs[model], tmp_path / "both", primer=path)
    new = sample(runs[model], tmp_path / "new", primer=path, only_new=True)
    for row in rows_of(manifest):
        assert (row["primer"], int(row["primer_columns"])) == (str(path), len(heard))
    assert [row["primer"] for row in rows_of(new)] == [str(path)] * 2
    for item in ("000000", "000001"):
        both, said = (np.load(tmp_path / name / "npy" / f"{item}.npy") for name in ("both", "new"))
        columns, after = (np.concatenate(CODEC.classes(images), axis=1).T for images in (both, said))
        np.testing.assert_array_equal(columns[: len(heard)], heard)
        np.testing.assert_array_equal(columns[len(heard) : len(heard) + 20], after[:20])
        np.testing.assert_array_equal(both, images_of(columns[: len(heard) + 20], CODEC))
        begun = read(tmp_path / "both" / "midi" / f"{item}.mid").notes
        expected = read(path).notes
        early = begun[begun["start"] < len(heard) * 120]
        assert sorted(zip(early["start"], early["pitch"], strict=True)) == sorted(
            zip(expected["start"], expected["pitch"], strict=True)
        )


@MODELS
def test_the_prompt_changes_what_is_generated(runs, model, primer, tmp_path):
    """The same seed after silence, after all of a primer and after a part of it."""
    said = []
    for number, heard in enumerate(({}, {"primer": primer[0]}, {"primer": primer[0], "primer_columns": 2})):
        sample(runs[model], tmp_path / str(number), count=1, only_new=True, **heard)
        said.append(np.load(tmp_path / str(number) / "npy" / "000000.npy").tobytes())
    assert len(set(said)) == 3


def test_a_changed_primer_is_not_continued(runs, primer, tmp_path):
    """Another file of the same name would give a folder of two kinds of music."""
    mine = tmp_path / "mine.mid"
    mine.write_bytes(primer[0].read_bytes())
    sample(runs["lstm"], tmp_path / "out", count=1, primer=mine)
    write(mine, make_piece(note_table(2, start=[0, 480], end=[240, 960], pitch=[64, 67], velocity=90), 480))
    with pytest.raises(InputError, match=r"samples of other settings \(files\)"):
        sample(runs["lstm"], tmp_path / "out", count=2, primer=mine)


@OF_COLUMNS
def test_held_out_primers_are_named(runs, pieces, cache, model, tmp_path):
    data = open_pieces(pieces, Columns(CODEC), 1, cache)
    test = [number for number in data.parts["test"] if data.lengths[number] > 30]
    count = len(test) + 1
    manifest = sample(runs[model], tmp_path / "out", count=count, held_out=True, primer_columns=30, cache=cache)
    for item, row in enumerate(rows_of(manifest)):
        number = test[item % len(test)]
        assert (row["primer"], row["primer_columns"]) == (data.names[number], "30")
        found = np.concatenate(CODEC.classes(np.load(tmp_path / "out" / "npy" / f"{item:06d}.npy")), axis=1).T
        np.testing.assert_array_equal(found[:30], data.steps(number, 0, 30))
    with pytest.raises(InputError, match="no test piece is longer than 9999 columns"):
        sample(runs[model], tmp_path / "long", held_out=True, primer_columns=9_999, cache=cache)
    with pytest.raises(InputError, match="nowhere, which is gone; give its new place as --data"):
        sample(runs[model], tmp_path / "gone", held_out=True, data=tmp_path / "nowhere", cache=cache)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"columns": 0}, "--columns must be from 1 to 524,288; received 0"),
        ({"temperature": -1.0}, "--temperature must be from 0 to 100; received -1"),
        ({"temperature": float("nan")}, "--temperature must be from 0 to 100; received nan"),
        ({"top_p": 0.0}, "--top-p must be above 0 and at most 1; received 0"),
        ({"max_note_bars": -1.0}, "--max-note-bars must be 0 or more; received -1"),
        ({"seed": -1}, "--seed must be from 0 to"),
        ({"count": 0}, "--count must be from 1 to"),
        ({"primer": "a.mid", "held_out": True}, "one of --primer and --held-out; received both"),
        ({"data": "pieces"}, "--data tells where the pieces of --held-out are now"),
        ({"primer_columns": 8}, "--primer-columns is of a --primer or of --held-out"),
        ({"format": "midi,mp3"}, "--format knows midi, png, npy, wav; received 'mp3'"),
        ({"primer": "nowhere.mid"}, "nowhere.mid not found"),
        ({"items": (0, 99)}, "items are numbered from 0 to 15"),
    ],
)
def test_options_that_cannot_be_meant_are_one_line(runs, tmp_path, options, message):
    with pytest.raises(InputError, match=message) as raised:
        main(SequenceOptions(runs["lstm"], tmp_path / "out", **options))
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "out").exists()


def test_the_command_prints_its_manifest(runs, primer, tmp_path, capsys):
    main(SequenceOptions(runs["lstm"], tmp_path / "out", count=1, columns=9, primer=primer[0], tempo=90.0))
    assert capsys.readouterr().out.strip() == str(tmp_path / "out" / "manifest.csv")
    assert read(tmp_path / "out" / "midi" / "000000.mid").tempo_at(0) == 666_667


@pytest.mark.parametrize("only_new", [False, True])
def test_a_piece_goes_on_at_the_tempos_of_its_primer(runs, tmp_path, only_new):
    """Unless another one is asked for; here it changes within the prompt of two quarters and behind it."""
    notes = note_table(2, start=[0, 480], end=[480, 960], pitch=[60, 64], velocity=100)
    tempos = np.array([(0, 600_000), (480, 400_000), (1_440, 300_000)], TEMPO)
    write(tmp_path / "a.mid", make_piece(notes, 480, tempos))
    sample(runs["lstm"], tmp_path / "out", count=1, primer=tmp_path / "a.mid", only_new=only_new, format="midi,png")
    heard = [(0, 400_000), (480, 300_000)] if only_new else tempos.tolist()
    assert read(tmp_path / "out" / "midi" / "000000.mid").tempos.tolist() == heard
    assert load(tmp_path / "out" / "png" / "000000.png").tempo.changes.tolist() == heard


def test_files_that_are_no_primer_are_one_line(runs, tmp_path):
    (tmp_path / "text.mid").write_text("not music")
    write(tmp_path / "empty.mid", make_piece(note_table(0), 480))
    for name, message in (("text.mid", "text.mid is not a MIDI file"), ("empty.mid", "empty.mid: it holds no notes")):
        with pytest.raises(InputError, match=message) as raised:
            sample(runs["lstm"], tmp_path / "out", primer=tmp_path / name)
        assert "\n" not in str(raised.value)


def test_drums_alone_are_the_rows_that_the_codec_gives_them(tmp_path):
    notes = note_table(2, start=[0, 480], end=[240, 720], pitch=[36, 38], velocity=90, drum=True)
    write(tmp_path / "drums.mid", make_piece(notes, 480))
    name, heard = from_file(tmp_path / "drums.mid", Columns(CODEC))(0)
    assert name == str(tmp_path / "drums.mid")
    np.testing.assert_array_equal(np.argwhere(heard), [[0, 108 - 36], [1, 108 - 36], [4, 108 - 38], [5, 108 - 38]])


def test_a_run_of_another_family_is_refused(tmp_path):
    write_json(tmp_path / "vae" / "config.json", {"format": FORMAT, "package": "generators", "model": "vae"})
    with pytest.raises(InputError, match="is a run of vae; expected one of a model of sequences"):
        sample(tmp_path / "vae", tmp_path / "out")


def test_a_head_of_values_draws_nothing(valued, tmp_path):
    with pytest.raises(InputError, match="predicts values and draws nothing: --temperature, --top-p and --max-note-bars"):
        sample(valued, tmp_path / "out", temperature=0.5)
    sample(valued, tmp_path / "out")
    one, other = (np.load(tmp_path / "out" / "npy" / f"00000{item}.npy") for item in (0, 1))
    np.testing.assert_array_equal(one, other)


def test_samples_of_other_settings_are_not_mixed(runs, tmp_path):
    sample(runs["lstm"], tmp_path / "out", count=1)
    with pytest.raises(InputError, match=r"other settings \(temperature\)"):
        sample(runs["lstm"], tmp_path / "out", temperature=0.5)
