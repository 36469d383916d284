"""Jobs outlive their page and their server, run one at a time, and leave what there was."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from studio.jobs import Queue
from training.errors import InputError

PATIENCE = 180.0
"""Seconds for what takes one, on a machine that is busy."""
COMPOSE = ("midi", "demo", "--output", "made", "--bars", "4", "--pieces")
SHORT, LONG = [(*COMPOSE, 1)], [(*COMPOSE, 100_000)]
"""Steps: seconds, hours."""
needs_proc = pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="processes are found by /proc")


def wait_until(true, what):
    until = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < until, f"waited in vain until {what}"
        time.sleep(0.05)


def processes_in(folder: Path) -> list[int]:
    """The processes that work in a folder, or below it."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            where = Path(os.readlink(path / "cwd"))
        except OSError:  # it has ended, or is another user's
            continue
        if where.is_relative_to(folder):
            found.append(int(path.name))
    return found


@pytest.fixture(autouse=True)
def light_workers(tmp_path_factory, monkeypatch):
    """Workers import a Keras that is empty: the commands of these jobs need none."""
    folder = tmp_path_factory.mktemp("light")
    (folder / "keras.py").touch()
    monkeypatch.setenv("PYTHONPATH", str(folder))


@pytest.fixture
def opened(tmp_path):
    """Opens queues in `tmp_path`; at the end nothing of them is left."""
    queues = []

    def open_one() -> Queue:
        queues.append(Queue(tmp_path))
        queues[-1].work()
        return queues[-1]

    yield open_one
    for queue in queues:
        for job in queue.all():
            queue.stop(job)
        queue.close()
        queue._thread.join()
    wait_until(lambda: not processes_in(tmp_path), "all workers have ended")


@pytest.fixture
def queue(opened):
    return opened()


def started(queue, steps, uploads=()):
    job = queue.new("page")
    job.take(uploads)
    queue.start(job, "page", steps)
    return job


def ended(job):
    wait_until(lambda: job.over, f"{job.folder} is over; it is {job.state}")
    return job.state


def running(job):
    """The pieces that a long job has made so far, once there are some."""
    wait_until(lambda: job.files(), "it has written something")
    return set(job.files())


@pytest.fixture(scope="module")
def piece(tmp_path_factory):
    from midi.demo import write_corpus

    return write_corpus(tmp_path_factory.mktemp("pieces"), 1, 0, 4)[0]


def test_all_that_is_known_of_a_job_lies_in_its_folder(queue, piece, tmp_path):
    """Names that a shell, or a command, could take amiss are those of files like any others."""
    names = ["a b.mid", "-o.mid", 'it\'s "é".mid', "<b>&.mid"]
    uploads = [tmp_path / str(number) / name for number, name in enumerate([*names, "a b.mid"])]
    for path in uploads:
        path.parent.mkdir()
        path.write_bytes(piece.read_bytes())
    (tmp_path / "corrupt.mid").write_bytes(b"MThd and no more")
    job = queue.new("pictures")
    taken = job.take([*uploads, tmp_path / "corrupt.mid"])
    assert len(set(taken)) == 6
    assert all(path.parent == Path("input") for path in taken)
    steps = [
        ("midi", "convert", *taken, "--output", "pictures"),  # of which one cannot be used
        ("midi", "convert", "pictures", "--output", "again"),
        ("midi", "convert", "--colour"),  # no such option
        ("midi", "demo", "--output", "never"),
    ]
    assert queue.all() == []
    queue.start(job, "pictures", steps)
    assert (job.state, queue.find(job.folder.name), queue.all()) == ("waiting", job, [job])
    assert ended(job) == "failed"
    assert job.ended["status"] == 2
    assert [Path(path).suffix for path in job.files() if path.startswith("pictures")].count(".png") == 5
    assert [Path(path).suffix for path in job.files() if path.startswith("again")].count(".mid") == 5
    assert not (job.folder / "never").exists()
    log = job.log()
    assert any("corrupt.mid" in line for line in log)
    assert any("--colour" in line for line in log)
    assert job.command.splitlines()[0].startswith("spectro midi convert 'a b.mid' ./-o.mid ")
    queue.close()
    assert [path.name for path in job.folder.glob("input/*")] == []
    with pytest.raises(InputError, match="give it again"):
        queue.again(job)


