"""What a plan says that caching saves is what it saves, at the prices of the day."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.call.prefix import with_prefixes
from tasks.estimate import Estimate, estimate_plan
from tasks.model import SharedPrefix, Usage
from tasks.saving import is_marked, saving
from tests.tasks.call.test_prefix import plan_of

AT = datetime(2026, 10, 22, tzinfo=UTC)
SONNET = "anthropic/claude-3-5-sonnet-20240620"  # 3 plain, 0.30 read, 3.75 and 6 written, 15 out
MTOK = Decimal(1_000_000)


def prefix(tokens: int = 2000, lifetime: Any = "5m") -> SharedPrefix:
    return SharedPrefix("0" * 32, 1, 0, tokens, lifetime)


@pytest.mark.parametrize(
    ("shared", "n_calls", "usd"),
    [
        (prefix(), 2, (2 * 3 - Decimal("3.75") - Decimal("0.30")) * 2000),
        (prefix(), 100, (100 * 3 - Decimal("3.75") - 99 * Decimal("0.30")) * 2000),
        (prefix(lifetime="1h"), 100, (100 * 3 - 6 - 99 * Decimal("0.30")) * 2000),
        (prefix(9999), 2, (2 * 3 - Decimal("3.75") - Decimal("0.30")) * 2100),
    ],
    ids=["two calls", "a hundred", "for an hour", "no more than the calls have"],
)
def test_one_call_writes_and_the_rest_read(shared: SharedPrefix, n_calls: int, usd: Decimal) -> None:
    found = saving(SONNET, SONNET, shared, Usage(2100, 50), n_calls, AT)
    assert found is not None
    assert (found.usd, found.certain) == (usd / MTOK, True)


@pytest.mark.parametrize(
    ("priced_as", "shared", "n_calls"),
    [
        (SONNET, None, 100),
        (None, prefix(), 100),
        (SONNET, prefix(), 1),
        (SONNET, prefix(lifetime="1h"), 2),
        ("openai/gpt-4o-2024-05-13", prefix(), 100),
        (SONNET, prefix(1000), 100),
    ],
    ids=[
        "no prefix",
        "no price",
        "one call",
        "an hour for two calls",
        "a model whose cache gives no discount",
        "a prefix that is probably too short",
    ],
)
def test_there_is_nothing_to_save(priced_as: str | None, shared: SharedPrefix | None, n_calls: int) -> None:
    assert saving(SONNET, priced_as, shared, Usage(2100, 50), n_calls, AT) is None


def test_only_what_is_marked_is_certain() -> None:
    marked = (
        "anthropic/claude-haiku-5-5",
        "simulated/claude-haiku-5-5",
        "openai/gpt-6-luna",
        "simulated/gpt-5.6-sol",
    )
    assert all(map(is_marked, marked))
    assert not any(map(is_marked, ("openai/gpt-4o", "azure/gpt-6-luna", "compatible/gpt-6-luna")))


def estimate(folder: Path, model: str) -> Estimate:
    return estimate_plan([with_prefixes(plan_of(model=model))], folder)


def test_a_plan_takes_a_certain_saving_off_and_says_so(tmp_path: Path) -> None:
    without = estimate_plan([plan_of("off", model=SONNET)], tmp_path)
    with_cache = estimate(tmp_path, SONNET)
    [bare], [line] = without.lines, with_cache.lines
    assert line.saved is not None
    assert bare.usd is not None
    assert line.usd == bare.usd - line.saved.usd
    assert line.usd_worst == bare.usd_worst, "the worst case counts on no cache"
    assert with_cache.as_dict()["usd_saved"] == line.saved.usd > 0
    assert "Prompt caching has taken $" in " ".join(with_cache.sentences())
    assert [row["saved by caching"] for row in with_cache.table()] == [f"{line.saved.usd:,.2f}"]
    assert "saved by caching" not in without.table()[0]


def test_a_possible_saving_is_shown_and_not_taken_off(tmp_path: Path) -> None:
    model = "openai/gpt-4o-2024-08-06"
    [bare] = estimate_plan([plan_of("off", model=model)], tmp_path).lines
    found = estimate(tmp_path, model)
    [line] = found.lines
    assert line.saved is not None
    assert (line.usd, line.saved.certain) == (bare.usd, False)
    assert "up to $" in " ".join(found.sentences())
