"""A suite's folder is written whole or not at all, and nothing that is there is replaced."""

from pathlib import Path
from typing import Any

import pytest

import tasks.load.scaffold as scaffold
from tasks.load.scaffold import Scaffold, write_suite
from tasks.model import Suite
from tasks.new_suite import prove
from warehouse.errors import SuiteError

CSV = "question,answer\nWhat is the capital of Chad?,N'Djamena\nWhat is the capital of Peru?,Lima\n"


def make(tmp_path: Path, name: str = "mine", text: str = CSV, **more: Any) -> Scaffold:
    file = tmp_path / "rows.csv"
    file.write_text(text, encoding="utf-8")
    given = {"told": {}, "encoding": None, "others": (), "prove": prove, **more}
    return write_suite(name, file, tmp_path / "suites", **given)


def test_the_folder_is_all_that_is_written(tmp_path: Path) -> None:
    made = make(tmp_path)
    assert [path.name for path in (tmp_path / "suites").iterdir()] == ["mine"]
    assert sorted(path.name for path in made.folder.iterdir()) == sorted(made.files)


@pytest.mark.parametrize("what", ["a folder", "an empty folder", "a file", "a dangling link"])
def test_nothing_is_overwritten(tmp_path: Path, what: str) -> None:
    there = tmp_path / "suites" / "mine"
    there.parent.mkdir()
    if what == "a file":
        there.write_text("x")
    elif what == "a dangling link":
        there.symlink_to(tmp_path / "nowhere")
    else:
        there.mkdir()
        if what == "a folder":
            (there / "suite.toml").write_text('name = "mine"\n[[graders]]\ntype = "exact"\n')
    before = sorted(str(path) for path in tmp_path.rglob("*"))
    with pytest.raises(SuiteError, match=r"not overwritten.*Nothing was written"):
        make(tmp_path)
    assert sorted(str(p) for p in tmp_path.rglob("*") if p.name != "rows.csv") == before


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("word_problems", 'There is a suite "word_problems" already'),
        ("check", "is a word of the command line"),
        ("a/b", "cannot be a suite's name"),
        ("..", "cannot be a suite's name"),
        ("", "cannot be a suite's name"),
    ],
)
def test_a_name_that_cannot_be_is_refused(tmp_path: Path, name: str, said: str) -> None:
    with pytest.raises(SuiteError, match=said):
        make(tmp_path, name)
    assert not (tmp_path / "suites").exists()


def test_a_name_that_another_folder_of_the_user_has_is_refused(tmp_path: Path) -> None:
    made = make(tmp_path)
    other = tmp_path / "more"
    other.mkdir()
    with pytest.raises(SuiteError, match='There is a suite "mine" already'):
        write_suite(
            "mine",
            tmp_path / "rows.csv",
            other,
            told={},
            encoding=None,
            others=(made.folder.parent,),
            prove=prove,
        )


def test_a_suite_that_cannot_run_leaves_nothing(tmp_path: Path) -> None:
    def refuse(suite: Suite) -> None:
        raise SuiteError(f"{suite.folder}/suite.toml: it will not do. Nothing was sent.")

    with pytest.raises(SuiteError) as caught:
        make(tmp_path, prove=refuse)
    assert str(caught.value) == f"{tmp_path}/suites/mine/suite.toml: it will not do. Nothing was written."
    assert not (tmp_path / "suites").exists()


def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> Suite:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(scaffold, "load_suite", full)
    with pytest.raises(SuiteError, match=r"No space left on device.*Nothing was written"):
        make(tmp_path)
    assert not (tmp_path / "suites").exists()


def test_what_a_killed_process_leaves_is_no_suite(tmp_path: Path) -> None:
    left = tmp_path / "suites" / ".nightbench-init-x" / "mine"
    left.mkdir(parents=True)
    (left / "suite.toml").write_text('name = "mine"\n[[graders]]\ntype = "exact"\n')
    assert make(tmp_path).suite.name == "mine"


def test_the_version_does_not_depend_on_where_it_was_written(tmp_path: Path) -> None:
    from tasks.load.samples import load_suite

    made = make(tmp_path)
    assert load_suite(made.folder, tmp_path / "cache").version == made.suite.version
