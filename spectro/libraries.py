"""Librosa, whose compiled functions are kept on disk as ours are (`training.machine_code`)."""

from __future__ import annotations

from training.machine_code import safe_caches

safe_caches()  # before librosa's modules are imported, which happens when they are first used

import librosa  # noqa: E402

__all__ = ["librosa"]
