"""What the calls of one variant on one suite will probably take: tokens, money with a range, minutes.

Input is the weight of the prompts by the learned counts of tokens; it may be off by INPUT_LEARNED where
earlier runs taught the model's counting, else by INPUT_GUESSED. Output is that of earlier nights
(tasks/past.py, tasks/spread.py), else a quarter of the most that is allowed, up to ASSUMED_OUTPUT, and then
said to be assumed. What the vendors' caches save is taken off where it is certain (tasks/saving.py); where it
is not and earlier nights show which share of the input was cached, that share is. The worst case is the most
that is allowed for every call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from tasks.call.tokens import Fit, Script, ahead_of
from tasks.call.worst_case import most_output
from tasks.history import Fits, SuiteFits, fits_by_model, suite_fits
from tasks.model import Mode, Usage
from tasks.past import History, Past, past_of, read_history
from tasks.plan import Plan, Shard
from tasks.saving import Saving, savings
from tasks.spec import Limits
from tasks.spread import Range, assumed, expected_mean
from tasks.weight import Share, Weight
from warehouse.errors import WarehouseError
from warehouse.prices import MILLIONTH, TokenKind, price_of
from warehouse.query import QueryError

ASSUMED_OUTPUT = 300
ASSUMED_LATENCY_S = 5.0
ASSUMED_BATCH_MINUTES = 60.0  # both vendors say that most batches end within the hour
INPUT_LEARNED, INPUT_GUESSED = 0.05, 0.25  # how far a count of input tokens may be off
KINDS: Mapping[str, TokenKind] = {
    "input_tokens": "input",
    "cached_input_tokens": "cached_input",
    "cache_write_tokens": "cache_write",
    "cache_write_1h_tokens": "cache_write_1h",
}


@dataclass(frozen=True)
class Learned:
    """What the warehouse teaches; as it is, nothing."""

    history: History
    by_suite: SuiteFits
    by_model: Fits

    @classmethod
    def of(cls, warehouse: Path, plan: Plan) -> "Learned":
        """What it teaches about a plan, and about its judges.

        Raises: WarehouseError: it cannot be read.
        """
        models = {entry.model for entry in plan.spec.entries}
        try:
            by_suite = suite_fits(warehouse)
            history = read_history(warehouse, {suite.name for suite in plan.suites}, models)
        except QueryError as error:  # the files of it are not what they were
            raise WarehouseError(f"{warehouse}: cannot be read: {error}") from error
        return cls(history, by_suite, fits_by_model(by_suite))


NOTHING = Learned({}, {}, {})


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
    usd_low: Decimal | None
    usd_high: Decimal | None
    usd_worst: Decimal | None
    minutes: float
    saved: Saving | None = None  # by the vendor's cache; taken off `usd` where it is certain
    reused: int = 0  # of the calls: earlier runs have answered them, and they are in no other figure

    @property
    def usd_range(self) -> Range | None:
        """The cost with its range, to be added to others'; for that a float will do."""
        if self.usd is None or self.usd_low is None or self.usd_high is None:
            return None
        return Range(float(self.usd_low), float(self.usd), float(self.usd_high))


@dataclass(frozen=True)
class Load:
    """What a line asks of its account."""

    calls: int
    input_tokens: int  # as the limit counts them: with max_tokens where it counts those ahead
    output_tokens: int
    busy_s: float  # the latencies of all calls, one after another
    batch_minutes: float | None = None  # of calls that go into batches, where limits a minute do not bind

    def plus(self, other: "Load") -> "Load":
        """Both on one account."""
        batches = [one.batch_minutes for one in (self, other) if one.batch_minutes is not None]
        return Load(
            self.calls + other.calls,
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.busy_s + other.busy_s,
            max(batches) if batches else None,
        )

    def minutes(self, limits: Limits) -> float:
        """How long it takes at least under the limits of the account, alone on it."""
        if self.batch_minutes is not None:
            return self.batch_minutes
        each_s = self.busy_s / max(self.calls, 1)
        shares = [self.busy_s / 60.0 / limits.in_flight, each_s / 60.0]
        for amount, allowed in (
            (self.calls, limits.requests_per_minute),
            (self.input_tokens, limits.input_tokens_per_minute),
            (self.output_tokens, limits.output_tokens_per_minute),
        ):
            if allowed is not None:
                shares.append(amount / allowed)
        return max(shares)


