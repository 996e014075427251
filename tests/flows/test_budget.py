"""A run never costs more than its budget, says that it stopped at it, and goes on with a larger one."""

from decimal import Decimal
from pathlib import Path

import pytest

from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import MODELS, Sums, asked, query, told
from tests.flows.test_bill import USD_PER_MTOK

WORST = Decimal("0.0060")  # of one call of these suites: 256 tokens out at $15, and a short prompt


def billed(server: SimulatedServer) -> Decimal:
    """What the server's ledger amounts to."""
    return sum(
        (
            row[f"{kind}_tokens"] * Decimal(usd) / Decimal(1_000_000)
            for row in server.ledger()["rows"]
            if row["outcome"] == "answered"
            for kind, usd in USD_PER_MTOK[row["model"]].items()
        ),
        Decimal(0),
    )


@pytest.mark.slow
def test_a_run_stops_at_its_budget_and_a_larger_one_goes_on(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites")}
    with start_server(told(300), make_settings({"latency_ms": 20})) as server:
        spec = sums(300, server.base_url, in_flight=64)
        words = ("run", spec, "--run-id", "thrifty", "--json")
        done = nightbench(*words, "--budget-usd", "0.10", env=env)
        assert done.code == 3, done.err
        assert "budget of $0.10 is used up" in done.err
        assert "nightbench resume thrifty --budget-usd MORE" in done.err
        assert done.json["run_id"] == "thrifty"
        assert done.json["status"] == "budget_stopped"
        assert "nightbench resume thrifty --budget-usd MORE" in done.json["error"]
        spent = billed(server)
        assert Decimal("0.10") - WORST < spent <= Decimal("0.10")
        first = asked(server)
        assert max(first.values()) == 1
        row = query(home, "select status, planned_calls, answered_calls from runs")[0]
        assert (row["status"], row["answered_calls"]) == ("budget_stopped", len(first))
        usd = query(home, "select sum(usd) as usd from call_costs")[0]["usd"]
        assert Decimal(usd) == spent
        listed = nightbench("runs", "--json").json
        assert (listed[0]["status"], listed[0]["resumable"]) == ("budget_stopped", True)
        again = nightbench("resume", "thrifty", "--json", env=env)
        assert (again.code, again.json["status"]) == (3, "budget_stopped"), "the same budget is still used up"
        assert sum(asked(server).values()) == len(first)
        more = nightbench("resume", "thrifty", "--budget-usd", "50", "--json", env=env)
        assert (more.code, more.json["status"]) == (0, "complete"), more.err
        assert max(asked(server).values()) == 1
        assert len(asked(server)) == 300 * len(MODELS)


@pytest.mark.slow
def test_spent_evenly_every_variant_has_the_same_samples_of_all_suites(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    with start_server(told(100), make_settings({"latency_ms": 20})) as server:
        spec = sums(100, server.base_url, in_flight=8)
        other = tmp_path / "suites" / "more"
        other.mkdir()
        for name in ("suite.toml", "samples.sql"):
            text = (tmp_path / "suites" / "sums" / name).read_text(encoding="utf-8")
            (other / name).write_text(text.replace('"sums"', '"more"'), encoding="utf-8")
        spec.write_text(
            spec.read_text(encoding="utf-8").replace('["sums"]', '["sums", "more"]'), encoding="utf-8"
        )
        env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites")}
        words = ("run", spec, "--run-id", "even", "--spend-evenly", "--budget-usd", "0.15", "--json")
        done = nightbench(*words, env=env)
        assert done.code == 3, done.err
        assert billed(server) <= Decimal("0.15")
    rows = query(
        home,
        "select suite, count(distinct sample_id) as n, count(*) as calls, "
        "count(distinct variant) as variants from calls group by suite order by suite",
    )
    assert [row["suite"] for row in rows] == ["more", "sums"]
    assert all(row["calls"] == row["n"] * row["variants"] == row["n"] * len(MODELS) for row in rows)
    assert abs(rows[0]["n"] - rows[1]["n"]) <= 20, "one suite was finished before the other began"


@pytest.mark.parametrize(
    ("words", "told_"),
    [
        pytest.param(("--budget-usd", "0"), "budget_usd", id="nothing"),
        pytest.param(("--budget-usd", "-1"), "budget_usd", id="less than nothing"),
        pytest.param(("--budget-usd", "much"), "budget_usd", id="no number"),
        pytest.param(("--budget-usd", "nan"), "budget_usd", id="not a number"),
        pytest.param(("--budget-usd", "0.001", "--on-budget", "refuse"), "on_budget", id="a dearer plan"),
        pytest.param(("--budget-usd", "1", "--on-budget", "never"), "on_budget", id="another word"),
    ],
)
def test_a_budget_that_cannot_be_is_refused(
    words: tuple[str, ...], told_: str, home: Path, nightbench: Nightbench
) -> None:
    said = nightbench("run", "--suite", "json_only", "--model", "simulated/gpt-4o-2024-05-13", *words)
    assert said.code == 2, said.err
    assert told_ in said.err
    assert not list((home / "journal").glob("*"))


def test_a_budget_over_a_model_without_a_price_is_refused(home: Path, nightbench: Nightbench) -> None:
    said = nightbench("run", "--suite", "json_only", "--model", "simulated/nobody-knows", "--budget-usd", "1")
    assert said.code == 2, said.err
    assert "no price" in said.err
    assert not list((home / "journal").glob("*"))
