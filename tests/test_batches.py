"""Every loop over users' files: whatever goes wrong with one of them, the others go on, and all that failed is told."""

from __future__ import annotations

import errno
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import classifiers.predict
import midi.convert
import midi.corpus
import midi.measures.__main__
import midi.render
import spectro.convert
import spectro.corpus
import transfer.apply
from spectro.audio import write
from tests.midi.smf import NOTE, smf
from training.batch import Batch
from training.cli import guarded
from training.corpora.corpus import Corpus
from training.errors import InputError, reason_of
from transfer.contract import ApplyOptions

ERRORS = [
    InputError("expected this,\nreceived that"), OSError(errno.EIO, "Input/output error"), OSError("short read"),
    PermissionError(errno.EACCES, "Permission denied", "b"), MemoryError(), RuntimeError("of a fast reader"), KeyError("x"),
    struct.error("short"), UnicodeEncodeError("utf-8", "\udce9", 0, 1, "odd"), RecursionError("deep"), AssertionError(),
]  # fmt: skip


@dataclass(frozen=True)
class Loop:
    """A command over files: what works on one of them, how it is called, what it makes of a, b and c."""

    work: str
    """Dotted name of the function that is to fail; one of its arguments is the file."""
    command: object
    options: object
    """(folder) -> the command's options."""
    made: str
    """Name of the result of a file, below `out`; empty where files have none of their own."""


def files(folder: Path, suffix: str) -> tuple[Path, ...]:
    return tuple(folder / f"{name}{suffix}" for name in "abc")


LOOPS = {
    "spectro.convert": Loop(
        "spectro.conversion.sound_to_picture", spectro.convert.main,
        lambda folder: spectro.convert.Options((folder,), folder / "out", setting="quick"), "{}.png",
    ),
    "midi.convert": Loop(
        "midi.conversion.read", midi.convert.main,
        lambda folder: midi.convert.Options(files(folder, ".mid"), folder / "out", codec="roll64"), "{}.png",
    ),
    "midi.render": Loop(
        "midi.synthesis.rendering.render", midi.render.main,
        lambda folder: midi.render.Options(files(folder, ".mid"), folder / "out", rate=8_000), "{}.wav",
    ),
    "midi.measures": Loop(
        "midi.measures.tables.read", midi.measures.__main__.main,
        lambda folder: midi.measures.__main__.Options(folder, repeats=0), "",
    ),
    "classifiers.predict": Loop(
        "classifiers.prediction.blocks", classifiers.predict.main,
        lambda folder: classifiers.predict.Options(files(folder, ".wav"), folder / "out"), "{}.json",
    ),
    "transfer.apply": Loop(
        "tests.test_batches.applied", transfer.apply.main,
        lambda folder: ApplyOptions(folder, files(folder, ".wav"), folder / "out"), "{}.wav",
    ),
}  # fmt: skip


class Application:
    """As that of a trained model."""

    suffix = ".wav"

    def __init__(self, *_):
        pass

    def write(self, source, target, options):
        applied(source, target)


