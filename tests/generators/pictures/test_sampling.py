"""Samples by number: streamed, continued, and the same when made alone."""

import csv
import shutil

import numpy as np
import pytest
from generators.pictures.generator import Generator

from classifiers.pretrained import path as pretrained
from generators.pictures.latents import Drawn, Grid
from generators.pictures.sampling import Settings, sample
from generators.samples import Blocks, with_record
from midi.codecs import codec_named
from midi.files.reading import read
from midi.picture import load as load_picture
from tests.generators.conftest import PICTURES
from training.cli import InputError
from training.runs import load


def drawn(generator, count, windows=1):
    return Drawn(generator.model, generator.module, count, seed=7, windows=windows)


def settings(count, **changes):
    return Settings(**{"source": "drawn", "count": count, "seed": 7, "formats": ("midi", "png", "npy"), **changes})


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for kind in ("midi", "png", "npy")
            for path in sorted((folder / kind).glob("*"))}  # fmt: skip


@pytest.mark.parametrize("model", PICTURES)
def test_every_format_holds_the_same_picture(runs, model, tmp_path):
    generator = Generator(runs[model])
    manifest = sample(generator, drawn(generator, 3), tmp_path / "out", settings(3))
    rows = list(csv.DictReader(manifest.read_text().splitlines()))
    assert [row["item"] for row in rows] == ["0", "1", "2"]
    for row in rows:
        midi, png, npy = (tmp_path / "out" / name for name in row["files"].split())
        images = np.load(npy)
        np.testing.assert_array_equal(load_picture(png).images, images)
        piece = generator.codec.decode(images)
        assert int(row["notes"]) == len(piece) == len(read(midi))
    assert (tmp_path / "out" / "sheet.png").exists()


def test_one_item_alone_is_the_same_and_a_cut_off_manifest_goes_on(runs, tmp_path):
    generator = Generator(runs["vae"])
    manifest = sample(generator, drawn(generator, 70), tmp_path / "all", settings(70))
    sample(generator, drawn(generator, 70), tmp_path / "one", settings(70), items=[66])
    whole, alone = files(tmp_path / "all"), files(tmp_path / "one")
    assert sorted(alone) == ["midi/000066.mid", "npy/000066.npy", "png/000066.png"]
    assert all(whole[name] == content for name, content in alone.items())
    text = manifest.read_text()
    manifest.write_text(text[: text.index("\n40,") + 3])
    (tmp_path / "all" / "midi" / "000069.mid").unlink()
    sample(generator, drawn(generator, 70), tmp_path / "all", settings(70))
    assert files(tmp_path / "all") == whole
    assert manifest.read_text() == text


def test_any_count_of_blocks():
    blocks = Blocks(10**12 + 3, 64)
    assert len(blocks) == 10**12 // 64 + 1
    assert blocks[1] == range(64, 128)
    assert list(Blocks(130, 64)) == [range(64), range(64, 128), range(128, 130)]


def test_a_grid_spans_the_two_widest_directions(runs, tmp_path):
    generator = Generator(runs["vae"])
    grid = Grid(generator.model, generator.module, side=3)
    drawn = generator.module.latents(generator.model, np.arange(1_024, dtype=np.uint64))
    places = np.concatenate([grid(item) for item in range(9)])
    np.testing.assert_allclose(places[4], drawn.mean(axis=0), atol=1e-6)
    directions = np.stack([places[7] - places[1], places[5] - places[3]]).astype(float)  # four deviations each
    np.testing.assert_allclose(directions @ directions.T, np.diag(np.diag(directions @ directions.T)), atol=1e-3)
    spread = np.linalg.eigvalsh(np.cov(drawn.T))[-2:]
    np.testing.assert_allclose((directions**2).sum(axis=1), 16 * spread, rtol=1e-3)
    sample(generator, grid, tmp_path / "out", settings(9))
    assert len(list((tmp_path / "out" / "midi").iterdir())) == 9


