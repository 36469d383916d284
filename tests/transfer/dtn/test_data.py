"""Two folders of MIDI files as pictures: drums, pairs, and what folders may be wrong."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from midi.codecs import codec_named
from midi.demo import compose
from midi.files.writing import write
from midi.notes import make_piece, note_table, with_notes
from training.errors import InputError
from transfer.dtn.data import Domain, Pairs, Together, open_domains, transfer_codec
from transfer.dtn.pieces import PitchedImages, pitched

CODEC = codec_named("roll64")


def folder_of(root: Path, style: str, count: int, bars: int = 8) -> Path:
    for seed in range(count):
        (root / style).mkdir(parents=True, exist_ok=True)
        write(root / style / f"{seed}.mid", compose(style, seed, bars))
    return root / style


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("two kinds")
    return folder_of(root, "chorale", 4), folder_of(root, "rock", 7), root / "cache"


@pytest.fixture(scope="module")
def domains(folders) -> tuple[Domain, Domain]:
    return open_domains(folders[0], folders[1], CODEC, cache=folders[2])


def test_drums_are_in_no_picture(folders):
    piece = compose("rock", 0, 8)
    assert piece.notes["drum"].any()
    alone = pitched(piece)
    assert len(alone) == np.count_nonzero(~piece.notes["drum"])
    *blocks, remark = _items(PitchedImages(CODEC), folders[1] / "0.mid")
    np.testing.assert_array_equal(np.concatenate(blocks), CODEC.encode(alone, keep_empty=False).images)
    assert f"left out {piece.notes['drum'].sum():,} drum notes" in remark


def _items(encoder, path):
    generator = encoder(path)
    while True:
        try:
            yield next(generator)
        except StopIteration as end:
            yield end.value
            return


def test_notes_out_of_range_are_counted_in_the_corpus(tmp_path):
    notes = note_table(4, start=[0, 480, 960, 1440], end=[480, 960, 1440, 1920], pitch=[20, 60, 64, 120])
    write(tmp_path / "wide.mid", make_piece(notes))
    assert "out of range 2" in list(_items(PitchedImages(CODEC), tmp_path / "wide.mid"))[-1]


def test_variations_are_the_pitched_notes_in_other_keys(folders):
    *once, _ = _items(PitchedImages(CODEC), folders[1] / "0.mid")
    *thrice, _ = _items(PitchedImages(CODEC, variations=2), folders[1] / "0.mid")
    once, thrice = np.concatenate(once), np.concatenate(thrice)
    np.testing.assert_array_equal(thrice[: len(once)], once)
    assert len(thrice) > len(once)


def test_pairs_show_the_larger_kind_whole_and_the_smaller_one_again(domains):
    pairs = Pairs(*domains, "train", CODEC, 3)
    sizes = [len(domain.split.train) for domain in domains]
    assert len(pairs) == max(sizes) // 3
    seen = [np.concatenate([pairs[batch][0][kind] for batch in range(len(pairs))]) for kind in (0, 1)]
    assert seen[0].shape == seen[1].shape == (3 * len(pairs), *CODEC.shape)
    assert set(np.unique(seen)) == {-1.0, 1.0}
    for pictures, domain in zip(seen, domains, strict=True):
        of_the_part = {picture.tobytes() for picture in CODEC.to_model(domain.corpus[domain.split.train])}
        assert {picture.tobytes() for picture in pictures} <= of_the_part


def test_order_follows_from_seed_and_epoch(domains):
    first, again, other = (Pairs(*domains, "train", CODEC, 3, seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first[1][0], again[1][0])
    assert not np.array_equal(first[0][0], other[0][0])
    before = first[0][0]
    first.epoch = 1
    assert not np.array_equal(first[0][0], before)
    again.epoch = 1
    np.testing.assert_array_equal(first[0][0], again[0][0])


def test_evaluation_pairs_are_as_many_as_the_smaller_kind_has(domains):
    pairs = Pairs(*domains, "validation", CODEC, 4, shuffle=False)
    fewest = min(len(domain.split.validation) for domain in domains)
    counts = [[len(kind) for kind in pairs[batch][0]] for batch in range(len(pairs))]
    assert all(source == target for source, target in counts)
    assert sum(source for source, _ in counts) == fewest


def test_together_gathers_from_both(domains):
    both = Together(*domains)
    source, target = domains
    indices = np.array([len(source.corpus) + 2, 1, len(source.corpus), 0])
    expected = np.stack([target.corpus[2][0], source.corpus[1][0], target.corpus[0][0], source.corpus[0][0]])
    np.testing.assert_array_equal(both[indices], expected)
    parts = [both.indices(part) for part in ("train", "validation", "test")]
    assert sorted(np.concatenate(parts)) == list(range(len(source.corpus) + len(target.corpus)))


def test_one_folder_alone_or_twice_is_refused(folders, tmp_path):
    source, target, cache = folders
    with pytest.raises(InputError, match="expected --source and --target; received --target alone"):
        open_domains(None, target, CODEC, cache=cache)
    with pytest.raises(InputError, match="--source and --target are the same"):
        open_domains(source, source / ".." / "chorale", CODEC, cache=cache)
    shutil.copytree(source, tmp_path / "copy")
    with pytest.raises(InputError, match="hold the same files"):
        open_domains(source, tmp_path / "copy", CODEC, cache=cache)


def test_files_in_both_folders_are_told(folders, tmp_path, capsys):
    source, target, cache = folders
    shutil.copytree(target, tmp_path / "mixed")
    shutil.copy(source / "0.mid", tmp_path / "mixed" / "also.mid")
    open_domains(source, tmp_path / "mixed", CODEC, cache=cache)
    assert "warning: 1 files are in both" in capsys.readouterr().err


def test_three_files_are_enough_and_two_are_not(folders, tmp_path):
    source, _, cache = folders
    three, _ = open_domains(folder_of(tmp_path, "waltz", 3), source, CODEC, cache=cache)
    assert all(len(part) for part in (three.split.train, three.split.validation, three.split.test))
    two = folder_of(tmp_path, "ragtime", 2)
    with pytest.raises(InputError, match=r"--target .*ragtime: expected at least three files"):
        open_domains(source, two, CODEC, cache=cache)


def test_a_folder_of_drums_alone_is_one_line(folders, tmp_path, capsys):
    piece = compose("rock", 0, 8)
    write(tmp_path / "drums" / "beat.mid", with_notes(piece, piece.notes[piece.notes["drum"]]))
    with pytest.raises(InputError, match="none of the 1 files could be used"):
        open_domains(folders[0], tmp_path / "drums", CODEC, cache=folders[2])
    assert "beat.mid: it holds drums alone" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["sparse88", "lossless"])
def test_codecs_without_columns_in_quarters_are_refused(name):
    with pytest.raises(InputError, match=f"columns in quarters: interleaved32, roll64 or roll96; received {name}"):
        transfer_codec(name)
