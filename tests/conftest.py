"""How the tests are dealt out to processes, and what every training among them does not need."""

import functools

import pytest

TOGETHER = ("tests/generators/sequences/", "tests/generators/sounds/", "tests/generators/")
"""Folders that stay in one process: their conftest.py trains runs for all of them."""
FIRST = (
    *TOGETHER, "tests/reliability/", "tests/training/devices/", "tests/training/fitting/", "tests/transfer/",
    "tests/classifiers/",
)  # fmt: skip
"""What takes longest goes first, so that no process has a long file left when the others are done."""


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: next((place for place, part in enumerate(FIRST) if part in item.nodeid), len(FIRST)))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class LoadFolderScheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return next((folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid))

    config.option.loadscopereorder = False  # the order is ours
    return LoadFolderScheduling(config, log)


@pytest.fixture(scope="session", autouse=True)
def quickly_drawn_reports():
    """Curves of reports without arranging their panels, most of what a report costs; tests/training/test_report.py does."""
    from matplotlib.figure import Figure

    from training import report

    drawn = report._curves

    @functools.wraps(drawn)
    def unarranged(run, levels):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Figure, "set_layout_engine", lambda self, *_, **__: setattr(self, "_layout_engine", None))
            return drawn(run, levels)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "_curves", unarranged)
        yield
