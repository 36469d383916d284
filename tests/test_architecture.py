"""The three floors: who may import whom, who may import Keras, and which modules are leaves."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from training.family import module_of

ROOT = Path(__file__).parents[1]
PACKAGES = ("spectro", "midi", "classifiers", "generators", "transfer", "training")
MAY_IMPORT = {
    "training": set(),
    "spectro": {"training"},
    "midi": {"training"},
    "classifiers": {"spectro", "midi", "training"},
    "generators": {"spectro", "midi", "training"},
    "transfer": {"spectro", "midi", "training", "classifiers"},
}
FLOOR = {"cli", "files", "corpora", "runs"}
"""The modules of training that signal packages use: commands, files and corpora; none of them imports Keras."""
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
VERBS = [path for path in MODULES if '__name__ == "__main__"' in path.read_text()]


def imports_of(path):
    """(module, names, line is at top level) of every import in a file."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, (), node in tree.body) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module, tuple(alias.name for alias in node.names), node in tree.body


def name_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_down_only(path):
    package = path.relative_to(ROOT).parts[0]
    for module, _, _ in imports_of(path):
        other = module.split(".")[0]
        if other in PACKAGES and other != package:
            assert other in MAY_IMPORT[package], f"{package} imports {module}"
        if package in ("spectro", "midi") and other == "training":
            assert module.split(".")[1] in FLOOR, f"{package} imports {module}"
        if package in ("spectro", "midi") and other in ("keras", "tensorflow", "jax"):
            assert name_of(path) == "spectro.layers"
        if other in ("tests", "benchmarks"):
            pytest.fail(f"{path} imports {module}")


def test_verbs_are_leaves():
    verbs = {name_of(path) for path in VERBS}
    for path in MODULES:
        for module, names, _ in imports_of(path):
            assert module not in verbs, f"{path} imports the verb {module}"
            assert not verbs & {f"{module}.{name}" for name in names}


@pytest.mark.parametrize("path", VERBS, ids=name_of)
def test_verbs_import_nothing_heavy_before_parsing(path):
    light = {"tyro", "training.cli", "training.model_cli", *sys.stdlib_module_names}
    assert {module if module in light else module.split(".")[0] for module, _, top in imports_of(path) if top} <= light
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_help_loads_nothing_heavy():
    command = [sys.executable, "-X", "importtime", "-m", "classifiers.train", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time")}
    assert not loaded & {"keras", "tensorflow", "numpy", "librosa", "matplotlib", "soundfile"}
    assert "lil_data, resnet50, softmax" in done.stdout


@pytest.mark.parametrize("package", [name for name in PACKAGES if name in ("classifiers", "generators", "transfer")])
def test_every_registered_model_follows_the_contract(package):
    for model in importlib.import_module(package).MODELS:
        module = module_of(package, model)
        assert {"Config", "PRESETS", "build", "exported"} <= set(vars(module))
        assert {"paper", "quick"} <= set(module.PRESETS)
        assert module.PRESETS["paper"] == module.Config()
        fields = vars(module.Config)["__dataclass_fields__"]
        assert vars(module.Config)["__dataclass_params__"].frozen
        assert all(fields[name].default is not None for name in fields)
