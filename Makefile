# Each target sets itself up in .venv; PYTHON chooses the interpreter (3.11 or 3.12).
PYTHON ?= python3
PY := .venv/bin/python

.PHONY: demo test test-all lint bench parity resume export-matrix accelerator clean

# The main jobs on music that the project composes itself, and a page to see and hear what came of it.
demo: .venv/installed
	$(PY) -m spectro tour --output demo

# Two processes of one thread each; tests/conftest.py says which tests stay in one, so that their models are trained once.
test: .venv/installed
	TF_NUM_INTRAOP_THREADS=1 OMP_NUM_THREADS=1 $(PY) -m pytest --numprocesses 2 --dist loadfile

# With the sweeps over every model: tens of minutes.
test-all: .venv/installed
	TF_NUM_INTRAOP_THREADS=1 OMP_NUM_THREADS=1 $(PY) -m pytest --numprocesses 2 --dist loadfile -m "slow or not slow"

lint: .venv/installed
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

bench: .venv/installed
	$(PY) -m benchmarks

# What docs/reliability.md promises of every model, seen again and written there; minutes each, resume most of an hour.
parity resume export-matrix: .venv/installed
	$(PY) -m tests.reliability.$(subst -,_,$@) --write

accelerator: .venv/installed
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[jax]'
	$(PY) -m tests.reliability.accelerator --write

.venv/installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[test,dev,onnx,litert]'
	-$(PY) -m pip install --quiet --disable-pip-version-check --no-deps tinysoundfont  # plays SoundFonts, without its PyAudio
	touch .venv/installed

clean:
	rm -rf .venv build *.egg-info
