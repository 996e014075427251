"""A fault storm and what must be true after it: for the test with a small N, and for bench/drill_storm.py.

20 % 5xx, 5 % broken connections, 2 % hangs, 429s at random and in bursts (the account allows half a second's
worth at once), answers without usage, answers of other than JSON, error events; every third call is streamed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.call.simulated.settings import Settings, make_settings

TIMEOUT_S = 3.0
GPT, SONNET = "gpt-4o-2024-05-13", "claude-3-5-sonnet-20240620"
USD_PER_MTOK: Mapping[str, Mapping[str, Decimal]] = {  # written out, so that the table is not its own judge
    GPT: {"input": Decimal(5), "cached_input": Decimal(5), "cache_write": Decimal(5), "output": Decimal(15)},
    SONNET: {
        "input": Decimal(3),
        "cached_input": Decimal("0.30"),
        "cache_write": Decimal("3.75"),
        "cache_write_1h": Decimal(6),
        "output": Decimal(15),
    },
}
VARIANTS = ("gpt", "sonnet", "sonnet, streamed")


def weather(requests_per_minute: int = 3000) -> Settings:
    """How the server behaves."""
    return make_settings(
        {
            "latency_ms": 50,
            "cached": 0.3,
            "cache_written": 0.3,
            "limits": {"*": {"requests_per_minute": requests_per_minute, "burst_s": 0.5}},
            "faults": {
                "server_error": 0.1,
                "overloaded": 0.1,
                "reset": 0.025,
                "cut": 0.025,
                "hang": 0.02,
                "rate_limited": 0.02,
                "retry_after_s": 0.5,
                "garbled": 0.01,
                "error_event": 0.01,
                "max_in_a_row": 8,
            },
            "keep_rows": 10_000_000,
        }
    )


def spec_text(base_url: str) -> str:
    """A spec that puts the suite `sums` to three variants."""
    lines = ['suites = ["sums"]', "shard_size = 100"]
    for variant in VARIANTS:
        model = GPT if variant == "gpt" else SONNET
        lines += ["[[models]]", f'model = "simulated/{model}"', f'name = "{variant}"']
        lines += [f'base_url = "{base_url}"']
        if variant.endswith("streamed"):
            lines += ["params = { stream = true }"]
    return "\n".join(lines)


TABLES = {
    "calls": "select variant, sample_id, status, ttft_s, attempts, response from calls",
    "attempts": "select call_key, n, outcome, error_kind, http_status from attempts",
    "grades": "select variant, sample_id from grades where is_score",
    "usd": "select sum(usd) as usd, count(usd) as n_priced, count(*) as n from call_costs",
}


def check(
    tables: Mapping[str, Sequence[Mapping[str, Any]]], ledger: Sequence[Mapping[str, Any]], n: int
) -> str:
    """Everything that must be true of n samples; returns a line for a person.

    Raises: AssertionError: it is not.
    """
    calls, attempts = tables["calls"], tables["attempts"]
    wanted = Counter((variant, f"s{i}") for variant in VARIANTS for i in range(n))
    assert Counter((call["variant"], call["sample_id"]) for call in calls) == wanted
    assert Counter((grade["variant"], grade["sample_id"]) for grade in tables["grades"]) == wanted
    assert {call["status"] for call in calls} == {"answered"}
    for call in calls:  # a refusal of Anthropic's has no text, and so no first token
        streamed = call["variant"].endswith("streamed") and call["response"] != ""
        assert (call["ttft_s"] is not None) == streamed, call

    outcomes = Counter(row["outcome"] for row in ledger)
    tried = Counter(attempt["outcome"] for attempt in attempts)
    assert tried["answered"] == outcomes["answered"] == len(wanted), (tried, outcomes)
    assert tried.total() == outcomes.total() == sum(call["attempts"] for call in calls), (tried, outcomes)
    kinds = Counter(attempt["error_kind"] for attempt in attempts if attempt["outcome"] == "failed")
    assert set(kinds) == {"server_error", "connection", "timeout", "rate_limited", "bad_body"}
    assert kinds["rate_limited"] == outcomes["rate_limited"]
    assert kinds["timeout"] == outcomes["gone"]

    billed = sum(
        (
            row[f"{kind}_tokens"] * usd / Decimal(1_000_000)
            for row in ledger
            if row["outcome"] == "answered"
            for kind, usd in USD_PER_MTOK[row["model"]].items()
        ),
        Decimal(0),
    )
    [usd] = tables["usd"]
    assert usd["n"] == usd["n_priced"] == len(wanted)
    assert Decimal(usd["usd"]) == billed, f"{usd['usd']} are on the bill, the server has {billed}"
    shares = ", ".join(f"{kind} {count / tried.total():.1%}" for kind, count in kinds.most_common())
    return f"{len(wanted):,} answers of {tried.total():,} attempts ({shares}), ${billed:f} on both sides"


def write(folder: Path, base_url: str) -> Path:
    """The spec in a file."""
    path = folder / "storm.toml"
    path.write_text(spec_text(base_url), encoding="utf-8")
    return path
