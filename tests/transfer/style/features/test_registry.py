"""One line of the table adds a style feature: commands, help and errors take it from there."""

import json

import pytest

from classifiers.prediction import Classifier
from spectro.audio import read, write
from training.errors import InputError
from transfer import nst
from transfer.style.features.registry import FEATURES, RUN, StyleFeature, features_help, open_method, settings_of
from transfer.style.options import StyleOptions
from transfer.style.settings import Settings


@pytest.fixture
def toy(monkeypatch, run):
    """The line of the table; a small classifier judges."""
    monkeypatch.setitem(FEATURES, "toy", StyleFeature("five filters", "tests.transfer.style.features.toy", ("filters",)))
    monkeypatch.setattr("classifiers.prediction.Classifier", lambda path: Classifier(run))


@pytest.mark.parametrize("name", FEATURES)
def test_every_feature_has_all_presets(name):
    module = FEATURES[name].load()
    assert set(module.PRESETS) == {"paper", "ours", "quick"}
    assert all(isinstance(settings, Settings) for settings in module.PRESETS.values())
    assert callable(module.open_method)
    assert f"{name} ({FEATURES[name].about})" in features_help()


def test_a_feature_is_one_module_and_one_line(toy, tmp_path, noise):
    for seed, name in enumerate(("content", "style")):
        write(tmp_path / f"{name}.wav", noise(1.0, seed=seed), 8_000)
    paths = {"content": (tmp_path / "content.wav",), "style": (tmp_path / "style.wav",)}
    nst.main(StyleOptions(**paths, features="toy", preset="quick", output=tmp_path / "out.wav"))
    assert read(tmp_path / "out.wav")[0].shape == (1, 8_000)
    report = json.loads((tmp_path / "out.json").read_text())
    assert (report["options"]["features"], report["settings"]["iterations"]) == ("toy", 2)
    assert report["scores"]["result"]["score"] is not None
    assert "toy (five filters)" in features_help()


def test_options_of_its_own_are_for_it_alone(toy):
    assert open_method("toy", settings_of("toy", "quick"), filters=7)[0].extractor.network.output["maps"].shape[-1] == 7
    with pytest.raises(InputError, match="--filters is for --features toy; received --features texture"):
        open_method("texture", settings_of("texture", "quick"), filters=7)
    with pytest.raises(InputError, match=r"--phase is for .* run; received --features toy"):
        settings_of("toy", "quick", phase="heap")
    with pytest.raises(InputError, match=r"--content-weight is for .* run; received --features mosaic"):
        settings_of("mosaic", "quick", content_weight=1.0)


def test_what_is_no_feature_is_told_what_there_is(toy, tmp_path):
    with pytest.raises(InputError, match=f"not found; expected one of {', '.join(FEATURES)}, or"):
        settings_of(str(tmp_path / "absent"), "quick")
    assert settings_of(str(tmp_path), "quick") == RUN.load().PRESETS["quick"]
