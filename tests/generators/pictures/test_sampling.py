"""Samples by number: streamed, continued, and the same when made alone."""

import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest

from classifiers.pretrained import path as pretrained
from generators.contract import Known
from generators.pictures import PictureSampleOptions as Options
from generators.pictures.data import PictureRun
from generators.pictures.latents import Drawn, Grid
from generators.pictures.sampling import sample
from generators.samples import Blocks, with_record
from midi.codecs import codec_named
from midi.files.reading import read
from midi.picture import load as load_picture
from tests.generators.conftest import PICTURES
from training.errors import InputError
from training.runs import load


def asked(run, output, count, **changes):
    return Options(**{"run": run, "output": output, "count": count, "seed": 7, "format": "midi,png,npy", **changes})


def files(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for kind in ("midi", "png", "npy")
            for path in sorted((folder / kind).glob("*"))}  # fmt: skip


@pytest.mark.parametrize("model", PICTURES)
def test_every_format_holds_the_same_picture(runs, model, tmp_path):
    codec = PictureRun(runs[model]).codec
    manifest = sample(asked(runs[model], tmp_path / "out", 3))
    rows = list(csv.DictReader(manifest.read_text().splitlines()))
    assert [row["item"] for row in rows] == ["0", "1", "2"]
    for row in rows:
        midi, png, npy = (tmp_path / "out" / name for name in row["files"].split())
        images = np.load(npy)
        np.testing.assert_array_equal(load_picture(png).images, images)
        piece = codec.decode(images)
        assert int(row["notes"]) == len(piece) == len(read(midi))
    assert (tmp_path / "out" / "sheet.png").exists()


def test_one_item_alone_is_the_same_and_a_cut_off_manifest_goes_on(runs, tmp_path):
    manifest = sample(asked(runs["vae"], tmp_path / "all", 70))
    sample(asked(runs["vae"], tmp_path / "one", 70, items=(66,)))
    whole, alone = files(tmp_path / "all"), files(tmp_path / "one")
    assert sorted(alone) == ["midi/000066.mid", "npy/000066.npy", "png/000066.png"]
    assert all(whole[name] == content for name, content in alone.items())
    text = manifest.read_text()
    manifest.write_text(text[: text.index("\n40,") + 3])
    (tmp_path / "all" / "midi" / "000069.mid").unlink()
    sample(asked(runs["vae"], tmp_path / "all", 70))
    assert files(tmp_path / "all") == whole
    assert manifest.read_text() == text


def test_any_count_of_blocks():
    blocks = Blocks(10**12 + 3, 64)
    assert len(blocks) == 10**12 // 64 + 1
    assert blocks[1] == range(64, 128)
    assert list(Blocks(130, 64)) == [range(64), range(64, 128), range(128, 130)]


def test_a_grid_spans_the_two_widest_directions(runs, tmp_path):
    prior = PictureRun(runs["vae"]).sampler().prior
    grid = Grid(prior, side=3)
    drawn = prior(np.arange(1_024, dtype=np.uint64))
    places = np.concatenate([grid(item) for item in range(9)])
    np.testing.assert_allclose(places[4], drawn.mean(axis=0), atol=1e-6)
    directions = np.stack([places[7] - places[1], places[5] - places[3]]).astype(float)  # four deviations each
    np.testing.assert_allclose(directions @ directions.T, np.diag(np.diag(directions @ directions.T)), atol=1e-3)
    spread = np.linalg.eigvalsh(np.cov(drawn.T))[-2:]
    np.testing.assert_allclose((directions**2).sum(axis=1), 16 * spread, rtol=1e-3)
    sample(asked(runs["vae"], tmp_path / "out", 16, grid=True, items=(3, 99)))
    assert [path.stem for path in sorted((tmp_path / "out" / "midi").iterdir())] == ["000003", "000099"]


@pytest.mark.parametrize("binarise", ["fixed", "bernoulli", "minmax"])
def test_other_binarisations(runs, tmp_path, binarise):
    sample(asked(runs["vae"], tmp_path / "out", 5, binarise=binarise))
    sampler = PictureRun(runs["vae"]).sampler()
    source = Drawn(sampler.prior, 5, seed=7)
    values = sampler.values(np.concatenate([source(item) for item in range(5)]))
    on = np.concatenate([np.load(path) for path in sorted((tmp_path / "out" / "npy").iterdir())]) == 255
    least, greatest = (part(values, axis=(1, 2, 3), keepdims=True) for part in (np.min, np.max))
    if binarise == "bernoulli":
        assert abs(on.mean() - values.mean()) < 5 * (values.mean() / values.size) ** 0.5
        assert (on[0] != on[1]).any()
    else:
        expected = {"fixed": values >= 0.5, "minmax": (values - least) / (greatest - least) >= 0.5}
        np.testing.assert_array_equal(on, expected[binarise])


