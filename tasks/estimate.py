"""What a plan would take: calls, tokens, cost, minutes under the limits. Nothing is called.

Output tokens are those of earlier nights on the same suite and model, where the warehouse has any; else a
quarter of max_tokens, at most ASSUMED_OUTPUT, and then it is said that they are assumed. The worst case is
max_tokens for every call. What the vendors' caches save is taken off where it is certain (tasks/saving.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from tasks.call.tokens import Fit, Script, counter_for, estimate_tokens
from tasks.history import token_fits
from tasks.model import Mode, Usage
from tasks.plan import Plan, Shard
from tasks.saving import Saving, saving
from tasks.spec import Limits
from warehouse.prices import usd_of
from warehouse.query import run_sql

ASSUMED_OUTPUT = 300
ASSUMED_LATENCY_S = 5.0


@dataclass(frozen=True)
class Past:
    """What earlier calls of a model on a suite took, on average."""

    output_tokens: float
    latency_s: float | None


@dataclass(frozen=True)
class Line:
    """The estimate of one variant on one suite."""

    suite: str
    variant: str
    calls: int
    input_tokens: int
    output_tokens: int
    assumed: bool  # output tokens are assumed, not learned
    usd: Decimal | None
    usd_worst: Decimal | None
    minutes: float
    saved: Saving | None = None  # by the vendor's cache; taken off `usd` where it is certain


@dataclass(frozen=True)
class Estimate:
    """The estimate of a plan, a line a suite and variant."""

    lines: tuple[Line, ...]
    minutes: float

    def as_dict(self) -> dict[str, object]:
        """As `plan --json` prints it."""
        return {
            "calls": sum(line.calls for line in self.lines),
            "input_tokens": sum(line.input_tokens for line in self.lines),
            "output_tokens": sum(line.output_tokens for line in self.lines),
            "usd": _sum([line.usd for line in self.lines]),
            "usd_worst": _sum([line.usd_worst for line in self.lines]),
            "usd_saved": self.saved(certain=True),
            "minutes": round(self.minutes, 2),
            "lines": [
                {
                    **vars(line),
                    "saved": None if line.saved is None else vars(line.saved),
                }
                for line in self.lines
            ],
        }

    def saved(self, *, certain: bool) -> Decimal:
        """What caches save of the plan, or may save."""
        return sum(
            (line.saved.usd for line in self.lines if line.saved and line.saved.certain is certain),
            Decimal(0),
        )

    def table(self) -> list[Mapping[str, object]]:
        """Rows for a person."""
        return [
            {
                "suite": line.suite,
                "variant": line.variant,
                "calls": f"{line.calls:,}",
                "input tokens": f"{line.input_tokens:,}",
                "output tokens": f"{line.output_tokens:,}" + (" (assumed)" if line.assumed else ""),
                "usd": _shown(line.usd),
                "usd at worst": _shown(line.usd_worst),
                **({"saved by caching": _saved(line.saved)} if any(one.saved for one in self.lines) else {}),
                "minutes": f"{line.minutes:.1f}",
            }
            for line in self.lines
        ]

    def sentences(self) -> list[str]:
        """The sums, and what they rest on."""
        total = self.as_dict()
        said = [
            f"{total['calls']:,} calls, about ${_shown(total['usd'])}, "
            f"at worst ${_shown(total['usd_worst'])}, about {self.minutes:.1f} minutes. Nothing was sent."
        ]
        if off := self.saved(certain=True):
            said.append(
                f"Prompt caching has taken ${_shown(off)} off: what all prompts begin with is read once."
            )
        if perhaps := self.saved(certain=False):
            said.append(
                f"Where the vendor's own cache is hit, up to ${_shown(perhaps)} less; that is not promised."
            )
        if any(line.usd is None for line in self.lines):
            said.append("A model without a price costs an unknown amount: `nightbench prices MODEL`.")
        if any(line.assumed for line in self.lines):
            said.append("Output tokens are assumed until a first run on the suite has been committed.")
        return said

    def reach(self, budget: Decimal | None) -> list[str]:
        """How far a budget is expected to go."""
        usd = self.as_dict()["usd"]
        if budget is None or not isinstance(usd, Decimal) or usd == 0:
            return []
        if usd <= budget:
            return [f"The budget of ${budget} is expected to pay for all of it."]
        return [f"The budget of ${budget} is expected to pay for about {budget / usd:.0%} of it."]


def estimate_plan(plan: Plan, warehouse: Path) -> Estimate:
    """Estimate a plan from its prompts, the prices of today, and the warehouse's own history."""
    past, fits = _history(warehouse), token_fits(warehouse)
    grouped: dict[tuple[str, str], list[Shard]] = {}
    for shard in plan.shards:
        grouped.setdefault((shard.suite.name, shard.variant.name), []).append(shard)
    lines = tuple(_line(plan, shards, past, fits) for shards in grouped.values())
    by_model: dict[str, float] = {}
    for line in lines:
        model = next(s.variant.entry.model for s in plan.shards if s.variant.name == line.variant)
        by_model[model] = by_model.get(model, 0.0) + line.minutes
    return Estimate(lines, max(by_model.values(), default=0.0))


