"""A run whose prompts begin alike: the plan's saving, one call that writes, the ledger, the report."""

import re
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import query

SUITE = """name = "house"
[params]
max_tokens = 300
[[graders]]
type = "includes"
"""
SAMPLES = """select 's' || i as sample_id, 'Which is rule ' || i || '?' as input, 'rule' as target,
    repeat('A rule of the house, and one more of them.' || chr(10), 200) as system
from range({n}) as r(i)
"""
N = 40
USD_PER_MTOK: dict[str, int | Decimal] = {
    "input": 3,
    "cached_input": Decimal("0.30"),
    "cache_write": Decimal("3.75"),
    "output": 15,
}


@pytest.mark.slow
def test_the_prefix_is_written_once_and_read_by_every_other_call(
    home: Path, tmp_path: Path, nightbench: Nightbench
) -> None:
    folder = tmp_path / "suites" / "house"
    folder.mkdir(parents=True)
    (folder / "suite.toml").write_text(SUITE, encoding="utf-8")
    (folder / "samples.sql").write_text(SAMPLES.format(n=N), encoding="utf-8")
    env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites")}
    model = "claude-3-5-sonnet-20240620"
    words = ("--suite", "house", "--model", f"simulated/{model}")
    planned = nightbench("plan", *words, env=env)
    assert planned.code == 0, planned.err
    assert "Prompt caching has taken $" in planned.out
    predicted = Decimal(nightbench("plan", *words, "--json", env=env).json["usd"])
    with start_server([], make_settings({"latency_ms": 20})) as server:
        spec = tmp_path / "spec.toml"
        entry = f'model = "simulated/{model}"\nbase_url = "{server.base_url}"'
        spec.write_text(f'suites = ["house"]\n[[models]]\n{entry}\n', encoding="utf-8")
        done = nightbench("run", spec, "--run-id", "cached", env=env)
        assert done.code == 0, done.err
        ledger = server.ledger()["rows"]
    shared = ledger[0]["cache_write_tokens"]
    assert shared == 2150
    assert [row["cached_input_tokens"] for row in ledger] == [0, *[shared] * (N - 1)]
    assert sum(row["cache_write_tokens"] for row in ledger) == shared
    usd = sum(row[f"{kind}_tokens"] * price for row in ledger for kind, price in USD_PER_MTOK.items())
    [cost] = query(home, "select sum(usd) as usd from call_costs where run_id = 'cached'")
    assert Decimal(cost["usd"]) == Decimal(usd) / 1_000_000
    # input is known before the run; what is assumed is the output
    outputs = sum(row["output_tokens"] for row in ledger) * Decimal(15) / 1_000_000
    assumed = Decimal(75 * N * 15) / 1_000_000
    assert predicted - assumed == pytest.approx(Decimal(cost["usd"]) - outputs, rel=Decimal("0.1"))
    assert re.search(rf"{N - 1} of {N} calls read a vendor's cache: 9\d\.\d\d %", done.out)
    report = nightbench("report", "cached", "--markdown")
    assert "calls read a vendor's cache" in report.out