def test_greys_are_not_binarised(runs):
    sampler, codec = PictureRun(runs["vae"]).sampler(), codec_named("dense88")
    values = np.random.default_rng(0).random((2, *codec.shape), np.float32)
    greys = replace(sampler, codec=codec).binarised(values, [0, 1])
    np.testing.assert_array_equal(greys, np.rint(values * 255))
    with pytest.raises(InputError, match="those of dense88 are not"):
        replace(sampler, codec=codec, binarise="minmax").binarised(values, [0, 1])


def test_a_model_of_latents_refuses_what_it_cannot_do(runs):
    sampler = PictureRun(runs["vae"]).sampler()
    seeds = np.arange(2, dtype=np.uint64)
    np.testing.assert_array_equal(sampler.draw(seeds)[1:], sampler.draw(seeds[1:]))
    for wish in ({"temperature": 0.5}, {"known": Known(np.zeros((2, 1, 1, 1)), np.ones((2, 1, 1, 1), bool))}):
        with pytest.raises(InputError, match="no temperature and keeps no given cells"):
            sampler.draw(seeds, **wish)


def test_what_was_made_of_another_file_is_not_continued(runs, pieces, tmp_path):
    first, other = sorted(pieces.rglob("*.mid"))[:2]
    mine = tmp_path / "mine.mid"
    for source, options in ((first, {"around": mine}), (other, {"interpolate": (mine, first)})):
        mine.write_bytes(source.read_bytes())
        output = tmp_path / next(iter(options))
        sample(asked(runs["vae"], output, 2, items=(0,), **options))
        sample(asked(runs["vae"], output, 2, items=(1,), **options))
        mine.write_bytes(source.read_bytes()[:-1] + b"\x01")
        with pytest.raises(InputError, match=r"samples of other settings \(files\)|cannot be read"):
            sample(asked(runs["vae"], output, 2, **options))


def test_a_run_trained_again_to_the_same_end_has_the_same_name(runs, tmp_path):
    opened = PictureRun(runs["vae"])
    run = shutil.copytree(runs["vae"], tmp_path / "run")
    load(run).save(run / "model.keras")
    assert (run / "model.keras").read_bytes() != (runs["vae"] / "model.keras").read_bytes()
    assert PictureRun(run).fingerprint() == opened.fingerprint()
    opened.model.set_weights([2 * weight for weight in opened.model.get_weights()])
    assert PictureRun(run).fingerprint() != opened.fingerprint()


def test_a_sheet_shows_what_came_later_and_a_cut_off_table_gets_its_head(runs, tmp_path):
    manifest = sample(asked(runs["vae"], tmp_path / "out", 2))
    few = (tmp_path / "out" / "sheet.png").read_bytes()
    manifest.write_text("item,se")
    sample(asked(runs["vae"], tmp_path / "out", 5))
    assert (tmp_path / "out" / "sheet.png").read_bytes() != few
    assert [row["item"] for row in csv.DictReader(manifest.read_text().splitlines())] == list("01234")


def test_several_windows_are_one_piece(runs, tmp_path):
    sample(asked(runs["vae"], tmp_path / "out", 2, bars=5))
    assert np.load(tmp_path / "out" / "npy" / "000001.npy").shape == (3, *PictureRun(runs["vae"]).codec.shape)


def test_bad_input_is_one_line(runs, tmp_path):
    run, out = runs["vae"], tmp_path / "out"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").touch()
    with pytest.raises(InputError, match="not empty"):
        sample(asked(run, tmp_path / "mine", 1))
    with pytest.raises(InputError, match="no label"):
        sample(asked(run, out, 1, label="waltz"))
    with pytest.raises(InputError, match="numbered from 0 to 0"):
        sample(asked(run, out, 1, items=(5,)))
    assert not out.exists()
    with_record(out, {"binarise": "calibrated"})  # all that a call leaves that has failed at once
    sample(asked(run, out, 1))
    with pytest.raises(InputError, match="other settings"):
        sample(asked(run, out, 1, binarise="fixed"))
    with pytest.raises(InputError, match="expected one that"):
        PictureRun(pretrained())