def applied(source, target):
    target.write_bytes(source.read_bytes())


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Sounds and pieces a, b and c, of the same kind but not the same."""
    tone = np.sin(np.arange(8_000) / 5)
    for number, name in enumerate("abc"):
        write(tmp_path / f"{name}.wav", (0.2 + 0.1 * number) * tone, 8_000)
        (tmp_path / f"{name}.mid").write_bytes(smf(NOTE * (3 + number) + bytes([0, 0xFF, 0x2F, 0])))
    monkeypatch.setattr("transfer.contract.open_application", Application)
    monkeypatch.setattr("classifiers.prediction.Classifier.__init__", lambda *_: None)
    monkeypatch.setattr("classifiers.prediction.Classifier.__call__", lambda self, path: blocks_of(path))
    monkeypatch.setattr("classifiers.predict._print", lambda prediction: None)
    monkeypatch.setattr("classifiers.prediction.write_prediction", lambda _, target, __: Path(f"{target}.json").touch())
    (tmp_path / "out").mkdir()
    return tmp_path


def blocks_of(path):
    """What the classifier does first, without its network."""
    import classifiers.prediction

    return list(classifiers.prediction.blocks(path, 1.0))


def failing(monkeypatch, work, error):
    """Let `work` raise `error` where an argument names the file b."""
    owner, name = work.rsplit(".", 1)
    import importlib

    module = importlib.import_module(owner)
    real = getattr(module, name)

    def fail(*given, **named):
        if any(Path(str(one)).stem == "b" for one in (*given, *named.values()) if isinstance(one, str | Path)):
            raise error
        return real(*given, **named)

    monkeypatch.setattr(module, name, fail)


@pytest.mark.parametrize("loop", LOOPS)
def test_the_others_go_on_whatever_one_raises(folder, monkeypatch, capsys, loop):
    loop = LOOPS[loop]
    for number, error in enumerate(ERRORS):
        for made in (folder / "out").iterdir():
            made.unlink()
        with monkeypatch.context() as patch:
            failing(patch, loop.work, error)
            assert guarded(loop.command, loop.options(folder)) == 1, error
        printed = capsys.readouterr()
        lines = printed.err.splitlines()
        told = [line for line in lines if str(folder / "b") in line]
        if loop.made:
            names = {path.name for path in (folder / "out").iterdir()}
            assert {loop.made.format(name) for name in "ac"} <= names, (number, error)
            assert loop.made.format("b") not in names
        assert "could not be" in lines[-1]
        assert " of " in lines[-1]
        assert str(folder / "b") in lines[-1]
        assert len(told) == 2, error
        assert "Traceback" not in printed.err


@pytest.mark.parametrize("command", [spectro.corpus, midi.corpus])
def test_a_corpus_keeps_a_row_for_each(folder, monkeypatch, capsys, command):
    work = {spectro.corpus: "spectro.clips.blocks", midi.corpus: "midi.images.read"}[command]
    for number, error in enumerate(ERRORS):
        output = folder / f"corpus {number}"
        with monkeypatch.context() as patch:
            failing(patch, work, error)
            more = {"seconds": 0.5} if command is spectro.corpus else {"codec": "roll64"}
            assert guarded(command.main, command.Options(folder, output=output, jobs=1, **more)) == 0
        corpus = Corpus(output)
        assert [Path(row["name"]).stem for row in corpus.rows] == ["a", "c"], error
        [row] = corpus.left_out
        assert Path(row["name"]).stem == "b"
        assert row["reason"]
        assert str(folder) not in row["reason"]
        assert f"left out: {row['name']}: {row['reason']}" in capsys.readouterr().err


@pytest.mark.parametrize("loop", ["spectro.convert", "midi.convert", "transfer.apply", "classifiers.predict"])
def test_what_is_of_all_files_ends_the_batch_in_one_line(folder, monkeypatch, capsys, loop):
    failing(monkeypatch, LOOPS[loop].work, OSError(errno.ENOSPC, "No space left on device", "/disk"))
    assert guarded(LOOPS[loop].command, LOOPS[loop].options(folder)) == 1
    assert capsys.readouterr().err.splitlines()[-1] == "error: /disk: No space left on device"


def test_a_reason_is_one_line_that_names_the_file():
    for error in ERRORS:
        reason = reason_of(error, Path("some/b.wav"))
        assert "\n" not in reason
        assert "b" in reason
    assert reason_of(InputError("some/b.wav is odd"), "some/b.wav") == "some/b.wav is odd"
    assert reason_of(RuntimeError("odd"), "b.wav") == "b.wav: RuntimeError: odd"
    assert reason_of(OSError(errno.EIO, "Input/output error"), "b.wav") == "b.wav: Input/output error"
    for number in (errno.ENOSPC, errno.EROFS, errno.EPIPE):
        with pytest.raises(OSError, match="x"):
            reason_of(OSError(number, "x"), "b.wav")


def test_many_failures_are_counted_and_not_all_listed(capsys):
    batch = Batch("read", 30)
    for number in range(25):
        with batch.one(f"{number}.wav"):
            raise InputError("no")
    with pytest.raises(InputError, match=r"25 of 30 files could not be read: 0\.wav, .*9\.wav and 15 more$"):
        batch.end()
    alone = Batch("read", 1)
    with pytest.raises(RuntimeError), alone.one("a.wav"):  # a bug keeps its traceback
        raise RuntimeError
    with alone.one("a.wav"):
        raise MemoryError
    with pytest.raises(InputError, match=r"^a\.wav is too long"):
        alone.end()
    assert Batch("read", 5).end() is None