def minutes_under(
    limits: Limits, calls: int, input_tokens: int, output_tokens: int, latency_s: float
) -> float:
    """How long so many calls take at least under the limits, one model alone."""
    shares = [calls * latency_s / 60.0 / limits.in_flight]
    for amount, allowed in (
        (calls, limits.requests_per_minute),
        (input_tokens, limits.input_tokens_per_minute),
        (output_tokens, limits.output_tokens_per_minute),
    ):
        if allowed is not None:
            shares.append(amount / allowed)
    return max(shares)


def _line(
    plan: Plan,
    shards: list[Shard],
    past: Mapping[tuple[str, str], Past],
    fits: Mapping[str, Mapping[Script, Fit]],
) -> Line:
    suite, variant = shards[0].suite, shards[0].variant
    counter = counter_for(variant.entry.model, fits.get(variant.entry.model, {}))
    known = past.get((suite.name, variant.entry.model))
    allowed = variant.params.get("max_tokens", variant.params.get("max_completion_tokens"))
    ceiling = int(allowed) if isinstance(allowed, int) else None
    each = known.output_tokens if known else min(ASSUMED_OUTPUT, (ceiling or 4 * ASSUMED_OUTPUT) / 4)
    calls = sum(len(shard.asked) for shard in shards)
    input_tokens = sum(estimate_tokens(call, counter) for shard in shards for call in plan.calls(shard))
    output_tokens = round(each * calls)
    mode: Mode = "batch" if plan.spec.plans_batches(variant.entry.model) else "realtime"
    usd = _usd(variant.priced_as, input_tokens, output_tokens, calls, mode)
    saved = saving(
        variant.entry.model,
        variant.priced_as,
        plan.prefixes.get((suite.name, variant.name)),
        Usage(input_tokens // max(calls, 1), output_tokens // max(calls, 1)),
        calls,
        datetime.now(UTC),
        mode,
    )
    latency_s = known.latency_s if known and known.latency_s else ASSUMED_LATENCY_S
    return Line(
        suite=suite.name,
        variant=variant.name,
        calls=calls,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        assumed=known is None,
        usd=usd - saved.usd if usd is not None and saved and saved.certain else usd,
        usd_worst=None
        if ceiling is None
        else _usd(variant.priced_as, input_tokens, ceiling * calls, calls, mode),
        minutes=minutes_under(variant.entry.limits, calls, input_tokens, output_tokens, latency_s),
        saved=saved,
    )


def _usd(
    priced_as: str | None, input_tokens: int, output_tokens: int, calls: int, mode: Mode
) -> Decimal | None:
    if priced_as is None or calls == 0:
        return None
    one = usd_of(priced_as, Usage(input_tokens // calls, output_tokens // calls), datetime.now(UTC), mode)
    return None if one is None else one * calls


def _history(warehouse: Path) -> dict[tuple[str, str], Past]:
    if not (warehouse / "commits").is_dir():
        return {}
    rows = run_sql(
        warehouse,
        "select suite, model, avg(output_tokens), avg(latency_s) from calls "
        "where status = 'answered' and output_tokens is not null group by all",
    ).rows
    return {(str(row[0]), str(row[1])): Past(float(str(row[2])), _float(row[3])) for row in rows}


def _float(value: object) -> float | None:
    return None if value is None else float(str(value))


def _sum(parts: list[Decimal | None]) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None


def _saved(saved: Saving | None) -> str:
    if saved is None:
        return ""
    return _shown(saved.usd) if saved.certain else f"up to {_shown(saved.usd)}"


def _shown(usd: object) -> str:
    return f"{usd:,.2f}" if isinstance(usd, Decimal) else "unknown"
