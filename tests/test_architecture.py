"""The floors: who may import whom, who may import Keras, which modules are leaves, how large and how deep they may be."""

import ast
import graphlib
import importlib.util
import re
import subprocess
import sys
from pathlib import Path

import pytest

from training.family import PACKAGES as MODEL_PACKAGES
from training.family import module_of

ROOT = Path(__file__).parents[1]
PACKAGES = ("spectro", "midi", "classifiers", "generators", "transfer", "training", "studio")
MAY_IMPORT = {
    "training": set(),
    "spectro": {"training"},
    "midi": {"training"},
    "classifiers": {"spectro", "midi", "training"},
    "generators": {"spectro", "midi", "training"},
    "transfer": {"spectro", "midi", "training", "classifiers"},
    "studio": {"spectro", "midi", "training", "classifiers", "generators", "transfer"},
}
FLOOR = {"batch", "cli", "errors", "files", "installation", "options", "corpora", "family", "machine_code", "page", "runs"}
"""The modules of training that signal packages use; none imports Keras (but `installation.devices` when it is called)."""
LINES, DEPTH = 250, 3
"""At most, of a module; and folders around it, as `transfer/style/features`."""
LONGER: set[str] = set()
"""Modules that may have more lines; there should be none."""
MODULES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
COMMANDS = [path for path in MODULES if '__name__ == "__main__"' in path.read_text()]


def name_of(path):
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


NAMES = {name_of(path) for path in MODULES}


def imports_of(path):
    """(module, names, line is at top level) of every import in a file."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, (), node in tree.body) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module, tuple(alias.name for alias in node.names), node in tree.body


def not_allowed(importer, module):
    """Whether a module of ours may not import another one."""
    package, other = importer.split(".")[0], module.split(".")[0]
    signals = package in ("spectro", "midi")
    return (
        (other in PACKAGES and other != package and other not in MAY_IMPORT[package])
        or (signals and other == "training" and module.split(".")[1] not in FLOOR)
        or (signals and other in ("keras", "tensorflow", "jax") and importer != "spectro.layers")
        or other in ("tests", "benchmarks")
    )


def circle(graph):
    """The modules of a circle, or none. graph: module -> those that it imports."""
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return []


def test_imports_go_down_only():
    wrong = [
        f"{name_of(path)} imports {module}"
        for path in MODULES
        for module, _, _ in imports_of(path)
        if not_allowed(name_of(path), module)
    ]
    assert wrong == []
    assert not_allowed("spectro.stft", "midi.notes")
    assert not_allowed("midi.notes", "training.fitting.fit")
    assert not_allowed("midi.picture", "keras")
    assert not_allowed("training.recipe", "tests.data")
    assert not not_allowed("spectro.layers", "keras")


def test_compiled_code_is_kept_by_one_module():
    """Numba's own files break when two processes compile at once, those of libraries that use it, too."""
    allowed = {"numba": "training.machine_code", "librosa": "spectro.libraries"}
    users = {
        (name_of(path), library)
        for path in MODULES
        for module, _, _ in imports_of(path)
        if (library := (module or "").split(".")[0]) in allowed
    }
    assert users == {(user, library) for library, user in allowed.items()}


def test_no_modules_import_each_other():
    graph = {
        name_of(path): {
            full if (full := f"{module}.{name}") in NAMES else module
            for module, names, top in imports_of(path)
            if top
            for name in names or ("",)
        }
        & NAMES
        for path in MODULES
    }
    assert circle(graph) == []
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}})


def test_modules_are_short_and_folders_shallow():
    long = {name_of(path) for path in MODULES if len(path.read_text().splitlines()) > LINES}
    assert long == LONGER
    assert [name_of(path) for path in MODULES if len(path.relative_to(ROOT).parent.parts) > DEPTH] == []


def test_commands_are_leaves():
    commands = {name_of(path) for path in COMMANDS}
    wrong = [
        f"{name_of(path)} imports the command {module}"
        for path in MODULES
        for module, names, _ in imports_of(path)
        if commands & {module, *(f"{module}.{name}" for name in names)}
    ]
    assert wrong == []


def test_commands_import_nothing_heavy_before_parsing():
    light = {"tyro", *sys.stdlib_module_names}
    light |= {f"training.{name}" for name in ("batch", "cli", "errors", "model_cli", "options")}
    wrong = [
        f"{name_of(path)} imports {module}"
        for path in COMMANDS
        for module, _, top in imports_of(path)
        if top and not {module, module.split(".")[0]} & light
    ]
    assert wrong == []
    assert [name_of(path) for path in COMMANDS if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_help_loads_nothing_heavy():
    command = [sys.executable, "-X", "importtime", "-m", "classifiers.train", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = {line.rsplit("|", 1)[-1].strip() for line in done.stderr.splitlines() if line.startswith("import time")}
    assert not loaded & {"keras", "tensorflow", "numpy", "librosa", "matplotlib", "soundfile"}
    assert "lil_data, music_vgg, resnet50, softmax" in done.stdout


@pytest.mark.parametrize("package", MODEL_PACKAGES)
def test_every_registered_model_follows_the_contract(package):
    for model in importlib.import_module(package).MODELS:
        module = module_of(package, model)
        assert {"Config", "PRESETS", "build", "exported"} <= set(vars(module))
        assert {"paper", "quick"} <= set(module.PRESETS)
        assert module.PRESETS["paper"] == module.Config()
        fields = vars(module.Config)["__dataclass_fields__"]
        assert vars(module.Config)["__dataclass_params__"].frozen
        assert all(fields[name].default is not None for name in fields)


def test_documents_name_what_there_is():
    """Files and commands of this project in README, docs and Makefile."""
    wrong = []
    for path in (ROOT / "README.md", ROOT / "Makefile", *(ROOT / "docs").glob("*.md")):
        text = path.read_text()
        files = re.findall(rf"\b(?:{'|'.join(PACKAGES)}|tests|benchmarks)/[\w/]+\.py\b", text)
        commands = re.findall(rf"-m ((?:{'|'.join(PACKAGES)}|tests|benchmarks)(?:\.\w+)+)(?![.\w])", text)
        wrong += [f"{path.name}: {name}" for name in files if not (ROOT / name).exists()]
        wrong += [f"{path.name}: {name}" for name in commands if importlib.util.find_spec(name) is None]
    assert wrong == []


def test_every_benchmark_is_listed():
    there = {path.stem for path in (ROOT / "benchmarks").glob("[!_]*.py")}
    assert there - {*importlib.import_module("benchmarks.__main__").NAMES} == {"fidelity"}
