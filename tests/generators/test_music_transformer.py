"""Music Transformer: its published size, what it knows before training, that it learns, one step by its cache, its ends."""

import csv
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest

from generators import music_transformer
from generators.music_transformer import Rate
from generators.sample import main as sample
from generators.sequences import SequenceSampleOptions
from generators.sequences.data import SequenceRun
from generators.sequences.notes import DURATION, GAP, PITCH, PLACE
from generators.sequences.samplers import STEPS_PER_CALL
from midi.files.reading import read
from midi.files.writing import write
from midi.notes import SIGNATURE, make_piece, note_table
from training.errors import InputError
from training.exporting.exports import FORMATS, example_inputs, export
from training.family import Context
from training.files import read_json, write_json
from training.recipe import train

QUICK = music_transformer.PRESETS["quick"]
KINDS = pytest.mark.parametrize(
    "fields",
    [{}, {"attention": "relative"}, {"representation": "events", "attention": "relative", "tied": True},
     {"representation": "events", "unit": "quarter"}],
    ids=["notes", "notes, relative", "events", "events, rotary"],
)  # fmt: skip


def made(spread=0.1, **fields):
    keras.utils.set_random_seed(0)
    model = music_transformer.build(replace(QUICK, **fields), Context(steps=60))
    draws = np.random.default_rng(0)
    model.set_weights([weight + spread * draws.normal(size=weight.shape) for weight in model.get_weights()])  # no ties
    return model


def representation_of(model):
    return music_transformer.representation_of(model.config)


@pytest.fixture(scope="module")
def piece(pieces):
    return read(sorted(pieces.rglob("*.mid"))[0])


@pytest.fixture(scope="module")
def runs_of_notes(pieces, tmp_path_factory):
    root = tmp_path_factory.mktemp("notes")
    where = {"data": pieces, "output": root / "run", "cache": root / "cache", "seed": 1}
    return train("generators", "music_transformer", QUICK, **where)


def window(model, piece, length=60):
    """(1, 1 + steps, fields) int32 of a piece, after the step before it."""
    representation = representation_of(model)
    steps = representation.encode(piece)[0][:length]
    return np.concatenate([representation.rest[None], steps]).astype(np.int32)[None]


def test_it_has_as_many_parameters_as_published():
    model = music_transformer.build(music_transformer.PRESETS["paper"], Context())
    assert model.count_params() == 2_967_687


def test_a_model_that_knows_nothing_has_the_uniform_loss(piece):
    model = made(representation="events", attention="relative")
    model.head.output_layer.set_weights([np.zeros_like(weight) for weight in model.head.output_layer.get_weights()])
    nats, _ = music_transformer.nll(model)(window(model, piece))
    np.testing.assert_allclose(nats, np.log(391), rtol=1e-6)


def test_notes_of_equal_probability_by_hand(piece):
    """Of each field as many values as can be: within a column pitches above the one before, of notes durations above 0."""
    model = made()
    for layer in (*model.head.values, *model.head.outputs):
        layer.set_weights([np.zeros_like(weight) for weight in layer.get_weights()])
    steps = window(model, piece, 10_000)
    nats, _ = music_transformer.nll(model)(steps)
    representation = representation_of(model)
    gaps, pitches, durations, _ = representation.vocabulary
    expected = []
    for before, step in zip(steps[0], steps[0, 1:], strict=False):
        above = step[GAP] == 0 and before[PITCH] < 88
        expected.append(np.log(gaps) + np.log(pitches - (before[PITCH] + 1) * above))
        expected[-1] += np.log(durations - 1) * (step[PITCH] < 88)
    np.testing.assert_allclose(nats[0], expected, rtol=1e-5)


@KINDS
def test_the_likelihood_is_that_of_training_and_in_parts_the_same(fields, piece):
    model = made(**fields)
    steps, judge, size = window(model, piece), music_transformer.nll(model), QUICK.window
    whole, _ = judge(steps)
    first, states = judge(steps[:, :31])
    rest, _ = judge(steps[:, 30:], states)
    np.testing.assert_allclose(np.concatenate([first, rest], axis=1), whole, atol=1e-5)
    context = model(steps[:, : size + 1].astype(np.int16))
    trained = model.head.loss(context, steps[:, :size], steps[:, 1 : size + 1])
    np.testing.assert_allclose(trained, whole[:, :size], atol=1e-5)


