"""After one night of history the plan's cost is within 10 % of the next night's, and stands beside it.

The nights differ in the simulated server's seed, so that no answer of one is an answer of the other.
"""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Nightbench
from tests.flows.conftest import query

MODELS = ("simulated/claude-3-5-sonnet-20240620", "simulated/gpt-4o-2024-05-13")
HOUSE = """name = "house"
[params]
max_tokens = 300
[[graders]]
type = "includes"
"""
RULES = """select 's' || i as sample_id, 'Which is rule ' || i || '?' as input, 'rule' as target,
    repeat('A rule of the house, and one more of them.' || chr(10), 200) as system
from range(120) as r(i)
"""


def write_spec(tmp_path: Path, suites: list[str]) -> Path:
    """A spec of these suites, `house` among those that are there, put to both models."""
    folder = tmp_path / "suites" / "house"
    folder.mkdir(parents=True)
    (folder / "suite.toml").write_text(HOUSE, encoding="utf-8")
    (folder / "samples.sql").write_text(RULES, encoding="utf-8")
    spec = tmp_path / "spec.toml"
    entries = [f'[[models]]\nmodel = "{model}"' for model in MODELS]
    spec.write_text("\n".join([f"suites = {json.dumps(suites)}", *entries]), encoding="utf-8")
    return spec


@pytest.mark.slow
@pytest.mark.parametrize(
    ("suites", "mode", "first", "second"),
    [
        pytest.param(["word_problems", "json_only"], "realtime", 60, 140, id="two suites, another limit"),
        pytest.param(["word_problems", "json_only"], "batch", 140, 90, id="batches after a night without"),
        pytest.param(["house", "json_only"], "realtime", 80, 60, id="a prefix that is cached"),
    ],
)
def test_the_cost_of_the_second_night_is_known_within_a_tenth(
    home: Path, tmp_path: Path, nightbench: Nightbench, suites: list[str], mode: str, first: int, second: int
) -> None:
    spec = write_spec(tmp_path, suites)
    environment: dict[str, Any] = {"NIGHTBENCH_SUITES": str(tmp_path / "suites")}

    def night(number: int, *words: str) -> None:
        settings = tmp_path / f"night{number}.json"
        settings.write_text(json.dumps({"latency_ms": 5, "seed": number}), encoding="utf-8")
        env = {**environment, "NIGHTBENCH_SIMULATED": str(settings)}
        done = nightbench("run", spec, "--run-id", f"night{number}", *words, env=env)
        assert done.code == 0, done.err
        assert "predicted $" in done.out

    night(1, "--limit", str(first))
    words = ("--limit", str(second), "--mode", mode)
    plan = nightbench("plan", spec, *words, "--json", env=environment).json
    assert not any(line["assumed"] for line in plan["lines"])
    night(2, *words)
    [row] = query(home, "select * from plan_accuracy where run_id = 'night2'")
    assert (row["whole"], row["kind"], row["simulated"], row["n_unpriced"]) == (True, "evaluate", True, 0)
    assert Decimal(row["predicted_usd"]) == Decimal(plan["usd"])
    assert Decimal(row["usd"]) == pytest.approx(Decimal(plan["usd"]), rel=Decimal("0.1"))
    assert Decimal(plan["usd_low"]) <= Decimal(row["usd"]) <= Decimal(plan["usd_high"])
    assert Decimal(plan["usd_high"]) <= Decimal("1.5") * Decimal(plan["usd"]), "a range that says something"
    assert row["input_ratio"] == pytest.approx(1.0, abs=0.05)
