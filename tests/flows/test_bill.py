"""The bill of a run is the server's own ledger at the prices of the day, to the last digit."""

from decimal import Decimal
from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import MODELS, Sums, told

USD_PER_MTOK: dict[
    str, dict[str, int | Decimal]
] = {  # written out here, so that the table is not its own judge
    "gpt-4o-2024-05-13": {"input": 5, "cached_input": 5, "cache_write": 5, "cache_write_1h": 5, "output": 15},
    "claude-3-5-sonnet-20240620": {
        "input": 3,
        "cached_input": Decimal("0.30"),
        "cache_write": Decimal("3.75"),
        "cache_write_1h": 6,
        "output": 15,
    },
}


@pytest.mark.slow
def test_the_sum_over_call_costs_equals_the_ledger_to_the_last_digit(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    changes = {
        "latency_ms": 5,
        "cached": 0.3,
        "cache_written": 0.3,
        "faults": {"rate_limited": 0.05, "server_error": 0.05},
    }
    with start_server(told(200), make_settings(changes)) as server:
        spec = sums(200, server.base_url)
        env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites")}
        done = nightbench("run", str(spec), "--run-id", "bill", "--json", env=env)
        assert done.code == 0, done.err
        ledger = server.ledger()["rows"]
    answered = [row for row in ledger if row["outcome"] == "answered"]
    for model in MODELS:
        outcomes = {row["outcome"] for row in ledger if row["model"] == model}
        assert {"answered", "rate_limited", "error"} <= outcomes, f"{model}: a fault was not injected"
        assert any(row["cached_input_tokens"] for row in answered if row["model"] == model)
    assert any(row["cache_write_tokens"] for row in answered), "nothing was written to a cache"
    expected = sum(
        (
            row[f"{kind}_tokens"] * Decimal(usd) / Decimal(1_000_000)
            for row in answered
            for kind, usd in USD_PER_MTOK[row["model"]].items()
        ),
        Decimal(0),
    )
    said = nightbench(
        "sql",
        "select sum(usd) as usd, count(usd) as n_priced, count(*) as n from call_costs where run_id = 'bill'",
        "--json",
    ).json
    assert said[0]["n"] == said[0]["n_priced"] == len(answered) == 200 * len(MODELS)
    assert Decimal(said[0]["usd"]) == expected
