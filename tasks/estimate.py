"""What a plan would take: calls, tokens, cost with a range, minutes under the limits. Nothing is called.

How each line comes about is in tasks/forecast.py; here they are added up and put into words.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tasks.forecast import Learned, Line, Load, forecast
from tasks.plan import Plan, Shard
from tasks.saving import Saving
from tasks.spec import BATCH_S
from tasks.spread import Range, added
from tasks.weight import Weight, Weights, weights_of


@dataclass(frozen=True)
class Estimate:
    """The estimate of a plan, a line a suite and variant."""

    lines: tuple[Line, ...]
    minutes: float
    calls_per_s: float = 0.0  # on average, batches apart
    within_hours: float | None = None  # what the providers promise of batches, where there are any

    @property
    def usd(self) -> Decimal | None:
        """What the plan is expected to cost; None where a model has no price."""
        return _sum([line.usd for line in self.lines])

    @property
    def usd_range(self) -> tuple[Decimal, Decimal] | None:
        """Between which the cost probably lies; None where a model has no price."""
        return range_of(self.lines)

    @property
    def input_tokens(self) -> int:
        """Tokens sent, those of a cache among them."""
        return sum(line.input_tokens for line in self.lines)

    @property
    def reused(self) -> int:
        """Of the calls those that earlier runs have answered: they are not asked, and cost nothing."""
        return sum(line.reused for line in self.lines)

    @property
    def output_tokens(self) -> int:
        """Tokens received, reasoning among them."""
        return sum(line.output_tokens for line in self.lines)

    def as_dict(self) -> dict[str, object]:
        """As `plan --json` prints it."""
        low, high = self.usd_range or (None, None)
        return {
            "calls": sum(line.calls for line in self.lines),
            "reused": self.reused,
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "usd": self.usd,
            "usd_low": low,
            "usd_high": high,
            "usd_worst": _sum([line.usd_worst for line in self.lines]),
            "usd_saved": self.saved(certain=True),
            "minutes": round(self.minutes, 2),
            "within_hours": self.within_hours,
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
                **({"reused": f"{line.reused:,}"} if self.reused else {}),
                "input tokens": f"{line.input_tokens:,}",
                "output tokens": f"{line.output_tokens:,}" + (" (assumed)" if line.assumed else ""),
                "usd": _shown(line.usd),
                "from": _shown(line.usd_low),
                "to": _shown(line.usd_high),
                "usd at worst": _shown(line.usd_worst),
                **({"saved by caching": _saved(line.saved)} if any(one.saved for one in self.lines) else {}),
                "minutes": f"{line.minutes:.1f}",
            }
            for line in self.lines
        ]

    def sentences(self) -> list[str]:
        """The sums, and what they rest on."""
        total = self.as_dict()
        reused = f" ({self.reused:,} of them answered by earlier runs)" if self.reused else ""
        said = [
            f"{total['calls']:,} calls{reused}, {cost_in_words(self.usd, self.usd_range)}, "
            f"at worst ${_shown(total['usd_worst'])}, about {self.minutes:.1f} minutes. Nothing was sent."
        ]
        if self.within_hours is not None:
            said.append(
                f"Of batches the providers promise an end within {self.within_hours:g} hours; the minutes "
                f"are what they mostly take."
            )
        if off := self.saved(certain=True):
            n = sum(line.saved.prefixes for line in self.lines if line.saved and line.saved.certain)
            said.append(
                f"Prompt caching has taken ${_shown(off)} off: what prompts begin with alike is written once "
                f"and then read ({n:,} shared beginning{'s' if n > 1 else ''})."
            )
        if perhaps := self.saved(certain=False):
            said.append(
                f"Where the vendor's own cache is hit, up to ${_shown(perhaps)} less; that is not promised."
            )
        if any(line.usd is None for line in self.lines):
            said.append("A model without a price costs an unknown amount: `nightbench prices MODEL`.")
        if any(line.assumed for line in self.lines):
            said.append(
                "Output tokens are assumed (a quarter of max_tokens, at most 300; the range: an eighth of it "
                "to four times as many) until a first run on the suite has been committed."
            )
        return said

    def reach(self, budget: Decimal | None) -> list[str]:
        """How far a budget is expected to go."""
        usd = self.usd
        if budget is None or not usd:
            return []
        if usd <= budget:
            return [f"The budget of ${budget} is expected to pay for all of it."]
        return [f"The budget of ${budget} is expected to pay for about {budget / usd:.0%} of it."]


NO_ESTIMATE = Estimate((), 0.0)  # of work that asks nothing


def range_of(lines: Sequence[Line]) -> tuple[Decimal, Decimal] | None:
    """Between which the cost of some lines probably lies; None where one has no price."""
    learned: list[Range] = []
    assumed: list[Range] = []
    for line in lines:
        if line.usd_range is None:
            return None
        (assumed if line.assumed else learned).append(line.usd_range)
    total = added(learned, assumed)
    return Decimal(f"{total.low:.9f}"), Decimal(f"{total.high:.9f}")


def cost_in_words(usd: Decimal | None, between: tuple[Decimal, Decimal] | None) -> str:
    """As in `about $1.20 ($1.05 to $1.35)`."""
    if usd is None or between is None:
        return "of an unknown price"
    return f"about ${_shown(usd)} (${_shown(between[0])} to ${_shown(between[1])})"


def estimate_plan(
    plans: Sequence[Plan],
    warehouse: Path,
    weights: Weights | None = None,
    learned: Learned | None = None,
    reused: Mapping[tuple[str, str], int] | None = None,
) -> Estimate:
    """Estimate what is planned from its prompts, the prices of today, and the warehouse's own history.

    `weights` of one who has rendered the calls anyway spare it to render them again. `reused` are the calls
    that earlier runs have answered, by suite and variant.

    Raises: WarehouseError: the warehouse cannot be read.
    """
    learned = Learned.of(warehouse, plans[0]) if learned is None else learned
    weights = weights_of(plans) if weights is None else weights
    grouped: dict[tuple[str, str], tuple[Plan, list[Shard]]] = {}
    for plan in plans:
        for shard in plan.shards:
            grouped.setdefault((shard.suite.name, shard.variant.name), (plan, []))[1].append(shard)
    lines: list[Line] = []
    loads: dict[str, Load] = {}  # by account
    for place, (plan, shards) in grouped.items():
        entry = shards[0].variant.entry
        line, load = forecast(
            plan, shards, weights.get(place, Weight()), learned, reused=(reused or {}).get(place, 0)
        )
        lines.append(line)
        loads[entry.account] = load.plus(loads[entry.account]) if entry.account in loads else load
    limits = {entry.account: entry.limits for entry in plans[0].spec.entries}
    minutes = {account: load.minutes(limits[account]) for account, load in loads.items()}
    longest = max(minutes.values(), default=0.0)
    called = sum(load.calls for load in loads.values() if load.batch_minutes is None)
    batched = any(load.batch_minutes is not None for load in loads.values())
    pace = called / longest / 60.0 if longest > 0 else 0.0
    return Estimate(tuple(lines), longest, pace, BATCH_S / 3600 if batched else None)


def _sum(parts: list[Decimal | None]) -> Decimal | None:
    known = [part for part in parts if part is not None]
    return sum(known, Decimal(0)) if len(known) == len(parts) else None


def _saved(saved: Saving | None) -> str:
    if saved is None:
        return ""
    return f"{saved.usd:,.2f}" if saved.certain else f"up to {saved.usd:,.2f}"


def _shown(usd: object) -> str:
    if not isinstance(usd, Decimal):
        return "unknown"
    return f"{usd:,.2f}" if usd >= 1 or not usd else f"{usd:.4f}" if usd >= Decimal("0.01") else f"{usd:.6f}"
