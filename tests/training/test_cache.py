"""`training.cache clear` deletes what this project made, after it was asked twice, and nothing of anybody else's."""

import json
import shutil
import subprocess
import sys

import pytest

from tests.training.conftest import Numbers
from tests.training.runs.test_lock import HOLD
from training.cache import Options, main
from training.corpora.cleaning import cached, delete
from training.corpora.user_cache import open_corpus
from training.errors import InputError
from training.runs.lock import exclusive


@pytest.fixture
def cache(folder, tmp_path, capsys):
    """A cache with two corpora and the hashes of their files."""
    for extra in (0, 1):
        open_corpus(folder, Numbers(extra=extra), {".txt"}, tmp_path / "cache")
    (tmp_path / "cache" / "hashes").mkdir(exist_ok=True)  # none yet where all files are too new
    (tmp_path / "cache" / "hashes" / "sources.json").write_text('{"format": 1, "files": {}}')
    capsys.readouterr()
    return tmp_path / "cache"


def clear(cache, capsys, yes=True):
    """(lines of what is or would be deleted, lines of what is told)."""
    main(Options("clear", cache, yes))
    out, err = capsys.readouterr()
    return out.splitlines(), err.splitlines()


def corpora(cache):
    return sorted(path for path in cache.iterdir() if path.name != "hashes")


def test_without_yes_it_only_tells(cache, capsys):
    before = sorted(cache.rglob("*"))
    out, err = clear(cache, capsys, yes=False)
    assert sorted(cache.rglob("*")) == before
    assert [line.split("\t")[1:3] for line in out] == [
        ["numbers", "45 items"],
        ["numbers", "45 items"],
        ["hashes", "0 items"],
    ]
    assert err == [f"3 folders of {sum(one.size for one in cached(cache)) / 1e6:.1f} MB to delete; --yes deletes them"]
    main(Options("list", cache))
    assert capsys.readouterr().out.splitlines() == out
    with pytest.raises(InputError, match="--yes goes with clear"):
        main(Options("list", cache, yes=True))


def test_with_yes_it_deletes_and_the_cache_serves_again(cache, folder, capsys):
    out, err = clear(cache, capsys)
    assert len(out) == 3
    assert err[-1].endswith("MB deleted")
    assert list(cache.iterdir()) == []
    assert len(open_corpus(folder, Numbers(), {".txt"}, cache)) == 45


def manifest(**changes):
    return json.dumps({"format": 1, "kind": "numbers", "fingerprint": "f" * 64, "items": 1} | changes)


FOREIGN = {
    "a web app": ("app", '{"name": "My app", "icons": []}'),
    "an extension": ("f" * 16, '{"manifest_version": 3}'),
    "a list": ("f" * 16, "[]"),
    "no JSON": ("f" * 16, "{"),
    "a corpus that was made on purpose": ("my corpus", manifest()),
    "a corpus of another format": ("f" * 16, manifest(format=2)),
    "no fingerprint": ("f" * 16, manifest(fingerprint=None)),
    "another fingerprint": ("f" * 16, manifest(fingerprint="../" + "f" * 61)),
}


@pytest.mark.parametrize("name", ["manifest.json", "plan.json"])
@pytest.mark.parametrize("what", FOREIGN)
def test_a_manifest_of_somebody_else_is_no_mark(tmp_path, capsys, name, what):
    folder, text = FOREIGN[what]
    (tmp_path / folder).mkdir()
    (tmp_path / folder / name).write_text(text)
    (tmp_path / folder / "thesis.txt").write_text("years of work")
    out, err = clear(tmp_path, capsys)
    assert out == []
    assert err == [f"passed over: {tmp_path / folder} is no corpus made here", "0 folders of 0.0 MB deleted"]
    assert sorted(path.name for path in (tmp_path / folder).iterdir()) == [name, "thesis.txt"]


@pytest.mark.parametrize("kind", ["file", "folder", "link", "hidden"])
def test_a_corpus_with_somebodys_file_in_it_stays(cache, tmp_path, capsys, kind):
    name = {"hidden": ".thesis"}.get(kind, "thesis")
    mine = corpora(cache)[0] / name
    if kind == "folder":
        mine.mkdir()
    elif kind == "link":
        mine.symlink_to(tmp_path)
    else:
        mine.write_text("years of work")
    before = sorted(corpora(cache)[0].iterdir())
    out, err = clear(cache, capsys)
    assert len(out) == 2
    assert err[0] == f"passed over: {mine.parent} holds {name}, which is not this project's"
    assert sorted(mine.parent.iterdir()) == before
    with pytest.raises(InputError, match="which is not this project's"):
        delete(mine.parent)


def test_links_are_not_followed(cache, tmp_path, capsys):
    place = corpora(cache)[0]
    shutil.move(place, tmp_path / "elsewhere")
    place.symlink_to(tmp_path / "elsewhere")
    _, err = clear(cache, capsys)
    assert err[0] == f"passed over: {place} is a link"
    assert (tmp_path / "elsewhere" / "manifest.json").exists()


def test_what_is_in_use_stays_until_its_holder_is_killed(cache, capsys):
    place = corpora(cache)[1]
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(place)], stdout=subprocess.PIPE, text=True)
    with holder:
        assert holder.stdout.readline() == "held\n"
        _, err = clear(cache, capsys)
        assert err[0] == f"passed over: {place} is in use by another process"
        with pytest.raises(InputError, match="in use"):
            delete(place)
        holder.kill()
    assert (place / "manifest.json").exists()
    clear(cache, capsys)
    assert not place.exists()


def test_a_kill_while_deleting_leaves_what_can_be_built_again(cache, folder, capsys, monkeypatch):
    from pathlib import Path

    place = open_corpus(folder, Numbers(), {".txt"}, cache).directory
    real = Path.unlink

    def killed(path, **named):
        if path.suffix == ".npy":
            raise KeyboardInterrupt
        real(path, **named)

    monkeypatch.setattr(Path, "unlink", killed)
    with pytest.raises(KeyboardInterrupt):
        delete(place)
    monkeypatch.setattr(Path, "unlink", real)
    assert [one.kind for one in cached(cache) if one.directory == place] == ["unfinished"]
    assert len(open_corpus(folder, Numbers(), {".txt"}, cache)) == 45


def test_what_a_killed_build_left_is_deleted(cache, capsys):
    place = corpora(cache)[0]
    (place / "manifest.json").replace(place / "plan.json")
    (place / ".shard-00001.0123abcd.tmp.npy").write_bytes(b"half")
    (place / "shard-00000.csv").write_text("name\n")
    out, _ = clear(cache, capsys)
    assert "unfinished" in out[0]
    assert not place.exists()


def test_the_holder_of_this_process_counts(cache, capsys):
    place = corpora(cache)[0]
    with exclusive(place):
        _, err = clear(cache, capsys)
    assert err[0].endswith("in use by another process")
    assert place.exists()


def test_no_cache_folder_is_an_empty_one(tmp_path, capsys):
    assert clear(tmp_path / "none", capsys) == ([], ["0 folders of 0.0 MB deleted"])
    assert not (tmp_path / "none").exists()
