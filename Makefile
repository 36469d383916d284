# Each target sets itself up in .venv; PYTHON chooses the interpreter (3.11 or 3.12).
PYTHON ?= python3
PY := .venv/bin/python

.PHONY: demo test test-all lint bench parity resume export-matrix accelerator clean

# The main jobs on music that the project composes itself: learn its genres, paint one track in another's style, and take a
# MIDI piece into a picture, back, and to sound.
demo: .venv/installed
	$(PY) -m classifiers.train --output demo/genres
	$(PY) -m classifiers.evaluate demo/genres
	$(PY) -m transfer.nst --output demo/lo_fi_as_future_bass.wav --force
	$(PY) -m classifiers.predict demo/lo_fi_as_future_bass.wav --output demo/verdict --force
	$(PY) -m midi.demo --output demo/midi
	$(PY) -m midi.convert demo/midi/folk/folk-000.mid --output demo/folk.png --plot demo/drawings --force
	$(PY) -m midi.convert demo/folk.png --output demo/folk_again.mid --force
	$(PY) -m midi.render demo/folk_again.mid --output demo/folk_again.wav --force
	@echo "Everything is in demo/: open demo/genres/report.html, listen to demo/lo_fi_as_future_bass.wav and demo/folk_again.wav"

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
