"""Lanes: what calls must have in common to share a client."""

import json
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from tasks.call.api import api_of
from tasks.model import Call
from tasks.plan import Plan
from tasks.spec import ModelEntry


def lane_of(entry: ModelEntry) -> str:
    """What calls must have in common to share a client; lanes of one account share its limiter."""
    return f"{entry.account}|{json.dumps(entry.headers, sort_keys=True)}|{api_of(entry.model, entry.api)}"


def calls_in_lane(plans: Iterable[Plan], lane: str) -> dict[int, Callable[[], Iterator[Call]]]:
    """The calls of a lane, shard by shard."""
    return {
        shard.index: partial(plan.calls, shard)
        for plan in plans
        for shard in plan.shards
        if lane_of(shard.variant.entry) == lane
    }


def shards_at_once(plan: Plan, entry: ModelEntry) -> int:
    """So many shards of a model keep its places full without holding every prompt in memory."""
    return 2 + 2 * entry.limits.in_flight // plan.spec.shard_calls
