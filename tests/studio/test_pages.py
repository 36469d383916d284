"""Every page in a real browser without a network: upload, run, hear, download; no error, and nobody else is asked."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from typing import NamedTuple

import pytest

from midi.demo import write_corpus
from tests.studio.conftest import PATIENCE, ROOT

SETTINGS = ["--no-sandbox", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
SOON, LATE = 60_000, 1_000 * PATIENCE
"""Milliseconds for what the page does itself, and for what a job does, on a machine that is busy."""
OVER = "['done', 'partly', 'failed', 'stopped']"


class Visit(NamedTuple):
    """A page of the studio, in a tab of a browser."""

    tab: object
    errors: list[str]
    asked: list[str]

    def open(self, title: str) -> None:
        self.tab.get_by_role("tab", name=title, exact=True).click()

    def run(self, page: str, **uploads) -> str:
        """Drop files, begin, and wait until the job is over; what is then told of it."""
        for where, paths in uploads.items():
            self.tab.set_input_files(f"#{page}-{where} input[type=file]", paths)
            for path in paths if isinstance(paths, list) else [paths]:
                self.tab.locator(f"#{page}-{where}").get_by_text(path.stem).first.wait_for(timeout=SOON)
        self.tab.click(f"#{page}-begin")
        over = f"{OVER}.some(word => document.querySelector('#{page}-state .state.' + word))"
        self.tab.wait_for_function(over, timeout=LATE)
        return self.tab.inner_text(f"#{page}-state")

    def durations(self, page: str) -> list[float]:
        """Seconds of all sounds that are there to be heard."""
        audio = f"[...document.querySelectorAll('#{page}-results audio')]"
        self.tab.wait_for_function(f"{audio}.length && {audio}.every(one => one.duration > 0)", timeout=SOON)
        return self.tab.evaluate(f"{audio}.map(one => one.duration)")

    def download(self, page: str) -> bytes:
        """The first of the files that a job has made."""
        with self.tab.expect_download(timeout=SOON) as caught:
            self.tab.locator(f"#{page}-files a[download]").first.click()
        with open(caught.value.path(), "rb") as file:
            return file.read()


@pytest.fixture(scope="module")
def browser():
    api = pytest.importorskip("playwright.sync_api", reason="playwright is absent")
    with api.sync_playwright() as playwright:
        ours = playwright.chromium.executable_path
        program = shutil.which("chromium") or shutil.which("google-chrome") or (ours if os.path.exists(ours) else None)
        if program is None:
            pytest.skip("chromium is absent")
        with contextlib.closing(playwright.chromium.launch(executable_path=program, args=SETTINGS)) as opened:
            yield opened


@pytest.fixture
def visit(browser, studio):
    with contextlib.closing(browser.new_page(viewport={"width": 1280, "height": 800})) as tab:
        found = Visit(tab, [], [])
        tab.on("request", lambda request: found.asked.append(request.url))
        tab.on("console", lambda message: found.errors.append(message.text) if message.type == "error" else None)
        tab.on("pageerror", lambda error: found.errors.append(str(error)))
        tab.goto(studio.url)
        tab.wait_for_selector("#transfer-begin", timeout=SOON)
        yield found
        assert found.errors == []
        assert [url for url in found.asked if not url.startswith((studio.url, "data:", "blob:"))] == []


@pytest.fixture(scope="module")
def runs(studio):
    """A VAE and a domain transfer network, hardly trained, in the folder that the studio may read."""
    for module, model in (("generators.train", "vae"), ("transfer.train", "dtn")):
        command = [sys.executable, "-m", module, model, "--quick", "--output", studio.folder / model]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


@pytest.fixture(scope="module")
def piece(tmp_path_factory):
    return write_corpus(tmp_path_factory.mktemp("pieces"), 1, 0, 4)[0]


def test_genre(visit, sounds):
    visit.open("Genre")
    assert "done" in visit.run("genre", songs=list(sounds))
    assert visit.durations("genre") == pytest.approx([1.5, 1.5], abs=0.1)
    assert visit.download("genre")


def test_pictures(visit, sounds, piece):
    visit.open("Pictures")
    assert "done" in visit.run("pictures", files=[sounds[0], piece])
    assert len(visit.durations("pictures")) == 3
    assert visit.download("pictures")


@pytest.mark.slow
def test_transfer(visit, sounds):
    assert "done" in visit.run("transfer", content=sounds[0], style=sounds[1])
    assert len(visit.durations("transfer")) == 3
    assert visit.download("transfer")


@pytest.mark.slow
def test_continue(visit, piece):
    visit.open("Continue")
    assert "done" in visit.run("continue", primer=piece)
    assert len(visit.durations("continue")) == 4
    assert visit.download("continue")


@pytest.mark.slow
def test_make_and_keep_the_good_ones(visit):
    visit.open("Make")
    assert "done" in visit.run("make")
    assert len(visit.durations("make")) == 4
    visit.tab.locator("#make-keep").locator("input, textarea").fill("0 2")
    visit.tab.click("#make-zip")
    with visit.tab.expect_download(timeout=SOON) as caught:
        visit.tab.locator("#make-zipped a[download]").first.click()
    assert caught.value.suggested_filename == "kept.zip"


@pytest.mark.slow
def test_transcribe(visit, sounds):
    visit.open("Transcribe")
    assert "done" in visit.run("transcribe", files=[sounds[0]])
    assert visit.durations("transcribe")
    assert visit.download("transcribe")


@pytest.mark.slow
def test_runs_finds_a_job_again(visit, sounds):
    visit.open("Genre")
    visit.run("genre", songs=[sounds[0]])
    visit.tab.reload()
    visit.tab.wait_for_selector("#transfer-begin", timeout=SOON)
    visit.open("Runs")
    assert "done" in visit.run("runs")
    assert visit.durations("runs") == pytest.approx([1.5], abs=0.1)


@pytest.mark.slow
def test_learning_stops_and_goes_on(visit):
    visit.open("Learn genres")
    visit.tab.get_by_label("epochs").fill("200")
    visit.tab.click("#learn-begin")
    visit.tab.locator("#learn-results .drawing svg").first.wait_for(timeout=LATE)
    for again in (False, True):
        if again:
            visit.tab.click("#learn-again")
            visit.tab.locator("#learn-state .running").wait_for(timeout=LATE)
        visit.tab.click("#learn-stop")
        visit.tab.locator("#learn-state .stopped").wait_for(timeout=LATE)


@pytest.mark.slow
def test_a_map_is_walked_through(runs, visit):
    visit.open("Make")
    visit.tab.click("#make-run input")
    visit.tab.get_by_role("option", name="vae").first.click()
    visit.tab.check("#make-map input")
    assert "done" in visit.run("make")
    visit.tab.get_by_text("Walk through a map").click()
    visit.tab.locator("#make-second input[type=number]").fill("4")
    visit.tab.locator("#make-second input[type=number]").press("Enter")
    visit.tab.locator("#make-here").get_by_text("Item 3", exact=True).wait_for(timeout=SOON)
    assert visit.tab.locator("#make-here audio").count() == 1


@pytest.mark.slow
def test_change(runs, visit, piece):
    visit.open("Change")
    assert "done" in visit.run("change", files=[piece])
    assert len(visit.durations("change")) == 2
    assert visit.download("change")


def test_a_mistake_is_told_on_the_page(visit):
    visit.open("Transcribe")
    visit.tab.click("#transcribe-begin")
    visit.tab.get_by_text("drop a recording first").first.wait_for(timeout=SOON)
