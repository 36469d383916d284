"""The README's ring: a recording becomes notes, a model goes on with them, and they become sound again."""

import re
import runpy
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from midi.files.reading import read
from spectro.audio import read as read_sound
from spectro.audio import write
from tests.data import real_data

README = Path(__file__).parents[3] / "README.md"
SECONDS = 12
"""Of the recording."""


def ring():
    """The lines of the block that begins with a transcription."""
    block = re.search(r"```\n(python -m transfer\.transcribe.*?)```", README.read_text(), re.DOTALL)
    return [shlex.split(line, comments=True) for line in block[1].splitlines()]


def test_the_ring_is_closed(tmp_path, monkeypatch, capsys):
    sound, rate = read_sound(real_data("audio/recordings/trumpet.ogg"), mono=True)
    monkeypatch.chdir(tmp_path)
    write("song.wav", sound[: SECONDS * rate], rate)
    for python, _, module, *arguments in ring():
        assert python == "python"
        monkeypatch.setattr(sys, "argv", [module, *arguments])
        monkeypatch.setattr(sys, "path", [*sys.path])
        monkeypatch.delitem(sys.modules, module, raising=False)
        with pytest.raises(SystemExit) as ended:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
        assert not ended.value.code, capsys.readouterr().err
    heard, longer = read("song.mid"), read(next(Path("more").rglob("*.mid")))
    assert len(heard) >= 10
    assert len(longer) > len(heard)
    again, _ = soundfile.read(next(Path("again").glob("*.wav")))
    assert np.abs(again).max() > 0.5
