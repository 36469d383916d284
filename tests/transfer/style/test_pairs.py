from pathlib import Path

import pytest

from training.errors import InputError
from transfer.style.options import StyleOptions as Options
from transfer.style.pairs import WHERE_ONLY, Pair, all_pairs, fingerprint, read_pairs

OUT = Path("out")


def touch(folder, *names):
    for name in names:
        (folder / name).touch()


def test_every_style_on_every_content():
    found = all_pairs([Path("a.wav"), Path("x/b.mp3")], [Path("s.wav"), Path("t.wav")], OUT)
    assert [pair.output.name for pair in found] == ["a-as-s.wav", "a-as-t.wav", "b-as-s.wav", "b-as-t.wav"]
    assert found[2] == Pair(Path("x/b.mp3"), Path("s.wav"), OUT / "b-as-s.wav")


def test_results_of_one_name_are_numbered_and_none_is_called_like_the_sheet(tmp_path):
    found = all_pairs([Path("x/a.wav"), Path("y/A.wav")], [Path("s.wav")], OUT)
    assert [pair.output.name for pair in found] == ["a-as-s.wav", "A-as-s-2.wav"]
    (tmp_path / "pairs.csv").write_text("content,style,output\na,b,contact_sheet\n")
    touch(tmp_path, "a", "b")
    assert read_pairs(tmp_path / "pairs.csv", OUT)[0].output == OUT / "contact_sheet-2.wav"


def test_a_table_is_relative_to_itself_and_may_name_results(tmp_path):
    touch(tmp_path, "a.wav", "b.wav", "s.wav", "t.wav")
    (tmp_path / "pairs.csv").write_text(
        f"﻿style,content,output\ns.wav,a.wav,\n{tmp_path}/t.wav, b.wav ,sub/one.wav\n\n,,\ns.wav,b.wav,no. 2\n"
    )
    assert read_pairs(tmp_path / "pairs.csv", OUT) == [
        Pair(tmp_path / "a.wav", tmp_path / "s.wav", OUT / "a-as-s.wav"),
        Pair(tmp_path / "b.wav", tmp_path / "t.wav", OUT / "sub/one.wav"),
        Pair(tmp_path / "b.wav", tmp_path / "s.wav", OUT / "no. 2.wav"),
    ]


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("a.wav", "line 2: no style"),
        (",s.wav", "line 2: no content"),
        ("a.wav,s.wav,x.mp3", "received x.mp3"),
        ("a.wav,s.wav,../x.wav", "received ../x.wav"),
        ("a.wav,s.wav,/x.wav", "received /x.wav"),
        ("gone.wav,s.wav,", "gone.wav not found"),
    ],
)
def test_a_bad_row_is_a_pair_with_a_fault(tmp_path, row, fault):
    touch(tmp_path, "a.wav", "s.wav")
    (tmp_path / "pairs.csv").write_text(f"content,style,output\n{row}\na.wav,s.wav,c.wav\n")
    bad, good = read_pairs(tmp_path / "pairs.csv", OUT)
    assert fault in bad.fault
    assert not good.fault
    (tmp_path / "pairs.csv").write_text(f"content,style,output\n{row}\n")
    with pytest.raises(InputError, match="no row that can be used"):
        read_pairs(tmp_path / "pairs.csv", OUT)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "not found"),
        ("path,label\na,b\n", "columns content,style"),
        ("content,style\n", "no row"),
        ("", "received ''"),
    ],
)
def test_what_is_no_table_of_pairs(tmp_path, text, reason):
    if text is not None:
        (tmp_path / "pairs.csv").write_text(text)
    with pytest.raises(InputError, match=reason):
        read_pairs(tmp_path / "pairs.csv", OUT)


@pytest.fixture
def made_of(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / name).write_text(name)
    (tmp_path / "copy").write_text("a")

    def made_of(content="a", style="b", settings=None, **options):
        options = {"features": "lil_data", "vgg_weights": None, "seed": 0, **options}
        return fingerprint(options, settings or {"iterations": 3}, tmp_path / content, tmp_path / style)

    return made_of


def test_it_tells_what_makes_a_difference(made_of, tmp_path):
    words = [
        made_of(),
        made_of(style="c"),
        made_of(content="b", style="a"),
        made_of(settings={"iterations": 4}),
        made_of(seed=1),
    ]
    words.append(made_of(features="vgg19", vgg_weights=tmp_path / "a"))
    words.append(made_of(features="vgg19", vgg_weights=tmp_path / "b"))
    assert len(set(words)) == len(words)


def test_names_of_files_make_no_difference(made_of):
    assert made_of() == made_of("copy") == made_of(force=True, output=Path("x"), pairs=Path("y"))
    assert set(WHERE_ONLY) <= set(Options.__dataclass_fields__)


def test_a_run_trained_again_is_another(made_of, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.keras").write_text("once")
    before = made_of(features=str(tmp_path / "run"))
    (tmp_path / "run" / "model.keras").write_text("again!")
    assert made_of(features=str(tmp_path / "run")) != before
