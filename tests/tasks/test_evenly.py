"""What a sample holds where a budget is spent evenly: each variant's worst case, at the price of its mode."""

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.budget import make_till
from tasks.call.journal_reader import read_journal
from tasks.call.purse import OutOfMoney
from tasks.call.worst_case import worst_usd
from tasks.model import Mode
from tasks.spec import make_spec
from tasks.work import plan_run
from tests.tasks.test_plan_api import SUITE

MODELS = [{"model": "openai/gpt-4o-2024-05-13"}, {"model": "anthropic/claude-3-5-sonnet-20240620"}]


@pytest.mark.parametrize(
    ("fields", "mode"),
    [
        ({}, "realtime"),
        ({"mode": "batch"}, "batch"),
        ({"mode": "auto", "deadline": "30h"}, "batch"),
        ({"mode": "auto", "deadline": "2h"}, "realtime"),
    ],
    ids=["realtime", "batch", "auto with time", "auto without"],
)
def test_a_sample_is_reserved_at_the_price_of_its_mode(
    fields: dict[str, Any], mode: Mode, tmp_path: Path
) -> None:
    spec = make_spec(
        {"suites": ["sums"], "models": MODELS, "spend_evenly": True, "budget_usd": "1", **fields}
    )
    plan = plan_run("r", spec, [SUITE])
    calls = [call for shard in plan.shards for call in plan.calls(shard)]
    worst = [worst_usd(call, datetime.now(UTC), mode) or Decimal(0) for call in calls]

    async def reserves(budget: Any) -> None:
        changed = spec.model_copy(update={"budget_usd": budget})
        with read_journal(tmp_path / "none") as known:
            till = make_till(plan_run("r", changed, [SUITE]), known, None, retry_failed=False)
            await till.reserve(calls[0], worst[0], first=True)

    asyncio.run(reserves(sum(worst)))
    with pytest.raises(OutOfMoney):
        asyncio.run(reserves(sum(worst) * 99 / 100))
