"""Numbered samples: each made once whatever is asked and whenever it is killed, only what is asked for."""

import csv

import keras
import numpy as np
import pytest

from generators.samples import Blocks, append, check_items, fingerprint_of, items_done, make_items, with_record
from training.errors import InputError
from training.files import read_json

BLOCKS = Blocks(10, 4)


class Writer:
    """Writes a file an item and remembers what it was asked for; killed before the block `killed_at` has its rows."""

    def __init__(self, output, killed_at=None):
        self.output, self.killed_at, self.asked = output, killed_at, []

    def __call__(self, members, wanted):
        self.asked.append((members, wanted))
        for item in wanted:
            (self.output / f"{item}.txt").write_text(f"item {item} of {members}")
        if self.killed_at == len(self.asked) - 1:
            raise KeyboardInterrupt
        return [{"item": item, "file": f"{item}.txt"} for item in wanted]


@pytest.fixture
def output(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def items_of(manifest):
    return [int(row["item"]) for row in csv.DictReader(manifest.read_text().splitlines())]


def test_every_item_is_made_once_in_whole_blocks(output):
    writer, shown = Writer(output), []

    def progress(blocks, total):
        for block in blocks:
            shown.append((len(shown), total))
            yield block

    manifest = make_items(output, BLOCKS, writer, progress=progress)
    assert manifest == output / "manifest.csv"
    assert items_of(manifest) == list(range(10))
    assert writer.asked == [(range(4), [0, 1, 2, 3]), (range(4, 8), [4, 5, 6, 7]), (range(8, 10), [8, 9])]
    assert shown == [(0, 3), (1, 3), (2, 3)]
    before = manifest.read_bytes()
    again = Writer(output)
    make_items(output, BLOCKS, again)
    assert (again.asked, manifest.read_bytes()) == ([], before)


@pytest.mark.parametrize("killed_at", [0, 1, 2])
def test_what_was_killed_in_the_middle_goes_on(output, tmp_path, killed_at):
    with pytest.raises(KeyboardInterrupt):
        make_items(output, BLOCKS, Writer(output, killed_at))
    writer = Writer(output)
    make_items(output, BLOCKS, writer)
    assert [members for members, _ in writer.asked] == list(BLOCKS)[killed_at:]
    (tmp_path / "at once").mkdir()
    whole = make_items(tmp_path / "at once", BLOCKS, Writer(tmp_path / "at once"))
    assert {path.name: path.read_bytes() for path in output.iterdir()} == {
        path.name: path.read_bytes() for path in whole.parent.iterdir()
    }


def test_a_manifest_that_was_cut_anywhere_gets_its_rows_again(output):
    manifest = make_items(output, BLOCKS, Writer(output))
    text = manifest.read_text()
    for length in range(0, len(text), 3):
        manifest.write_text(text[:length])
        kept = text[: text[:length].rfind("\n") + 1]
        assert items_done(manifest) == set(range(kept.count("\n") - 1))
        assert manifest.read_text() == kept
        make_items(output, BLOCKS, Writer(output))
        assert manifest.read_text() == text


def test_items_alone_are_made_with_their_block_in_mind(output):
    writer = Writer(output)
    manifest = make_items(output, BLOCKS, writer, items=[9, 1, 2])
    assert writer.asked == [(range(4), [1, 2]), (range(8, 10), [9])]
    assert sorted(path.name for path in output.glob("*.txt")) == ["1.txt", "2.txt", "9.txt"]
    rest = Writer(output)
    make_items(output, BLOCKS, rest)
    assert rest.asked == [(range(4), [0, 3]), (range(4, 8), [4, 5, 6, 7]), (range(8, 10), [8])]
    assert sorted(items_of(manifest)) == list(range(10))
    assert items_done(manifest) == set(range(10))


def test_an_item_that_is_there_is_not_made_again(output):
    make_items(output, BLOCKS, Writer(output), items=[5])
    writer = Writer(output)
    make_items(output, BLOCKS, writer, items=[5])
    make_items(output, BLOCKS, writer, items=[])
    assert writer.asked == []


def test_few_items_of_very_many_take_no_time(output):
    writer = Writer(output)
    make_items(output, Blocks(10**12, 4), writer, items=[10**12 - 1])
    assert writer.asked == [(range(10**12 - 4, 10**12), [10**12 - 1])]


def test_numbers_that_no_item_has_are_refused():
    for items in (None, [], [0], [9, 0], range(10)):
        check_items(BLOCKS, items)
    for items, received in (([10], "10 to 10"), ([-1, 3], "-1 to 3"), ([3, 99], "3 to 99")):
        with pytest.raises(InputError, match=f"numbered from 0 to 9; received {received}"):
            check_items(BLOCKS, items)


def test_a_manifest_without_rows_has_no_items(output):
    assert items_done(output / "manifest.csv") == set()
    append(output / "manifest.csv", [{"item": 3, "file": "a, b"}])
    append(output / "manifest.csv", [{"item": 1, "file": "c"}])
    assert (output / "manifest.csv").read_text() == 'item,file\n3,"a, b"\n1,c\n'
    assert items_done(output / "manifest.csv") == {1, 3}


def test_a_folder_goes_on_with_more_items_but_not_with_other_settings(output):
    with_record(output, {"seed": 1, "formats": ("midi", "png"), "count": 3})
    make_items(output, BLOCKS, Writer(output), items=[0])
    with_record(output, {"seed": 1, "formats": ("midi", "png"), "count": 9})
    assert read_json(output / "sample.json")["count"] == 9
    with pytest.raises(InputError, match=r"other settings \(seed, formats\)"):
        with_record(output, {"seed": 2, "formats": ("midi",), "count": 9})
    assert read_json(output / "sample.json")["seed"] == 1


def test_the_name_of_weights_follows_their_values():
    def model(scale):
        layer = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)])
        layer.set_weights([scale * np.arange(6.0).reshape(3, 2), np.zeros(2)])
        return layer

    assert fingerprint_of(model(1)) == fingerprint_of(model(1)) != fingerprint_of(model(2))
