"""`datasets pull --from DIR` takes what the folder has, and says which suites it has nothing of."""

import hashlib
from pathlib import Path

import pytest

from tests.conftest import Nightbench

CARD = """name = "{name}"
[[graders]]
type = "exact"
[source]
url = "https://example.org/{name}.csv"
sha256 = "{sha256}"
"""
SQL = "select sample_id, input, target from read_csv('{name}.csv', all_varchar = true)"
ROWS = "sample_id,input,target\n1,{name}?,yes\n"


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """Two suites with a source each."""
    for name in ("here", "gone"):
        folder = tmp_path / "suites" / name
        folder.mkdir(parents=True)
        sha256 = hashlib.sha256(ROWS.format(name=name).encode()).hexdigest()
        (folder / "suite.toml").write_text(CARD.format(name=name, sha256=sha256), encoding="utf-8")
        (folder / "samples.sql").write_text(SQL.format(name=name), encoding="utf-8")
    return tmp_path / "suites"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data of one of them, under another name."""
    place = tmp_path / "lying about"
    place.mkdir()
    (place / "report.bin").write_text(ROWS.format(name="here"), encoding="utf-8")
    return place


def test_without_a_suite_what_is_elsewhere_is_named_and_no_error(
    suites: Path, folder: Path, nightbench: Nightbench
) -> None:
    done = nightbench("datasets", "pull", "--from", folder, "--suites-dir", suites, "--json")
    assert done.code == 0, done.err
    assert [(file["suite"], file["how"]) for file in done.json["files"]] == [("here", "copied")]
    assert "gone" in done.json["elsewhere"]
    assert "has nothing of" in done.err
    listed = {row["suite"]: row for row in nightbench("suites", "--suites-dir", suites, "--json").json}
    assert (listed["here"]["samples"], listed["here"]["missing"]) == (1, "")
    assert listed["gone"]["missing"] == "nightbench datasets pull gone"


def test_a_suite_that_was_named_must_be_there(suites: Path, folder: Path, nightbench: Nightbench) -> None:
    done = nightbench("datasets", "pull", "gone", "--from", folder, "--suites-dir", suites)
    assert done.code == 2
    assert "1 of the 1 files of gone are not in it" in done.err
    assert "gone.csv: sha256 " in done.err


def test_a_folder_with_nothing_at_all_is_an_error(
    suites: Path, tmp_path: Path, nightbench: Nightbench
) -> None:
    (tmp_path / "empty").mkdir()
    done = nightbench("datasets", "pull", "--from", tmp_path / "empty", "--suites-dir", suites)
    assert done.code == 2
    assert "no file of any suite" in done.err
