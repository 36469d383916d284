"""Who is let in, and what is given out: this machine's own page, and the files of its jobs."""

from __future__ import annotations

import http.server
import threading
from urllib.parse import quote

import pytest

from studio.folders import Studio
from studio.jobs import Queue
from studio.server import Server
from tests.studio.conftest import END, ROOT, ask, call, opened
from training.errors import InputError
from training.installation import HOME


def upload(path, **named):
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}, **named}


@pytest.mark.parametrize(
    ("method", "path", "headers", "host"),
    [
        ("GET", "/", {}, "evil.example"),
        ("GET", "/", {}, "evil.example:7860"),
        ("GET", "/", {}, "[::1"),
        ("GET", "/", {"Origin": "http://evil.example"}, None),
        ("GET", "/config", {"Origin": "http://evil.example"}, None),
        ("GET", "/config", {"Origin": "null"}, None),
        ("GET", "/config", {"Sec-Fetch-Site": "cross-site"}, None),
        ("GET", "/config", {"Sec-Fetch-Site": "same-site"}, None),
        ("POST", "/", {"Sec-Fetch-Site": "cross-site"}, None),
        ("POST", "/gradio_api/call/make", {"Origin": "http://evil.example"}, None),
        ("POST", "/gradio_api/upload", {"Sec-Fetch-Site": "cross-site"}, None),
        ("GET", "/gradio_api/file=http://evil.example/x", {}, None),
        ("GET", "/gradio_api/file=https%3A//evil.example/x", {}, None),
        ("GET", "/gradio_api/file/http://evil.example/x", {}, None),
        ("GET", "/gradio_api/file=HTTP://evil.example/x", {}, None),
        ("GET", "/gradio_api/proxy=http://evil.example/x", {}, None),
    ],
)
def test_what_does_not_come_from_the_page_is_refused(studio, method, path, headers, host):
    status, text = ask(studio, method, path, headers, host=host)
    assert (status, text) == (403, "refused: this is no request of the studio's own page")


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {}),
        ("/", {"Sec-Fetch-Site": "cross-site"}),  # a link that leads here
        ("/config", {"Sec-Fetch-Site": "same-origin"}),
        ("/config", {"Sec-Fetch-Site": "none"}),
    ],
)
def test_the_page_is_let_in(studio, path, headers):
    assert ask(studio, "GET", path, headers)[0] == 200
    assert ask(studio, "GET", path, {**headers, "Origin": f"http://localhost:{studio.port}"},
               host=f"localhost:{studio.port}")[0] == 200  # fmt: skip


def test_files_of_jobs_are_given_out_and_no_others(studio, tmp_path):
    job = studio.root / "of a job"
    job.mkdir()
    (job / "a b.txt").write_text("made")
    (tmp_path / "secret.txt").write_text("not to be told")
    (studio.folder / "song.txt").write_text("not to be told")
    inside = quote(str(studio.root))
    assert ask(studio, "GET", f"/gradio_api/file={inside}/of%20a%20job/a%20b.txt") == (200, "made")
    outside = [tmp_path / "secret.txt", studio.folder / "song.txt", ROOT / "setup.cfg", "/etc/passwd", "//etc/passwd"]
    paths = [f"file={quote(str(path))}" for path in outside]
    paths += [f"file={inside}/../server.txt", f"file={inside}/%2e%2e/server.txt", "file=setup.cfg", "file=../setup.cfg"]
    for path in paths:
        status, text = ask(studio, "GET", f"/gradio_api/{path}")
        assert status in (403, 404), (path, text)
        assert "not to be told" not in text


def test_a_file_elsewhere_on_the_disk_is_no_input(studio, sounds):
    before = sorted(studio.root.glob("*-genre-*"))
    for path in (sounds[0], "/etc/passwd", "/gradio_api/file=/etc/passwd"):
        for value in ([upload(path)], [upload("", url=str(path))], [str(path)]):
            assert "event: error" in call(studio, "genre", songs=value)
    assert sorted(studio.root.glob("*-genre-*")) == before


def test_an_address_is_no_input_and_is_not_asked(studio):
    asked = []

    class Listener(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

    with http.server.HTTPServer(("127.0.0.1", 0), Listener) as listener:
        thread = threading.Thread(target=listener.serve_forever)
        thread.start()
        try:
            address = f"http://127.0.0.1:{listener.server_port}/x.wav"
            for value in (upload(address), upload("", url=address), upload(address, url=address)):
                assert "event: error" in call(studio, "genre", songs=[value])
        finally:
            listener.shutdown()
            thread.join()
    assert asked == []


@pytest.mark.parametrize(
    ("page", "values", "message"),
    [
        ("make", {"run": "/etc"}, "/etc lies in none of the folders given at the start"),
        ("make", {"count": 0}, "--count must be from 1 to 1,000,000,000,000; received 0"),
        ("make", {"columns": "many"}, "columns must be a number; received 'many'"),
        ("genre", {"songs": []}, "drop a song first"),
        ("runs", {"job": "../mine"}, "there is no job '../mine'"),
        ("transfer_stop", {"name": "nobody"}, "there is no job 'nobody'"),
    ],
)
def test_a_mistake_is_told_in_one_line_and_leaves_nothing(studio, page, values, message):
    before = set(studio.root.iterdir())
    answer = call(studio, page, **values)
    assert "event: error" in answer
    assert message in answer.replace('\\"', '"')
    assert set(studio.root.iterdir()) == before


def test_runs_and_music_are_those_of_the_folders_given(tmp_path):
    queue = Queue(tmp_path / "jobs")
    try:
        (tmp_path / "mine/run").mkdir(parents=True)
        (tmp_path / "other").mkdir()
        (tmp_path / "mine/link").symlink_to(tmp_path / "other")
        there = Studio(queue, (tmp_path / "mine",))
        for path in (
            tmp_path / "mine",
            tmp_path / "mine/run",
            tmp_path / "jobs/x/run",
            HOME / "generators/pretrained/notes",
        ):
            assert there.allowed(str(path)) == path
        for path in (tmp_path / "other", tmp_path / "mine/../other", tmp_path / "mine/link", tmp_path / "mine2", "/", "."):
            with pytest.raises(InputError, match="lies in none of the folders given at the start"):
                there.allowed(str(path))
    finally:
        queue.close()


def test_others_must_know_a_password(tmp_path):
    for host in ("0.0.0.0", "192.0.2.1", "::"):  # noqa: S104
        with pytest.raises(InputError, match=f"--host {host} lets others in; give a --password"):
            Server(tmp_path / "jobs", host=host)
    with pytest.raises(InputError, match="nowhere is no folder"):
        Server(tmp_path / "jobs", folders=[tmp_path / "nowhere"])
    assert not (tmp_path / "jobs").exists()


def test_a_server_with_a_password_asks_for_it_and_its_end_removes_uploads(tmp_path, monkeypatch):
    (tmp_path / "light").mkdir()
    (tmp_path / "light/keras.py").touch()  # a worker that imports nothing, for no job
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "light"))
    with opened(tmp_path / "studio", "--host", "0.0.0.0", "--password", "known") as studio:  # noqa: S104
        assert ask(studio, "GET", "/config")[0] == 401
        assert ask(studio, "GET", "/gradio_api/file=/etc/passwd")[0] == 401
        assert ask(studio, "POST", "/login", {"Content-Type": "application/x-www-form-urlencoded"},
                   b"username=studio&password=guessed")[0] == 400  # fmt: skip
        (studio.root / "uploads/of a page").mkdir()
    assert studio.process.wait(END) == 0
    assert not (studio.root / "uploads").exists()
