"""Packages of others under our names: told by every command, in one line; a user's own files never come in between."""

import shutil
import subprocess
import sys

import pytest

from training.installation import DISTRIBUTION, HOME, MARK, PACKAGES, VERSION, check_packages, requirements, versions

SCRIPT = "import sys\nfrom spectro.__main__ import main\nsys.exit(main())\n"
"""What pip writes for the entry point."""
COLLIDING = ("midi", "transfer", "generators")
"""Import names that other distributions have."""


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """A folder as site-packages holds ours, and the console script."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "bin").mkdir()
    (folder / "bin" / "spectro").write_text(SCRIPT)
    for package in PACKAGES:
        shutil.copytree(HOME / package, folder / "site" / package, ignore=shutil.ignore_patterns("__pycache__", "*.keras"))
    return folder


@pytest.fixture
def site(installed, tmp_path):
    """A copy of the installed packages, to be spoilt."""
    return shutil.copytree(installed / "site", tmp_path / "site")


@pytest.fixture
def run(installed, tmp_path):
    """Runs Python with folders on its path and in a working folder; the finished process."""
    (tmp_path / "work").mkdir()

    def run(*arguments, path):
        env = {"PYTHONPATH": ":".join(map(str, path)), "PATH": "", "HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=tmp_path / "work",
            env=env,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def install_other(folder, package, distribution="other"):
    """What pip leaves of a distribution with one package."""
    (folder / package).mkdir(parents=True, exist_ok=True)
    (folder / package / "__init__.py").write_text('raise RuntimeError("the intruder ran")\n')
    info = folder / f"{distribution}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "RECORD").write_text(f"{package}/__init__.py,,\n")


def told(done):
    """The one line of a command that has ended with status 1."""
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stderr.startswith("error: the package ")
    return done.stderr


@pytest.mark.parametrize("package", COLLIDING)
def test_another_package_before_ours_is_named(installed, run, tmp_path, package):
    install_other(tmp_path / "before", package, "py-other")
    path = [tmp_path / "before", installed / "site"]
    for command in (
        [installed / "bin" / "spectro", "cache"],
        ["-m", "training.cache"],
        ["-m", "classifiers.train", "--help"],
    ):
        line = told(run(*command, path=path))
        assert f"package {package} is not that of {DISTRIBUTION}" in line
        assert f"{tmp_path / 'before' / package / '__init__.py'} of py-other stands before it" in line


def test_a_package_that_overwrites_ours_is_named(site, installed, run):
    install_other(site, "midi", "py-midi")
    line = told(run(installed / "bin" / "spectro", "midi", "demo", path=[site]))
    assert f"py-midi has overwritten {site / 'midi' / '__init__.py'}" in line
    assert "pip uninstall py-midi, then" in line


def test_a_package_that_was_removed_is_named(site, installed, run):
    (site / "generators" / "__init__.py").unlink()
    line = told(run("-m", "training.cache", path=[site]))
    assert f"{site / 'generators' / '__init__.py'} is gone" in line
    shutil.rmtree(site / "training")
    done = run(installed / "bin" / "spectro", "cache", path=[site])
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    missing, other = f"{site} has no package training", f"{site / 'spectro' / '__init__.py'} stands before it"
    assert missing in done.stderr or other in done.stderr  # of another of ours that is installed beside it


def test_files_of_the_users_are_not_imported(installed, run, tmp_path):
    for name in (*PACKAGES[1:], "numpy"):
        (tmp_path / "work" / f"{name}.py").write_text('raise RuntimeError("the file of the user ran")\n')
    for command in ([installed / "bin" / "spectro", "cache"], ["-m", "spectro", "cache"]):
        done = run(*command, path=[installed / "site"])
        assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "work" / "training.py").unlink()
    (tmp_path / "work" / "midi.py").rename(tmp_path / "work" / "spectro.py")
    (tmp_path / "work" / "classifiers.py").unlink()
    assert run("-m", "classifiers.train", "--help", path=[installed / "site"]).returncode == 0


def test_ours_are_known_and_typed():
    check_packages()
    for package in PACKAGES:
        assert MARK in (HOME / package / "__init__.py").read_text()
        assert (HOME / package / "py.typed").exists()


def test_versions_are_of_what_is_there():
    assert versions("numpy", "no-such-distribution") == {"spectro": VERSION, "numpy": versions("numpy")["numpy"]}


def test_requirements_say_what_fits(monkeypatch):
    lines = ["numpy>=1.0", "numpy>=99 ; extra == 'big'", "nowhere-to-be-found ; extra == 'gone'", "x ; sys_platform == 'no'"]
    monkeypatch.setattr("importlib.metadata.requires", lambda name: lines)
    monkeypatch.setattr("importlib.metadata.metadata", lambda name: _Extras())
    found = [(one.name, one.wanted, one.extra, one.fits) for one in requirements()]
    assert found == [
        ("numpy", ">=1.0", "", True),
        ("numpy", ">=99", "big", False),
        ("nowhere-to-be-found", "", "gone", False),
    ]


class _Extras:
    def get_all(self, name):
        return ["big", "gone"]