@KINDS
def test_what_is_drawn_is_what_all_before_it_predicts(fields, piece):
    """The most probable steps, fed back one by one, are the most probable of reading prompt and them at once."""
    model = made(0.3, **fields)
    representation, head = representation_of(model), model.head
    sampler = music_transformer.sampler(model, representation, 2)
    prompts = [window(model, piece, count)[0, 1:] for count in (40, 7)]
    sampler.prompt(prompts)
    coldest = np.zeros((2, 1), np.float32), np.ones((2, 1), np.float32)
    drawn = sampler.draw(np.full((2, STEPS_PER_CALL, representation.predicted), 0.5, np.float32), *coldest)
    for prompt, generated in zip(prompts, drawn, strict=True):
        before = np.concatenate([representation.rest[None], prompt, generated])[None, :-1]
        context, _ = model.network(head.inputs(before), head.moves(before))
        context, before = context[0, len(prompt) :], before[0, len(prompt) :]
        again = [np.full((STEPS_PER_CALL, representation.predicted), 0.5), *(np.repeat(each[:1], 32, 0) for each in coldest)]
        np.testing.assert_array_equal(head(context, before, *again, ends=False), generated)


def test_drawn_notes_are_steps_of_a_piece():
    """Within the vocabulary, rising within a column, each in its place, and with no end unless that is asked for."""
    model = made(0.3)
    notes = representation_of(model)
    for ends in (False, True):
        sampler = music_transformer.sampler(model, notes, 4, ends=ends)
        uniform = np.random.default_rng(0).random((4, STEPS_PER_CALL, 3), np.float32)
        uniform[:, :, PITCH] **= 0.01  # towards the last pitch: the end of a piece
        drawn = sampler.draw(uniform, np.ones((4, 1), np.float32), np.ones((4, 1), np.float32))
        assert ((drawn >= 0) & (drawn < notes.vocabulary)).all()
        assert (drawn[..., PITCH] == notes.silence + 1).any() == ends
        for steps in drawn:
            np.testing.assert_array_equal(steps[:, PLACE], np.cumsum(steps[:, GAP]) % 48)
            before, after = steps[:-1], steps[1:]
            same = (after[:, GAP] == 0) & (before[:, PITCH] < notes.silence)
            assert (after[same, PITCH] > before[same, PITCH]).all()
            np.testing.assert_array_equal(steps[:, DURATION] > 0, steps[:, PITCH] < notes.silence)


@pytest.mark.parametrize("fields", [{}, {"representation": "events", "attention": "relative"}])
def test_it_learns(fields, piece):
    model = made(0, dropout=0.0, **fields)
    data = np.repeat(window(model, piece, QUICK.window), 64, axis=0).astype(np.int16)
    history = model.fit(data, batch_size=8, epochs=5, verbose=0).history["nll"]
    assert history[-1] < 0.7 * history[0]


def test_what_lies_beyond_the_end_has_no_weight(piece):
    model = made()
    steps = window(model, piece, QUICK.window)
    steps[:, 15:] = representation_of(model).pad
    model(steps)
    nats, _ = music_transformer.nll(model)(steps)
    np.testing.assert_allclose(model.losses[-1], np.asarray(nats)[0, :14].sum() / QUICK.window, rtol=1e-5)


@pytest.mark.parametrize("fields", [{}, {"representation": "events", "attention": "relative", "tied": True}])
def test_it_is_saved_whole(fields, piece, tmp_path):
    model = made(**fields)
    model.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    steps = window(model, piece, QUICK.window)
    np.testing.assert_allclose(again(steps), model(steps), atol=1e-6)


def test_rates_by_hand():
    """The published schedule is d ** -0.5 * min(step ** -0.5, step * 4000 ** -1.5)."""
    config = music_transformer.PRESETS["paper"]
    rate = Rate(config.learning_rate, config.warm_up, config.decay, 10_000)
    for step in (1, 1_000, 4_000, 9_000):
        expected = 256**-0.5 * min(step**-0.5, step * 4_000**-1.5)
        assert float(rate(step - 1)) == pytest.approx(expected, rel=1e-3)
    cosine = Rate(1.0, 100, "cosine", 1_100)
    assert [round(float(cosine(step - 1)), 4) for step in (50, 100, 600, 1_100)] == [0.5, 1, 0.505, 0.01]
    assert float(Rate(0.5, 0, "none", 10)(7)) == 0.5
    assert Rate(**cosine.get_config()).get_config() == cosine.get_config()


def test_a_width_that_heads_cannot_share_is_one_line():
    with pytest.raises(InputError, match="--width must be a multiple of twice the heads, 8; received 12"):
        music_transformer.build(replace(QUICK, heads=4), Context())


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("fields", [{}, {"representation": "events", "attention": "relative"}])
def test_its_step_is_exported_with_the_cache(fields, name, tmp_path):
    for package in FORMATS[name].packages:
        pytest.importorskip(package)
    step = music_transformer.exported(made(**fields))
    path = tmp_path / f"step{FORMATS[name].suffix}"
    assert export(step, path, name, example_inputs(step)) < 1e-4


