"""Which tests stay in one process: those of a file, and those of a folder whose conftest.py trains runs for all of them."""

import pytest

TOGETHER = ("tests/generators/sequences/", "tests/generators/sounds/", "tests/generators/")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    from xdist.scheduler import LoadFileScheduling

    class LoadFolderScheduling(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return next((folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid))

    return LoadFolderScheduling(config, log)
