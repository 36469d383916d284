# Each target sets itself up in .venv; PYTHON chooses the interpreter (3.11 or 3.12).
PYTHON ?= python3
PY := .venv/bin/python

.PHONY: demo test lint bench clean

# The main job on music that the project composes itself: learn its genres, then paint one track in another's style.
demo: .venv/installed
	$(PY) -m classifiers.train --output demo/genres
	$(PY) -m classifiers.evaluate demo/genres
	$(PY) -m transfer.nst --output demo/lo_fi_as_future_bass.wav --force
	$(PY) -m classifiers.predict demo/lo_fi_as_future_bass.wav --output demo/verdict --force
	@echo "Everything is in demo/: open demo/genres/report.html, listen to demo/lo_fi_as_future_bass.wav"

test: .venv/installed
	$(PY) -m pytest

lint: .venv/installed
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

bench: .venv/installed
	$(PY) -m benchmarks

.venv/installed: setup.cfg pyproject.toml
	$(PYTHON) -m venv .venv
	$(PY) -m pip install --quiet --disable-pip-version-check --editable '.[test,dev,onnx,litert]'
	touch .venv/installed

clean:
	rm -rf .venv build *.egg-info