@pytest.mark.parametrize("binarise", ["fixed", "bernoulli", "minmax"])
def test_other_binarisations(runs, tmp_path, binarise):
    generator = Generator(runs["vae"])
    source = drawn(generator, 5)
    sample(generator, source, tmp_path / "out", settings(5, binarise=binarise))
    values = generator.values(np.concatenate([source(item) for item in range(5)]))
    on = np.concatenate([np.load(path) for path in sorted((tmp_path / "out" / "npy").iterdir())]) == 255
    least, greatest = (part(values, axis=(1, 2, 3), keepdims=True) for part in (np.min, np.max))
    if binarise == "bernoulli":
        assert abs(on.mean() - values.mean()) < 5 * (values.mean() / values.size) ** 0.5
        assert (on[0] != on[1]).any()
    else:
        expected = {"fixed": values >= 0.5, "minmax": (values - least) / (greatest - least) >= 0.5}
        np.testing.assert_array_equal(on, expected[binarise])


def test_greys_are_not_binarised(runs, monkeypatch):
    generator, codec = Generator(runs["vae"]), codec_named("dense88")
    monkeypatch.setattr(generator, "codec", codec)
    values = np.random.default_rng(0).random((2, *codec.shape), np.float32)
    np.testing.assert_array_equal(generator.images(values, "calibrated", [0, 1]), np.rint(values * 255))
    with pytest.raises(InputError, match="those of dense88 are not"):
        generator.images(values, "minmax", [0, 1])


def test_a_run_trained_again_to_the_same_end_has_the_same_name(runs, tmp_path):
    generator = Generator(runs["vae"])
    run = shutil.copytree(runs["vae"], tmp_path / "run")
    load(run).save(run / "model.keras")
    assert (run / "model.keras").read_bytes() != (runs["vae"] / "model.keras").read_bytes()
    assert Generator(run).fingerprint() == generator.fingerprint()
    generator.model.set_weights([2 * weight for weight in generator.model.get_weights()])
    assert Generator(run).fingerprint() != generator.fingerprint()


def test_a_sheet_shows_what_came_later_and_a_cut_off_table_gets_its_head(runs, tmp_path):
    generator = Generator(runs["vae"])
    manifest = sample(generator, drawn(generator, 2), tmp_path / "out", settings(2))
    few = (tmp_path / "out" / "sheet.png").read_bytes()
    manifest.write_text("item,se")
    sample(generator, drawn(generator, 5), tmp_path / "out", settings(5))
    assert (tmp_path / "out" / "sheet.png").read_bytes() != few
    assert [row["item"] for row in csv.DictReader(manifest.read_text().splitlines())] == list("01234")


def test_several_windows_are_one_piece(runs, tmp_path):
    generator = Generator(runs["vae"])
    sample(generator, drawn(generator, 2, windows=3), tmp_path / "out", settings(2))
    assert np.load(tmp_path / "out" / "npy" / "000001.npy").shape == (3, *generator.codec.shape)


def test_bad_input_is_one_line(runs, tmp_path):
    generator = Generator(runs["vae"])
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(InputError, match="not empty"):
        sample(generator, drawn(generator, 1), tmp_path / "mine", settings(1))
    with pytest.raises(InputError, match="no label"):
        sample(generator, drawn(generator, 1), tmp_path / "out", settings(1, label="waltz"))
    with pytest.raises(InputError, match="numbered from 0 to 0"):
        sample(generator, drawn(generator, 1), tmp_path / "out", settings(1), items=[5])
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="1 or more"):
        settings(0)
    with_record(tmp_path / "out", {"binarise": "calibrated"})  # all that a call leaves that has failed at once
    sample(generator, drawn(generator, 1), tmp_path / "out", settings(1))
    with pytest.raises(InputError, match="other settings"):
        sample(generator, drawn(generator, 1), tmp_path / "out", settings(1, binarise="fixed"))
    with pytest.raises(InputError, match="expected one that"):
        Generator(pretrained())
