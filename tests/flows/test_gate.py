"""`gate` says no where a drop is shown, and with a decision required also where it cannot be excluded."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.conftest import Nightbench
from tests.flows.test_compare import answers, write_suite


@pytest.fixture
def land(tmp_path: Path, nightbench: Nightbench) -> "Land":
    return Land(tmp_path, nightbench, write_suite(tmp_path, n=400))


class Land:
    """Imports a clerk's answers as a run."""

    def __init__(self, folder: Path, nightbench: Nightbench, suites: Path) -> None:
        self.folder, self.nightbench, self.suites = folder, nightbench, suites

    def __call__(self, run_id: str, wrong: range, *, tokens: int | None = None) -> None:
        file = answers(self.folder, run_id, wrong, n=400)
        words: tuple[str | Path, ...] = ("--suite", "capitals", "--model", "recorded/gpt-4o-2024-05-13")
        if tokens is not None:
            map_sql = f"select *, 100 as input_tokens, {tokens} as output_tokens from source"
            words = (*words, "--map", map_sql)
        done = self.nightbench("import", file, *words, "--suites-dir", self.suites, "--run-id", run_id)
        assert done.code == 0, done.err


def test_the_same_is_let_through_and_a_drop_is_not(
    land: Land, nightbench: Nightbench, tmp_path: Path
) -> None:
    land("monday", range(20))
    land("tuesday", range(20))
    land("friday", range(60))
    same = nightbench("gate", "--run", "tuesday", "--baseline", "monday", "--max-drop", "2")
    assert same.code == 0, same.err
    assert "a drop of more than 2.0 points is excluded (0.0 points" in same.out
    summary, junit = tmp_path / "gate.md", tmp_path / "gate.xml"
    files = ("--markdown", summary, "--junit", junit)
    worse = nightbench("gate", "--baseline", "last", "--max-drop", "2", *files)
    assert worse.code == 4
    assert "a drop of more than 2.0 points is shown (-10.0 points" in worse.out
    assert "the gate says no" in summary.read_text(encoding="utf-8")
    tree = ElementTree.fromstring(junit.read_text(encoding="utf-8"))
    assert (tree.get("tests"), tree.get("failures")) == ("1", "1")
    assert tree.find(".//failure") is not None
    document = nightbench("gate", "--max-drop", "2", "--json")
    assert (document.code, document.json["open"]) == (4, False)
    assert document.json["contests"][0]["run_a"] == "tuesday"
    allowed = nightbench("gate", "--max-drop", "20")
    assert allowed.code == 0


def test_what_is_not_known_is_let_through_unless_a_decision_is_required(
    land: Land, nightbench: Nightbench
) -> None:
    land("monday", range(20))
    land("tuesday", range(5, 26))
    words = ("gate", "--run", "tuesday", "--baseline", "monday", "--max-drop", "1")
    done = nightbench(*words)
    assert done.code == 0, done.err
    assert "neither shown nor excluded" in done.out
    required = nightbench(*words, "--require-decision", "--json")
    assert required.code == 4
    (contest,) = required.json["contests"]
    assert contest["drop"] == "unknown"
    assert contest["samples_to_exclude"] > 400
    assert f"{contest['samples_to_exclude']:,} more samples would exclude it" in contest["verdict"]


def test_a_dearer_run_is_refused(land: Land, nightbench: Nightbench) -> None:
    land("monday", range(20), tokens=100)
    land("tuesday", range(20), tokens=150)
    words = ("gate", "--run", "tuesday", "--baseline", "monday")
    assert nightbench(*words).code == 0
    assert nightbench(*words, "--max-usd-rise", "40%").code == 0
    done = nightbench(*words, "--max-usd-rise", "20%")
    assert done.code == 4
    assert "a call costs +37.5 %" in done.out


def test_the_first_run_has_nothing_to_be_compared_with(land: Land, nightbench: Nightbench) -> None:
    land("monday", range(20))
    done = nightbench("gate")
    assert done.code == 0
    assert "there is no baseline to compare with yet" in done.out
    assert nightbench("gate", "--require-decision").code == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--baseline", "sunday"), 'there is no run "sunday"'),
        (("--run", "sunday"), 'there is no run "sunday"'),
        (("--max-usd-rise", "much"), "--max-usd-rise much: this is no percentage"),
    ],
)
def test_bad_words_are_named(land: Land, nightbench: Nightbench, words: tuple[str, ...], said: str) -> None:
    land("monday", range(20))
    done = nightbench("gate", *words)
    assert done.code == 2
    assert said in done.err
