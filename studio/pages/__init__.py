"""The pages of the studio, one module each."""

from __future__ import annotations

from studio.folders import Studio
from studio.page import Page
from studio.pages.change import Change
from studio.pages.genre import Genre, Learn
from studio.pages.go_on import Continue
from studio.pages.make import Make
from studio.pages.pictures import Pictures
from studio.pages.runs import Runs
from studio.pages.transcribe import Transcribe
from studio.pages.transfer import Transfer


def pages_of(studio: Studio) -> list[Page]:
    """All pages, in the order of their tabs."""
    pages = [page(studio) for page in (Transfer, Continue, Make, Transcribe, Genre, Learn, Pictures, Change)]
    return [*pages, Runs(studio, {page.name: page for page in pages})]
