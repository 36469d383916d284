"""A model of sequences of another kind, event tokens by a cache, passes everything by one file and one line."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from generators.evaluate import main as evaluate
from generators.sample import main as sample
from generators.sequences import SequenceEvaluateOptions, SequenceSampleOptions
from generators.sequences.columns import Columns
from generators.sequences.events import Events
from generators.sequences.likelihood import likelihood
from generators.sequences.notes import Notes
from generators.sequences.representation import Representation
from midi.codecs import codec_named
from midi.files.reading import read
from training.errors import InputError
from training.exporting.exports import FORMATS, example_inputs, export
from training.family import module_of
from training.files import read_json
from training.fitting.callbacks import read_history
from training.recipe import train
from training.runs import load


@pytest.fixture(scope="module")
def module(toys):
    return module_of("generators", "toy_tokens")


@pytest.fixture(scope="module")
def toy(module, pieces, tmp_path_factory):
    """Its run, trained whole; the folder beside it is the cache."""
    root = tmp_path_factory.mktemp("toy tokens")
    where = {"data": pieces, "output": root / "run", "cache": root / "cache", "seed": 1}
    return train("generators", "toy_tokens", module.PRESETS["quick"], **where)


def tokens_of(folder, item):
    return np.load(folder / "npy" / f"{item:06d}.npy")


def test_all_representations_are_representations(module):
    """All that the protocol names is there, and the bounds hold: what a model reads is in the vocabulary."""
    beats88 = codec_named("beats88")
    for each in (module.Events(), Columns(beats88), Columns(codec_named("frames88")), Notes(beats88), Events("quarter")):
        assert isinstance(each, Representation)
        assert each.rest.shape == (each.width,)
        assert len(each.vocabulary) == each.width >= each.predicted > 0
        assert each.pad not in each.rest
        assert isinstance(type(each).from_facts(each.facts()), type(each))
        assert each.serves(each.facts())
    assert not Columns(codec_named("beats88")).serves(module.Events().facts())


def test_tokens_are_the_piece(module, pieces):
    events = module.Events()
    piece = read(next(pieces.rglob("*.mid")))
    steps, _ = events.encode(piece)
    again = events.decode(steps)
    np.testing.assert_array_equal(events.encode(again)[0], steps)
    assert events.notes(steps) == len(again)
    assert events.duration(steps) * 480 == again.end
    up = events.decode(events.transposed(steps, 2))
    np.testing.assert_array_equal(up.notes["pitch"], again.notes["pitch"] + 2)
    assert events.transposed(steps, 88) is None
    assert events.roll(steps).any()


def test_it_is_watched_and_resumes_bit_for_bit(toy, module, pieces, tmp_path):
    config, where = module.PRESETS["quick"], {"data": pieces, "output": tmp_path / "run", "seed": 1}
    for epochs in (1, 2):
        train("generators", "toy_tokens", replace(config, epochs=epochs), cache=toy.parent / "cache", **where)
    for ours, theirs in zip(load(tmp_path / "run").get_weights(), load(toy).get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert (tmp_path / "run" / "history.csv").read_text() == (toy / "history.csv").read_text()
    last = read_history(toy / "history.csv")[-1]
    assert {"nll", "val_nll", "density", "groove"} <= set(last)
    assert last["nll"] < np.log(module.Events.pad)
    assert read_json(toy / "config.json")["representation"] == "toy events"


def test_an_item_alone_is_the_same_and_lasts_as_long_as_asked_for(toy, module, tmp_path):
    """Item 17 is in the second batch; 16 bars are as many tokens as they take."""
    sample(SequenceSampleOptions(toy, tmp_path / "all", count=18, format="midi,npy"))
    sample(SequenceSampleOptions(toy, tmp_path / "one", count=18, format="midi,npy", items=(17,)))
    np.testing.assert_array_equal(tokens_of(tmp_path / "one", 17), tokens_of(tmp_path / "all", 17))
    for kind in ("one", "all"):
        assert read(tmp_path / kind / "midi" / "000017.mid").end == read(tmp_path / "all" / "midi" / "000017.mid").end
    events, lengths = module.Events(), set()
    for item in range(18):
        steps = tokens_of(tmp_path / "all", item)
        assert 64 - module.SHIFTS / 4 < events.duration(steps) <= 64
        lengths.add(len(steps))
    assert len(lengths) > 1


def test_a_primer_is_gone_on_with(toy, module, pieces, tmp_path):
    primer = next(pieces.rglob("*.mid"))
    prompt, _ = module.Events().encode(read(primer))
    options = {"count": 2, "columns": 40, "format": "npy", "primer": primer}
    sample(SequenceSampleOptions(toy, tmp_path / "out", **options))
    sample(SequenceSampleOptions(toy, tmp_path / "less", **options | {"primer_columns": 5}))
    for item in range(2):
        steps = tokens_of(tmp_path / "out", item)
        np.testing.assert_array_equal(steps[: len(prompt)], prompt)
        assert len(steps) == len(prompt) + 40
    assert (tokens_of(tmp_path / "less", 0)[5:] != steps[len(prompt) :]).any()
    sample(
        SequenceSampleOptions(toy, tmp_path / "held", count=1, held_out=True, primer_columns=9, cache=toy.parent / "cache")
    )
    (row,) = csv.DictReader((tmp_path / "held" / "manifest.csv").read_text().splitlines())
    assert row["primer_columns"] == "9"


def test_what_tokens_have_not_is_refused_in_one_line(toy, tmp_path):
    with pytest.raises(InputError, match="the steps of toy_tokens have no pictures"):
        sample(SequenceSampleOptions(toy, tmp_path / "out", format="png"))
    with pytest.raises(InputError, match=r"holds frames of 88 keys: train on it with --codec frames88"):
        train("generators", "toy_tokens", data=tmp_path / "frames.mat", output=tmp_path / "run")


def test_the_cache_predicts_what_all_tokens_at_once_predict(toy, module):
    """The likeliest tokens one by one are those of full attention to all before them; the nll in parts is that at once."""
    model, events = load(toy), module.Events()
    sampler = module.sampler(model, events, 2)
    prompts = [np.random.default_rng(count).integers(1, events.pad, (count, 1)).astype(np.int16) for count in (40, 7)]
    sampler.prompt(prompts)
    draws = (
        np.full((2, sampler.steps_per_call, 1), 0.5, np.float32),
        np.zeros((2, 1), np.float32),
        np.ones((2, 1), np.float32),
    )
    for prompt, generated in zip(prompts, sampler.draw(*draws), strict=True):
        tokens = np.concatenate([events.rest[None], prompt, generated]).astype(np.int32)
        logits = np.asarray(model.predict_all(tokens[None, :-1, 0]))[0, len(prompt) :]
        np.testing.assert_array_equal(generated[:, 0], logits.argmax(axis=-1))
    judge, steps = module.nll(model), tokens[None]
    whole, _ = judge(steps)
    first, states = judge(steps[:, :20])
    rest, _ = judge(steps[:, 19:], states)
    np.testing.assert_allclose(np.concatenate([first, rest], axis=1), whole, atol=1e-5)


def test_it_is_evaluated(toy, capsys):
    evaluate(SequenceEvaluateOptions((toy,), count=2, prompt_bars=1, generated_bars=1, cache=toy.parent / "cache"))
    record = read_json(toy / "evaluation" / "evaluation.json")
    assert record["pieces"]["generated"] == 2
    assert "continuations beside" in capsys.readouterr().out
    assert (toy / "evaluation" / "continuation-00.mid").exists()


def test_its_likelihood_is_compared_by_quarters_and_notes(toy, module):
    found = likelihood(toy, part="all", cache=toy.parent / "cache")
    assert 0 < found["nll_per_step"] < np.log(module.Events.pad) + 0.1
    total = found["nll_per_step"] * found["steps"]
    assert found["nll_per_quarter"] == pytest.approx(total / found["quarters"])
    assert found["nll_per_note"] == pytest.approx(total / found["notes"])
    assert found["marginal"] < np.log(module.Events.pad)


@pytest.mark.parametrize("name", ["saved_model", "onnx"])
def test_its_step_is_exported_with_the_cache(toy, module, name, tmp_path):
    for package in FORMATS[name].packages:
        pytest.importorskip(package)
    step = module.exported(load(toy))
    path = tmp_path / f"step{FORMATS[name].suffix}"
    assert export(step, path, name, example_inputs(step)) < 1e-4
    facts = read_json(path.with_name(path.name + ".json"))
    assert [entry["name"] for entry in facts["outputs"]] == ["output", "place_after", "keys_after", "values_after"]
