from pathlib import Path

import pytest

from transfer.nst import Options
from transfer.style.fingerprint import NAMES, fingerprint


@pytest.fixture
def made_of(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
    (tmp_path / "copy").write_text("a")

    def made_of(content="a", style="b", recipe=None, **options):
        options = {"features": "lil_data", "vgg_weights": None, "seed": 0, **options}
        return fingerprint(options, recipe or {"iterations": 3}, tmp_path / content, tmp_path / style)

    return made_of


def test_it_tells_what_makes_a_difference(made_of, tmp_path):
    words = [
        made_of(),
        made_of(style="c"),
        made_of(content="b", style="a"),
        made_of(recipe={"iterations": 4}),
        made_of(seed=1),
    ]
    words.append(made_of(features="vgg19", vgg_weights=tmp_path / "a"))
    words.append(made_of(features="vgg19", vgg_weights=tmp_path / "b"))
    assert len(set(words)) == len(words)


def test_names_of_files_make_no_difference(made_of):
    assert made_of() == made_of("copy") == made_of(force=True, output=Path("x"), pairs=Path("y"))
    assert set(NAMES) <= set(Options.__dataclass_fields__)


def test_a_run_trained_again_is_another(made_of, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.keras").write_text("once")
    before = made_of(features=str(tmp_path / "run"))
    (tmp_path / "run" / "model.keras").write_text("again!")
    assert made_of(features=str(tmp_path / "run")) != before