def test_a_step_that_could_use_some_files_is_no_failure(queue, piece, tmp_path):
    (tmp_path / "corrupt.mid").write_bytes(b"MThd and no more")
    convert = ("midi", "convert", "input/corrupt.mid", f"input/{piece.name}", "--output", "pictures")
    some = started(queue, [convert], [piece, tmp_path / "corrupt.mid"])
    none = started(queue, [("midi", "convert", "input/corrupt.mid", "--output", "pictures")], [tmp_path / "corrupt.mid"])
    assert (ended(some), ended(none)) == ("partly", "failed")


def test_jobs_wait_for_each_other_and_stop(queue, piece):
    first = started(queue, LONG)
    second, third = started(queue, SHORT, [piece]), started(queue, SHORT)
    running(first)
    assert [job.state for job in (first, second, third)] == ["running", "waiting", "waiting"]
    assert [queue.ahead(job) for job in (first, second, third)] == [0, 1, 2]
    for job in (first, second):
        with pytest.raises(InputError, match="already"):
            queue.again(job)
    queue.stop(second)
    assert (second.state, queue.ahead(third)) == ("stopped", 1)
    made = running(first)
    queue.stop(first)
    assert ended(first) == "stopped"
    assert first.ended["status"] == 130
    assert made <= {*first.files()}
    assert ended(third) == "done"
    assert [path.name for path in second.folder.iterdir() if path.name in ("log.txt", "made", "ended.json")] == []
    queue.again(second)
    assert ended(second) == "done"
    queue.stop(second)
    assert second.state == "done"


@needs_proc
def test_a_job_that_is_killed_leaves_what_there_was_and_the_next_one_runs(queue):
    killed, following = started(queue, LONG), started(queue, SHORT)
    made = running(killed)
    (worker,) = processes_in(killed.folder)
    os.kill(worker, signal.SIGKILL)
    assert ended(killed) == "stopped"
    assert made <= {*killed.files()}
    assert ended(following) == "done"


@needs_proc
def test_a_job_goes_on_without_its_server_and_the_next_server_waits_for_it(opened, piece, tmp_path):
    queue = opened()
    first, second = started(queue, LONG), started(queue, SHORT, [piece])
    made = running(first)
    with pytest.raises(InputError, match="in use"):
        Queue(tmp_path)
    assert queue.close() == [first]
    assert [job.state for job in (first, second)] == ["running", "waiting"]
    wait_until(lambda: {*first.files()} > made, "it has written more")
    again = opened()
    assert again.all() == [second, first]
    assert (first.state, again.ahead(first), again.ahead(second)) == ("running", 0, 1)
    assert (second.folder / "input" / piece.name).exists(), "it still needs it"
    again.stop(first)
    assert ended(first) == "stopped"
    assert ended(second) == "done"
    assert again.close() == []
    assert not (second.folder / "input").exists()


def test_a_folder_is_no_job(queue, tmp_path):
    (tmp_path / "mine").mkdir()
    for name in ("mine", "..", "", None, "/etc", "../mine"):
        with pytest.raises(InputError, match="no job"):
            queue.find(name)
    assert queue.all() == []


def test_the_whole_of_a_line_that_overwrites_itself_is_told(queue):
    job = queue.new("page")
    assert job.log() == []
    (job.folder / "log.txt").write_bytes(b"begun\n\n 10%|#\r 20%|##\r\nb\xffd\nlast")
    assert job.log() == ["begun", "20%|##", "b�d", "last"]