def forecast(
    plan: Plan, shards: Sequence[Shard], weight: Weight, learned: Learned, *, reused: int = 0
) -> tuple[Line, Load]:
    """The estimate of the shards of one variant on one suite, and what it asks of the account.

    Of the calls so many are `reused`; which, and so how long they are, is not looked at.
    """
    suite, variant = shards[0].suite, shards[0].variant
    model = variant.entry.model
    planned = sum(len(shard.asked) for shard in shards)
    calls = planned - min(reused, planned)
    mode: Mode = "batch" if plan.spec.plans_batches(model) else "realtime"
    past = past_of(learned.history, shards[0].history_place, model, variant.version, mode)
    most = most_output(model, variant.params)
    each = _each_output(past, most, max(calls, 1))
    of_suite, of_model = learned.by_suite.get((model, suite.name), {}), learned.by_model.get(model, {})
    share = calls / max(planned, 1)
    input_tokens = round(weight.tokens(of_suite, of_model) * share)
    output_tokens = round(each.mid * calls)
    latency_s = past.latency_s if past and past.latency_s else ASSUMED_LATENCY_S
    batch = (past.batch_minutes if past else None) or ASSUMED_BATCH_MINUTES
    counted = input_tokens + calls * ahead_of(model, variant.params)
    load = Load(calls, counted, output_tokens, calls * latency_s, batch if mode == "batch" else None)
    guessed = weight.tokens({}, {}) * share
    shared = {  # whose lengths were reckoned by the first guess
        replace(prefix, tokens=round(prefix.tokens * input_tokens / max(guessed, 1.0))): round(n * share)
        for prefix, n in plan.shared(shards).items()
    }
    now = datetime.now(UTC)
    a_call = Usage(input_tokens // max(calls, 1), output_tokens // max(calls, 1))
    saved = savings(model, variant.priced_as, shared, a_call, now, mode)
    off = INPUT_LEARNED if _is_learned(of_suite, of_model) else INPUT_GUESSED
    till = _Till(variant.priced_as, calls, input_tokens, mode, now, tuple(weight.shares()))
    cost = _cost(till, output_tokens, each, most, off, saved, past)
    line = Line(
        suite=suite.name,
        variant=variant.name,
        calls=planned,
        reused=planned - calls,
        input_tokens=input_tokens,
        output_tokens=output_tokens,
        assumed=past is None,
        usd=cost.usd,
        usd_low=cost.low,
        usd_high=cost.high,
        usd_worst=cost.worst,
        minutes=load.minutes(variant.entry.limits),
        saved=cost.saved,
    )
    return line, load


def expected_output(plan: Plan, shard: Shard, learned: Learned) -> int:
    """The tokens of an answer to a shard's questions, on average."""
    variant, model = shard.variant, shard.variant.entry.model
    mode: Mode = "batch" if plan.spec.plans_batches(model) else "realtime"
    past = past_of(learned.history, shard.history_place, model, variant.version, mode)
    return round(_each_output(past, most_output(model, variant.params), max(len(shard.asked), 1)).mid)


def _each_output(past: Past | None, most: int | None, calls: int) -> Range:
    if past is not None:
        each = expected_mean(past.nights, calls)
    else:
        each = assumed(min(ASSUMED_OUTPUT, (most or 4 * ASSUMED_OUTPUT) / 4))
    return each if most is None else each.at_most(most)


def _is_learned(*fits: Mapping[Script, Fit]) -> bool:
    return any(fit.n for by_script in fits for fit in by_script.values())


@dataclass(frozen=True)
class _Till:
    """The prices of one variant's calls on one day; a call's own size decides which of a model's prices."""

    priced_as: str | None
    calls: int  # that are sent
    input_tokens: int  # of all of them
    mode: Mode
    now: datetime
    shares: tuple[Share, ...]

    def usd(self, tokens: Mapping[str, float]) -> Decimal | None:
        """What so many tokens cost, by kind; None where one has no price."""
        if self.priced_as is None:
            return None
        usd = Decimal(0)
        for share in self.shares:
            whole = int(self.input_tokens * share.of_input / max(self.calls * share.of_calls, 1.0))
            for name, n in tokens.items():
                kind = KINDS.get(name, "output")
                price = price_of(self.priced_as, self.now, self.mode, kind, whole) if n else None
                if n and price is None:
                    return None
                part = round(n * (share.of_calls if kind == "output" else share.of_input))
                usd += Decimal(part) * price.usd_per_mtok * MILLIONTH if price is not None else 0
        return usd


@dataclass(frozen=True)
class _Cost:
    """What a line costs, with its range; nothing where a kind of token has no price."""

    usd: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    worst: Decimal | None = None
    saved: Saving | None = None


def _cost(
    till: _Till,
    output_tokens: int,
    each: Range,
    most: int | None,
    off: float,
    saved: Saving | None,
    past: Past | None,
) -> _Cost:
    """The cost of a line; what is saved is no longer named where earlier nights show what was cached."""
    plain, output = till.usd({"input_tokens": till.input_tokens}), till.usd({"output": output_tokens})
    if plain is None or output is None:
        return _Cost(saved=saved)
    read = plain
    if saved is not None and saved.certain:
        read = plain - saved.usd
    elif past is not None and past.mix is not None:  # what earlier nights read from a cache, and wrote to it
        mixed = {kind: till.input_tokens * share for kind, share in past.mix.items()}
        read, saved = till.usd(mixed) or plain, None
    low = read * (1 - _decimal(off)) + _scaled(output, each.low, each.mid)
    every = None if most is None else till.usd({"output": most * till.calls})
    return _Cost(
        usd=read + output,
        low=max(low, Decimal(0)),
        high=read * (1 + _decimal(off)) + _scaled(output, each.high, each.mid),
        worst=None if every is None else plain * (1 + _decimal(off)) + every,
        saved=saved,
    )


def _scaled(usd: Decimal, to: float, of: float) -> Decimal:
    return usd * _decimal(to / of) if of else usd


def _decimal(value: float) -> Decimal:
    return Decimal(str(round(value, 9)))
