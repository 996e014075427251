"""The limits a minute of one account in one process: which are in force, and the bucket of each.

A limit is in force by the spec, or because the provider's headers tell one: a configured limit wins unless
the provider's is lower. A lower one is followed with the response that tells it, a higher one RAISE_NS after
the last change at the soonest, because responses of calls that began earlier still tell the old one.
"""

import math
from dataclasses import dataclass, field
from typing import Literal

from tasks.call.bucket import Bucket
from tasks.call.rate_headers import RateHeaders
from tasks.spec import Limits

Kind = Literal["requests", "input_tokens", "output_tokens"]
KINDS: tuple[Kind, ...] = ("requests", "input_tokens", "output_tokens")
Units = tuple[int, int, int]  # by kind: 1, input tokens, output tokens
Told = tuple[int | None, int | None, int | None]  # limits a minute by kind; None: not known
NOTHING: Told = (None, None, None)
STARTS = (1, 0, 0)  # units that are there when a bucket begins
RAISE_NS = 5_000_000_000
A_MINUTE_S = 65.0  # a limit a minute is whole again within one; what takes longer is a day's
SPAN_S = 10.0


@dataclass
class Meter:
    """How fast something is used: an average over about SPAN_S that forgets evenly."""

    began: float
    _sum: float = 0.0
    _at: float = field(init=False)

    def __post_init__(self) -> None:
        self._at = self.began

    def add(self, units: int, now: float) -> None:
        """Count units used now; below zero, take back some."""
        self._sum = self._sum * math.exp((self._at - now) / SPAN_S) + units
        self._at = now

    def per_minute(self, now: float) -> float:
        """Units a minute as of now."""
        seen = -math.expm1((self.began - now) / SPAN_S)  # share of the average's weight that time has filled
        faded = self._sum * math.exp((self._at - now) / SPAN_S)
        return max(0.0, 60.0 * faded / (SPAN_S * max(seen, 0.1)))


@dataclass(frozen=True)
class Share:
    """How much of the limit that is used most is in use: `used` of 1."""

    kind: Kind
    used: float
    per_minute: int

    def __str__(self) -> str:
        return f"{self.used:.0%} of {self.per_minute:,} {self.kind.replace('_', ' ')}/min"


class Rates:
    """The buckets of one account, by kind; None where no limit is in force."""

    def __init__(self, limits: Limits, now_ns: int) -> None:
        self._configured: Told = (
            limits.requests_per_minute,
            limits.input_tokens_per_minute,
            limits.output_tokens_per_minute,
        )
        self.told: Told = NOTHING
        self._changed_ns = [now_ns - RAISE_NS] * 3
        self.buckets: list[Bucket | None] = [None, None, None]
        self._meters: list[Meter | None] = [None, None, None]
        self._in_force: list[tuple[int, Bucket, Meter]] = []
        self._enforce(now_ns)

    @property
    def limited(self) -> bool:
        """Whether any limit is in force."""
        return bool(self._in_force)

    def wait_ns(self, units: Units, now_ns: int) -> int:
        """How long the limits keep such a call waiting."""
        wait_ns = 0
        for at, bucket, _ in self._in_force:
            wait_ns = max(wait_ns, bucket.wait_ns(units[at], now_ns))
        return wait_ns

    def take(self, units: Units, now_ns: int) -> None:
        """Let such a call through."""
        now = now_ns / 1e9
        for at, bucket, meter in self._in_force:
            bucket.take(units[at], now_ns)
            meter.add(units[at], now)

    def correct(self, units: Units, now_ns: int, *, unsent: bool = False) -> None:
        """Use so much more, or less; `unsent`: give back all that was taken for a call of so many units."""
        for at, bucket, meter in self._in_force:
            n = units[at]
            if unsent:
                bucket.undo(n)
            elif n:
                bucket.correct(n)
            if n:
                meter.add(-n if unsent else n, now_ns / 1e9)

    def times(self, units: Units) -> tuple[int, int, int]:
        """How many nanoseconds of each limit's time a call takes; 0 where there is no limit."""
        one, two, three = self.buckets
        return (
            0 if one is None else one.time_ns(units[0]),
            0 if two is None else two.time_ns(units[1]),
            0 if three is None else three.time_ns(units[2]),
        )

    def hold(self, until_ns: int) -> None:
        """Let nothing flow in before that instant."""
        for _, bucket, _ in self._in_force:
            bucket.hold(until_ns)

    def follow(self, headers: RateHeaders, now_ns: int) -> bool:
        """Take over what a response tells of the limits; whether anything changed."""
        told = list(self.told)
        for at, limit in limits_told(headers).items():
            before = told[at]
            raises = before is not None and (limit is None or limit > before)
            if not (raises and now_ns < self._changed_ns[at] + RAISE_NS):
                told[at] = limit
        return self._tell((told[0], told[1], told[2]), now_ns)

    def adopt(self, told: Told, now_ns: int) -> bool:
        """Take over what another process was told; whether anything changed."""
        one, two, three = (
            theirs if theirs is not None else ours for theirs, ours in zip(told, self.told, strict=True)
        )
        return self._tell((one, two, three), now_ns)

    def share(self, now_ns: int) -> Share | None:
        """How much of the limit that is used most this process uses; None where no limit is in force."""
        shares = [
            Share(KINDS[at], meter.per_minute(now_ns / 1e9) / bucket.per_minute, bucket.per_minute)
            for at, bucket, meter in self._in_force
        ]
        return max(shares, key=lambda share: share.used, default=None)

    def _tell(self, told: Told, now_ns: int) -> bool:
        if told == self.told:
            return False
        for at, (before, after) in enumerate(zip(self.told, told, strict=True)):
            if before != after:
                self._changed_ns[at] = now_ns
        self.told = told
        self._enforce(now_ns)
        return True

    def _enforce(self, now_ns: int) -> None:
        for at, (configured, told) in enumerate(zip(self._configured, self.told, strict=True)):
            known = [limit for limit in (configured, told) if limit is not None]
            bucket = self.buckets[at]
            if not known:
                self.buckets[at] = self._meters[at] = None
            elif bucket is None:
                self.buckets[at] = Bucket(min(known), now_ns, STARTS[at])
                self._meters[at] = Meter(now_ns / 1e9)
            elif bucket.per_minute != min(known):
                bucket.change(min(known), now_ns)
        self._in_force = [
            (at, bucket, meter)
            for at, (bucket, meter) in enumerate(zip(self.buckets, self._meters, strict=True))
            if bucket is not None and meter is not None
        ]


def limits_told(headers: RateHeaders) -> dict[int, int | None]:
    """The limits a minute that a response tells, by the number of their kind.

    One whose reset is further away than a minute is a day's (Groq's requests, OpenAI's lowest tiers): None,
    no limit a minute. OpenAI's one limit of tokens counts as input, with a request's max_tokens beside it.

    >>> limits_told(RateHeaders(requests_limit=200, requests_reset_s=432.0, tokens_limit=30000))
    {0: None, 1: 30000}
    """
    told: dict[int, int | None] = {}
    split = headers.input_tokens_limit is not None
    for at, limit, reset_s in (
        (0, headers.requests_limit, headers.requests_reset_s),
        (1, None if split else headers.tokens_limit, headers.tokens_reset_s),
        (1, headers.input_tokens_limit, headers.input_tokens_reset_s),
        (2, headers.output_tokens_limit, headers.output_tokens_reset_s),
    ):
        if limit is not None and limit > 0:
            told[at] = limit if reset_s is None or reset_s <= A_MINUTE_S else None
    return told
