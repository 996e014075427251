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
    against = {(row["policy"], row["role"]): row for row in done.json["against"]}
    for (kind, _), row in against.items():
        alone = by_name[f"always {row['model']}"]
        assert row["points"] == pytest.approx(100 * (by_name[kind]["accuracy"] - alone["accuracy"]))
        assert row["saved"] == pytest.approx(1 - by_name[kind]["usd"] / alone["usd"])
        assert row["points_low"] <= row["points"] <= row["points_high"]
    assert against["suite", "best"]["model"] == DEAR
    assert against["suite", "cheapest"]["model"] == CHEAP
    assert f"against the best alone, {DEAR}, " in done.json["verdict"].lower()
    page = nightbench("route", "--profile", "1M calls a month, 10k in, 300 out")
    assert "USD a month at today's prices" in page.out
    assert "policies less one model alone, on the same samples (95 %)" in page.out


def test_without_scikit_learn_one_policy_is_missing_and_how_to_get_it_is_said(
    imported: None, nightbench: Nightbench, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nsys.modules['sklearn'] = None\n", encoding="utf-8"
    )  # as where it was never installed
    env = {"PYTHONPATH": str(tmp_path)}
    done = nightbench("route", "--json", env=env)
    assert done.code == 0, done.err
    assert {row["policy"] for row in done.json["against"]} == {"suite"}
    assert any('pip install -e ".[routing]"' in line for line in done.json["notes"])
    refused = nightbench("route", "--policy", "prompt", env=env)
    assert refused.code == 2
    assert 'pip install -e ".[routing]"' in refused.err
    assert "Traceback" not in refused.err


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
