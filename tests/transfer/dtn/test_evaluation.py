"""The evaluation of a run: parts that do not meet, figures with known answers, what is written, what is refused."""

from dataclasses import asdict, replace

import keras
import numpy as np
import pytest

from midi.codecs import codec_named
from midi.demo import compose
from midi.files.writing import write
from training.errors import InputError
from training.family import Context
from training.files import read_json, write_json
from training.runs import FORMAT, read_run
from transfer.contract import EvaluateOptions as Options
from transfer.contract import evaluate
from transfer.dtn import measures as dtn_measures
from transfer.dtn import model as dtn
from transfer.dtn.application import Application
from transfer.dtn.data import PARTS, open_domains, pieces_of
from transfer.dtn.pieces import OCTAVES, PROGRAMS
from transfer.evaluate import main

CODEC = codec_named("roll64")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    root = tmp_path_factory.mktemp("two kinds")
    for style, count in (("chorale", 12), ("rock", 12)):
        (root / style).mkdir()
        for seed in range(count):
            write(root / style / f"{seed}.mid", compose(style, seed, 8))
    return root


@pytest.fixture(scope="module")
def run(root):
    """A run of an untrained network, as `transfer.train` leaves one."""
    keras.utils.set_random_seed(0)
    config = replace(dtn.PRESETS["quick"], codec=CODEC.name)
    places = (root / "chorale", root / "rock")
    domains = open_domains(*places, CODEC, cache=root / "cache")
    data = {name: domain.facts(path) for name, domain, path in zip(("source", "target"), domains, places, strict=True)}
    facts = {
        "package": "transfer",
        "model": "dtn",
        "config": asdict(config),
        "codec": CODEC.facts(),
        "seed": 0,
        "data": data,
    }
    write_json(root / "run" / "config.json", {"format": FORMAT, **facts})
    write_json(root / "run" / PROGRAMS, [0] * OCTAVES)
    dtn.build(config, Context()).save(root / "run" / "model.keras")
    return root / "run"


@pytest.fixture
def hasty(monkeypatch):
    """A judge that learns quickly what is easy to tell."""
    monkeypatch.setattr(dtn_measures, "EPOCHS", 3)
    monkeypatch.setattr(dtn_measures, "STEPS", 20)


def test_no_file_is_in_two_parts_and_training_is_the_runs_own(run, root):
    kinds = pieces_of(read_run(run), CODEC, cache=root / "cache")
    domains = open_domains(root / "chorale", root / "rock", CODEC, cache=root / "cache")
    for kind, domain in zip(kinds, domains, strict=True):
        files = [path for part in PARTS for path in kind.files[part]]
        assert len(files) == len(set(files)) == 12
        rows = np.unique(domain.corpus.source_of[domain.split.train])
        assert [path.name for path in kind.files["train"]] == [domain.corpus.rows[row]["name"] for row in rows]
        assert abs(len(kind.files["judge"]) - len(kind.files["validation"])) <= 1
    assert all(not piece.notes["drum"].any() for piece in kinds[1].pieces("test"))


def test_an_evaluation_from_run_to_report(run, root, hasty, capsys, monkeypatch):
    monkeypatch.setattr(Application, "pictures", lambda self, images: images)  # a network that copies
    main(Options(run, cache=root / "cache"))
    out = capsys.readouterr().out.splitlines()
    assert out[-2:] == [str(run / "evaluation"), str(run / "report.html")]
    found = read_json(run / "evaluation" / "evaluation.json")
    figures = found["figures"]
    assert figures["result"] == figures["source"] | {"strength": 0}
    assert figures["source"]["content_preservation"] == pytest.approx(1)
    assert figures["source"]["classified_as_target"] < 0.2 < 0.8 < figures["target"]["classified_as_target"]
    assert figures["swap"]["classified_as_target"] >= 0.5
    assert figures["swap"]["content_preservation"] < 0.95
    assert figures["target"]["content_preservation"] is figures["target"]["strength"] is None
    names = {path.name for path in (run / "evaluation").iterdir()}
    sounds = found["sounds"]
    assert {
        "evaluation.json",
        "pictures.png",
        *(one[file] for one in sounds for file in ("source", "result", "wav")),
    } == names
    assert not any(one["silent"] or one["clipped"] for one in sounds)
    assert "classified as target" in (run / "report.html").read_text()
    with pytest.raises(InputError, match="exists already"):
        main(Options(run, cache=root / "cache"))


def test_noise_is_heard_in_the_figures_and_silence_is_not_the_target(run, root, hasty, monkeypatch, tmp_path):
    for value, name in ((0, "silence"), (255, "noise")):
        monkeypatch.setattr(Application, "pictures", lambda self, images, value=value: np.full_like(images, value))
        evaluate(run, output=tmp_path / name, part="validation", cache=root / "cache")
    silence, noise = (read_json(tmp_path / name / "evaluation.json") for name in ("silence", "noise"))
    result = silence["figures"]["result"]
    assert (result["classified_as_target"], result["content_preservation"], result["notes_per_quarter"]) == (0, 0, 0)
    assert result["in_scale"] is None
    assert all(one["silent"] and "wav" not in one for one in silence["sounds"])
    assert noise["figures"]["result"]["polyphony"] == CODEC.rows
    assert noise["figures"]["result"]["in_scale"] < 0.65


def test_what_is_refused(run, root, tmp_path):
    other = tmp_path / "other"
    write_json(other / "config.json", {"format": FORMAT, "package": "classifiers", "model": "lil_data"})
    with pytest.raises(InputError, match=r"a run of classifiers; expected one that transfer\.train made"):
        evaluate(other)
    write_json(other / "config.json", {"format": FORMAT, "package": "transfer", "model": "hilbert_autoencoder"})
    with pytest.raises(InputError, match="a run of a model for which there are no measures; expected one of dtn"):
        evaluate(other)
    record = read_run(run)
    domain = record["data"]["source"]
    for change, reason in (
        ({"path": str(tmp_path / "gone")}, "which is gone; give its new place as --source"),
        ({"path": str(root / "rock")}, "the same"),
        ({"fingerprint": "0"}, "trained on other files than"),
    ):
        changed = record | {"data": record["data"] | {"source": domain | change}}
        with pytest.raises(InputError, match=reason):
            pieces_of(changed, CODEC, cache=root / "cache")
    corpora = [path.parent for path in (root / "cache").glob("*/manifest.json")]
    corpus = next(path for path in corpora if read_json(path / "manifest.json")["fingerprint"] == domain["fingerprint"])
    with pytest.raises(InputError, match="is a corpus, which holds pictures alone"):
        pieces_of(record, CODEC, source=corpus, cache=root / "cache")
