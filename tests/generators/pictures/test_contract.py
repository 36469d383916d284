"""A model of pictures of another kind, which draws cell after cell, passes everything by one file and one line."""

import csv
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from generators.contract import Known
from generators.evaluate import main as evaluate
from generators.pictures import PictureEvaluateOptions, PictureSampleOptions
from generators.pictures.data import PictureRun, data_of
from generators.pictures.filling import song_of
from generators.pictures.holes import hole_of
from generators.sample import main as sample
from generators.samples import hash_of
from midi.codecs import codec_named
from midi.files.reading import read
from midi.files.writing import write
from midi.notes import make_piece, note_table
from training.errors import InputError
from training.exporting.exports import example_inputs, export
from training.family import module_of
from training.files import read_json
from training.recipe import train
from training.runs import load


@pytest.fixture(scope="module")
def toy(toys, pieces, tmp_path_factory):
    """Its run, trained whole; the run's folder holds the cache."""
    root = tmp_path_factory.mktemp("toy")
    return train("generators", "toy_pixels", module_of("generators", "toy_pixels").PRESETS["quick"], data=pieces,
                 output=root / "run", cache=root / "cache")  # fmt: skip


def test_it_is_watched_and_resumes_bit_for_bit(toy, pieces, tmp_path):
    config = module_of("generators", "toy_pixels").PRESETS["quick"]
    shutil.copytree(toy.parent / "cache", tmp_path / "cache")
    where = {"data": pieces, "output": tmp_path / "run", "cache": tmp_path / "cache"}
    train("generators", "toy_pixels", replace(config, epochs=1), **where)
    train("generators", "toy_pixels", config, **where)
    for ours, theirs in zip(load(tmp_path / "run").get_weights(), load(toy).get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    history = (toy / "history.csv").read_text()
    assert (tmp_path / "run" / "history.csv").read_text() == history
    assert "density" in history
    assert not (toy / "sampling.json").exists()  # it draws cells: there is no threshold


def test_it_is_sampled_and_an_item_again_is_the_same(toy, tmp_path):
    sample(PictureSampleOptions(toy, tmp_path / "all", count=20, format="midi,png,npy"))
    sample(PictureSampleOptions(toy, tmp_path / "one", count=20, format="npy", items=(17,)))
    assert len(rows_of(tmp_path / "all")) == 20
    alone, among = (np.load(tmp_path / folder / "npy" / "000017.npy") for folder in ("one", "all"))
    np.testing.assert_array_equal(alone, among)
    assert 0 < among.mean() < 100


@pytest.mark.parametrize("wish", [{"grid": True}, {"bars": 8, "similarity": 0.5}, {"binarise": "bernoulli"}])
def test_what_takes_latents_is_refused_in_one_line(toy, tmp_path, wish):
    with pytest.raises(InputError, match=r"toy_pixels has no latents|models with latents; toy_pixels draws cells"):
        sample(PictureSampleOptions(toy, tmp_path / "out", **wish))
    assert not (tmp_path / "out").exists()


def test_known_cells_stay_and_the_rest_is_drawn(toy):
    sampler, seeds = PictureRun(toy).sampler(), np.arange(4, dtype=np.uint64)
    free = sampler.draw(seeds)
    mask = np.zeros(free.shape, bool)
    mask[:, :, :20] = True
    given = np.where(np.random.default_rng(0).random(free.shape) < 0.3, 255, 0).astype(np.uint8)
    kept = sampler.draw(seeds, known=Known(given, mask))
    np.testing.assert_array_equal(kept[mask], given[mask])
    assert (kept[~mask] != free[~mask]).any()  # it goes on from what is given
    assert sampler.draw(seeds, temperature=0.3).mean() < free.mean()  # sparse pictures: safer is emptier


@pytest.fixture(scope="module")
def song(tmp_path_factory):
    """A file of 40 columns of roll64, whose last note is held; the strip of its cells."""
    path = tmp_path_factory.mktemp("song") / "song.mid"
    starts = 120 * np.arange(0, 36, 4)
    write(
        path,
        make_piece(note_table(9, start=starts, end=np.append(starts[1:], 4_800), pitch=60 + np.arange(9)), 480, 750_000),
    )
    return path, song_of(path, codec_named("roll64")).cells[0]


def rows_of(output):
    """Of its manifest."""
    return list(csv.DictReader((output / "manifest.csv").read_text().splitlines()))


def strips(output):
    """What was written as npy, one strip an item."""
    return [np.concatenate(np.load(path), axis=1) for path in sorted((output / "npy").iterdir())]


def test_it_goes_on_with_a_file(toy, song, tmp_path, capsys):
    path, begun = song
    options = {"primer": path, "bars": 5, "count": 3, "format": "midi,png,npy"}
    sample(PictureSampleOptions(toy, tmp_path / "out", **options))
    for row in rows_of(tmp_path / "out"):
        assert (row["primer"], row["primer_columns"]) == (str(path), "40")
    sample(PictureSampleOptions(toy, tmp_path / "new", **options | {"only_new": True, "items": (1,)}))
    assert (tmp_path / "out" / "sheet.png").exists()
    assert "the last 24 of 40 columns are in sight of what goes on from them" in capsys.readouterr().err
    both, (new,) = strips(tmp_path / "out"), strips(tmp_path / "new")
    assert len({strip.tobytes() for strip in both}) == 3
    for strip in both:
        assert strip.shape == (64, 128, 1)
        np.testing.assert_array_equal(strip[:, :40], begun)
        assert strip[:, 40:].any()
        assert not strip[:, 40 + 5 * 16 :].any()
    np.testing.assert_array_equal(new[:, :80], both[1][:, 40:120])
    piece = read(tmp_path / "out" / "midi" / "000001.mid")
    notes = piece.notes
    assert piece.tempo_at(0) == 750_000, "the primer's"
    early, given = notes[notes["start"] < 4_800], read(path).notes
    np.testing.assert_array_equal(early[["start", "pitch"]], given[["start", "pitch"]])
    record = read_json(tmp_path / "out" / "sample.json")
    assert record["source"] == f"5 bars after {path}, 40 columns, overlap 1"
    assert record["files"] == hash_of(path)


def test_it_goes_on_with_test_pieces(toy, tmp_path):
    cache = toy.parent / "cache"
    options = {"held_out": True, "bars": 2, "format": "npy", "cache": cache, "count": 3}
    sample(PictureSampleOptions(toy, tmp_path / "out", **options, primer_columns=50))
    about = data_of(PictureRun(toy), cache=cache)
    firsts, cells = about.beginnings(codec_named("roll64"), 50)
    for item, (strip, row) in enumerate(zip(strips(tmp_path / "out"), rows_of(tmp_path / "out"), strict=True)):
        assert (row["primer"], row["primer_columns"]) == (about.names(firsts)[item % len(firsts)], "50")
        np.testing.assert_array_equal(strip[:, :50], cells[item % len(firsts)])
        assert not strip[:, 50 + 32 :].any()


def test_what_is_primed_differs_from_what_is_not(toy, song, tmp_path):
    for name, options in {"none": {}, "all": {"primer": song[0]}, "part": {"primer": song[0], "primer_columns": 6}}.items():
        sample(PictureSampleOptions(toy, tmp_path / name, count=1, format="npy", bars=4, **options))
    free, primed, less = (strips(tmp_path / name)[0] for name in ("none", "all", "part"))
    np.testing.assert_array_equal(less[:, :6], primed[:, :6])
    assert free[:, :64].tobytes() != less[:, 6:70].tobytes()
    sample(PictureSampleOptions(toy, tmp_path / "draw", count=1, format="npy"))
    np.testing.assert_array_equal(strips(tmp_path / "draw")[0], free)


def test_it_fills_in_and_keeps_the_rest_bit_for_bit(toy, song, tmp_path):
    path, begun = song
    mask = ("2-2bars", "50-70pitches")
    sample(PictureSampleOptions(toy, tmp_path / "out", count=2, format="npy", fill=path, mask=mask))
    hole = hole_of(mask, codec_named("roll64"), 40)[:, :40]
    first, second = strips(tmp_path / "out")
    for strip in (first, second):
        np.testing.assert_array_equal(strip[:, :40][~hole], begun[~hole])
        assert not strip[:, 40:].any()
    assert (first != second).any()
    assert f"2-2bars 50-70pitches of {path}" in read_json(tmp_path / "out" / "sample.json")["source"]
    with pytest.raises(InputError, match=r"samples of other settings \(source\)"):
        sample(PictureSampleOptions(toy, tmp_path / "out", count=2, format="npy", fill=path, mask=("2-2bars",)))


def test_what_it_refuses_is_told_and_can_be_mended_in_the_same_folder(toy, song, tmp_path, monkeypatch):
    def draw(*_, known=None):
        raise InputError("known cells come later than others: train --network masked --order any")

    wish = PictureSampleOptions(toy, tmp_path / "out", count=1, fill=song[0], mask=("2bars",))
    sampler = type(PictureRun(toy).sampler())
    with monkeypatch.context() as patch:
        patch.setattr(sampler, "draw", draw)
        with pytest.raises(InputError, match="train --network masked"):
            sample(wish)
    sample(replace(wish, mask=("1bars",)))
    assert len(rows_of(tmp_path / "out")) == 1


def test_guidance_reaches_samplers_that_take_it(toy, monkeypatch):
    @dataclass(frozen=True)
    class Sampler:
        guidance: float = 1.0

    run = PictureRun(toy)
    run.record["labels"] = ["folk", "rock"]
    with pytest.raises(InputError, match="trained with --conditional"):
        run.sampler(guidance=2.0)
    monkeypatch.setattr(run.module, "sampler", lambda model, codec: Sampler())
    assert run.sampler(guidance=2.0) == Sampler(2.0)
    assert run.sampler() == Sampler()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"fill": True}, "--fill draws anew what --mask says, as --mask 5-8bars; received no --mask"),
        ({"mask": ("1-2bars",)}, "--mask does not go with plain draws"),
        ({"fill": True, "mask": ("1-3bars",)}, "covers all of the piece"),
        ({"fill": True, "mask": ("4bars",)}, "expected bars of the piece from 1 to 3"),
        ({"primer": True, "grid": True}, "--primer, --held-out, --fill; received --grid and --primer"),
        ({"primer": True, "held_out": True}, "--fill; received --primer and --held-out"),
        ({"held_out": True, "primer_columns": 4_000}, "no test piece has 4000 columns; give fewer --primer-columns"),
        ({"primer": True, "overlap_bars": 4}, "--overlap-bars 4 leaves no bar to draw in pictures of roll64, which have 4"),
        ({"primer": True, "bars": 40_000}, "--bars must be from 1 to 32,765"),
        ({"primer": True, "bars": 0}, "--bars must be 1 or more"),
        ({"fill": True, "mask": ("1bars",), "bars": 4}, "--bars does not go with --fill"),
        ({"primer_columns": 4}, "--primer-columns does not go with plain draws"),
        ({"only_new": True}, "--only-new does not go with plain draws"),
        ({"overlap_bars": 2}, "--overlap-bars does not go with plain draws"),
        ({"primer": "nowhere.mid"}, "nowhere.mid not found"),
        ({"primer": __file__}, "is not a MIDI file"),
        ({"between": (0, 1)}, "toy_pixels has no latents, so there is no --between"),
        ({"truncation": 0.5}, "--truncation is for models with a mean style, such as stylegan2; toy_pixels has none"),
        ({"temperature": -1.0}, "--temperature must be from 0 to 100"),
        ({"guidance": -1.0}, "--guidance must be 0 or more"),
        ({"guidance": 2.0}, "--guidance is for models that draw cells and were trained with --conditional"),
    ],
)
def test_what_cannot_be_meant_is_one_line(toy, song, tmp_path, options, message):
    files = {
        name: song[0] if value is True else Path(value) for name, value in options.items() if name in ("primer", "fill")
    }
    with pytest.raises(InputError, match=message):
        sample(PictureSampleOptions(toy, tmp_path / "out", **{"cache": toy.parent / "cache"} | options | files))
    assert not (tmp_path / "out").exists()