def test_pieces_go_on_after_a_primer_and_may_end(runs_of_notes, pieces, tmp_path):
    run, primer = runs_of_notes, sorted(pieces.rglob("*.mid"))[0]
    sample(SequenceSampleOptions(run, tmp_path / "out", count=2, primer=primer, format="midi"))
    rows = list(csv.DictReader((tmp_path / "out" / "manifest.csv").read_text().splitlines()))
    heard = read(primer)
    for row in rows:
        found = read(tmp_path / "out" / "midi" / f"{int(row['item']):06d}.mid")
        quarters = found.notes["start"] / found.division
        assert quarters.max() > heard.end / heard.division, "it goes on"
        assert quarters.max() < 4 * (np.ceil(heard.end / heard.division / 4) + 16)
        assert (quarters < 8 * 4).sum() >= len(heard) - 8
    options = {"count": 2, "primer": primer, "format": "midi", "only_new": True}
    sample(SequenceSampleOptions(run, tmp_path / "new", **options, until_end=True))
    for item in range(2):
        found = read(tmp_path / "new" / "midi" / f"{item:06d}.mid")
        assert (found.notes["start"] < 17 * 4 * found.division).all(), "16 bars, and what the primer left of its last"


def test_an_hour_in_seven_eighths_is_read_from_behind_and_told_its_drums_left_out(runs_of_notes, tmp_path, capsys):
    """Bars are of four quarters."""
    count, start = 14_400, 240 * np.arange(14_400)
    pitched = note_table(count, start=start, end=start + 120, pitch=60)
    drums = note_table(count, start=start, end=start + 120, pitch=38, drum=True, track=1)
    signatures = np.array([(0, 7, 8)], SIGNATURE)
    write(tmp_path / "hour.mid", make_piece(np.concatenate([pitched, drums]), 480, signatures=signatures))
    options = {"count": 1, "primer": tmp_path / "hour.mid", "format": "midi", "only_new": True}
    sample(SequenceSampleOptions(runs_of_notes, tmp_path / "out", **options))
    told = capsys.readouterr().err
    assert "14,400 steps; its last 4,096 are read" in told
    assert "14400 of 28800 notes kept; drums 14400" in told.replace(",", "")
    assert "signatures 1" in told
    assert len(read(tmp_path / "out" / "midi" / "000000.mid"))
    write(tmp_path / "drums.mid", make_piece(drums, 480))
    with pytest.raises(InputError, match=r"drums\.mid: it holds no notes but those of drums"):
        sample(SequenceSampleOptions(runs_of_notes, tmp_path / "drums", **options | {"primer": tmp_path / "drums.mid"}))


def test_of_a_long_prompt_what_is_seen_is_read_and_nothing_else_counts(piece):
    model = made()
    notes = representation_of(model)
    prompt = notes.encode(piece)[0][:-1]
    sampler = music_transformer.sampler(model, notes, 1)
    assert sampler.seen == QUICK.blocks * QUICK.window < len(prompt) - STEPS_PER_CALL
    uniform = np.random.default_rng(0).random((1, STEPS_PER_CALL, notes.predicted), np.float32)
    one = np.ones((1, 1), np.float32)

    def drawn(seen):
        sampler.seen = seen
        sampler.prompt([prompt])
        return sampler.draw(uniform, one, one)

    within, whole, less = drawn(sampler.seen), drawn(None), drawn(QUICK.window // 2)
    np.testing.assert_array_equal(within, whole)
    assert (less != whole).any()


def test_a_run_that_tells_no_steps_is_one_line(runs_of_notes, tmp_path):
    run = shutil.copytree(runs_of_notes, tmp_path / "run", ignore=shutil.ignore_patterns(".lock"))
    record = read_json(run / "config.json")
    del record["codec"]
    write_json(run / "config.json", record)
    with pytest.raises(InputError, match="codec"):
        SequenceRun(run)


@pytest.mark.parametrize("attention", ["relative", "rotary"])
def test_prompts_read_together_are_those_read_step_after_step(piece, attention):
    """Of any lengths, some of them the same."""
    model = made(attention=attention)
    representation = representation_of(model)
    steps = representation.encode(piece)[0][:-1]
    prompts = [steps[:STEPS_PER_CALL], steps[: 2 * STEPS_PER_CALL + 5], steps[:0], steps[:STEPS_PER_CALL], steps[:3]]
    sampler = music_transformer.sampler(model, representation, len(prompts))
    sampler.prompt(prompts)
    together = [sampler.step, *sampler.states]
    sampler._together = None
    sampler.prompt(prompts)
    for mine, theirs in zip(together, [sampler.step, *sampler.states], strict=True):
        np.testing.assert_allclose(mine, theirs, atol=1e-5)
