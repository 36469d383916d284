"""The doctor names what is missing, and what to install for what."""

import configparser

import pytest

from spectro import doctor
from tests.test_architecture import ROOT
from training import installation
from training.errors import InputError
from training.installation import Requirement

DEVELOPERS = {"bench", "test", "dev"}
"""Extras that users need not know."""


@pytest.fixture
def told(monkeypatch, capsys, tmp_path):
    """What the doctor prints where these are the requirements."""

    def told(*needed, cache=tmp_path):
        monkeypatch.setattr(installation, "requirements", lambda: list(needed))
        monkeypatch.setattr(installation, "devices", lambda: ("tensorflow 2", ["CPU:0", "GPU:0"]))
        doctor.main(doctor.Options(cache))
        return capsys.readouterr().out

    return told


def test_it_tells_extras_devices_and_caches(told, tmp_path):
    out = told(
        Requirement("numpy", ">=2", "", "2.1", True),
        Requirement("onnx", "", "onnx", "", False),
        Requirement("jax", ">=1", "jax", "0.9", False),
        Requirement("ai-edge-litert", "", "litert", "1", True),
    )
    assert "1 of 1 packages are there" in out
    assert "exports ONNX; missing: onnx: pip install 'spectro-music[onnx]'" in out
    assert "missing: jax>=1 (found 0.9)" in out
    assert "exports LiteRT; installed" in out
    assert "tensorflow 2" in out
    assert "devices    GPU:0" in out
    assert f"{tmp_path}, 0 folders of 0.0 MB" in out
    assert "[cluster]" not in out


def test_what_is_needed_and_missing_ends_with_a_line(told):
    with pytest.raises(InputError, match=r"missing: keras>=9 \(found 3\); python -m pip install spectro-music"):
        told(Requirement("numpy", "", "", "2", True), Requirement("keras", ">=9", "", "3", False))


def test_every_extra_for_users_is_explained():
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    assert set(setup["options.extras_require"]) - DEVELOPERS <= set(doctor.PURPOSES)
    assert setup["metadata"]["name"] == installation.DISTRIBUTION