def test_whatever_is_known_stays_and_what_is_not_is_drawn_by_its_own_numbers(toy):
    """Masks at random, none and all of a picture, of any width."""
    sampler, rng = PictureRun(toy).sampler(), np.random.default_rng(1)
    for width, share in ((64, 0.5), (40, 0.9), (100, 0.1), (64, 0.0), (64, 1.0)):
        given = rng.choice(np.array([0, 255], np.uint8), (3, 64, width, 1))
        mask = rng.random(given.shape) < share
        drawn = sampler.draw(np.arange(3, dtype=np.uint64), known=Known(given, mask))
        np.testing.assert_array_equal(drawn[mask], given[mask])
        other = np.where(mask, given, 255 - given)
        again = sampler.draw(np.arange(3, dtype=np.uint64), known=Known(other, mask))
        np.testing.assert_array_equal(again, drawn, "what stands in unknown cells is of no account")


def test_it_is_evaluated_with_its_likelihood(toy, capsys, tmp_path):
    evaluate(PictureEvaluateOptions((toy,), count=16, output=tmp_path / "out", cache=toy.parent / "cache"))
    record = read_json(tmp_path / "out" / "evaluation.json")
    assert 0 < record["loss"]["bits"] < 1
    assert record["continuations"] is None, "no piece has 16 bars"
    assert "latent_map" not in record["files"]
    assert "toy_pixels" in capsys.readouterr().out
    assert "<h2>Evaluation</h2>" in (toy / "report.html").read_text()


def test_it_leaves_the_house(toy, tmp_path):
    network = module_of("generators", "toy_pixels").exported(load(toy))
    assert export(network, tmp_path / "saved", "saved_model", example_inputs(network)) < 1e-6
