"""`route` sends tasks to the cheaper model where it will do, and exports what a Router applies."""

import json
from pathlib import Path

import pytest

from tasks.router import Router
from tests.conftest import Nightbench
from tests.flows.test_compare import answers, write_suite

CHEAP, DEAR = "recorded/gpt-4o-mini-2024-07-18", "recorded/gpt-4o-2024-05-13"
TOKENS = "select *, 100 as input_tokens, 50 as output_tokens from source"


@pytest.fixture
def imported(tmp_path: Path, nightbench: Nightbench) -> None:
    """The cheap one misses a third of the questions, the dear one few; both cost what they do."""
    suites = write_suite(tmp_path, n=300)
    for name, model, wrong in (("cheap", CHEAP, range(100)), ("dear", DEAR, range(6))):
        file = answers(tmp_path, name, wrong, n=300)
        words = ("--suite", "capitals", "--model", model, "--suites-dir", suites, "--map", TOKENS)
        done = nightbench("import", file, *words, "--run-id", name)
        assert done.code == 0, done.err


def test_policies_are_measured_between_their_bounds(imported: None, nightbench: Nightbench) -> None:
    done = nightbench("route", "--profile", "1M calls a month, 10k in, 300 out", "--json")
    assert done.code == 0, done.err
    by_name = {row["policy"]: row for row in done.json["policies"]}
    assert by_name[f"always {CHEAP}"]["accuracy"] == pytest.approx(200 / 300)
    assert by_name[f"always {DEAR}"]["accuracy"] == pytest.approx(294 / 300)
    assert (
        by_name["oracle"]["accuracy"]
        >= by_name["suite"]["accuracy"]
        >= by_name[f"always {CHEAP}"]["accuracy"]
    )
    assert by_name["suite"]["usd"] <= by_name[f"always {DEAR}"]["usd"] + 1e-12
    page = nightbench("route", "--profile", "1M calls a month, 10k in, 300 out")
    assert "USD a month at today's prices" in page.out


def test_a_right_answer_that_is_worth_nothing_goes_to_the_cheaper(
    imported: None, nightbench: Nightbench, tmp_path: Path
) -> None:
    for worth, chosen in (("0", CHEAP), ("10", DEAR)):
        file = tmp_path / f"{worth}.json"
        words = ("--worth", worth, "--policy", "suite", "--export", file)
        assert nightbench("route", *words).code == 0
        assert json.loads(file.read_text(encoding="utf-8"))
        assert chosen.endswith(Router.load(file).choose("Say 1", suite="capitals").split("/")[-1])


def test_one_variant_alone_is_no_choice(imported: None, nightbench: Nightbench) -> None:
    done = nightbench("route", "--model", CHEAP)
    assert done.code == 2
    assert "routing needs two variants with a suite in common" in done.err
