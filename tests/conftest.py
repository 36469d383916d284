"""How the tests are dealt out to processes, and what every training among them does not need."""

import functools

import pytest

TOGETHER = ("tests/generators/sequences/", "tests/generators/sounds/", "tests/generators/", "tests/studio/")
"""Folders that stay in one process: their conftest.py trains runs, or starts a server, for all of them."""
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


@pytest.fixture(scope="session")
def undrawn_curves():
    """Reports name the figures and levels of their curves: drawing them takes a third of a quick training.

    For folders that train. tests/training/test_report.py draws curves, and so do all commands in processes of their own.
    """
    from training import report

    drawn = report._curves

    @functools.wraps(drawn)
    def named(rows, names, levels):
        return f"<svg>{names} {dict(levels)}</svg>"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "_curves", named)
        yield
