"""The account's limits: a token bucket a model and kind, refilled all the time, as the vendors say of theirs.

A bucket starts full and holds `burst_s` seconds' worth. A request that weighs more than a whole bucket
passes when the bucket is full and leaves it in debt, so that no request waits for ever.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tasks.call.simulated.settings import Limits
from tasks.call.simulated.wire import Level

Kind = Literal["requests", "input_tokens", "output_tokens"]


@dataclass(slots=True)
class Bucket:
    """One limit."""

    kind: Kind
    limit: int  # a minute
    burst: float
    level: float
    at: float

    def wait(self, weight: float) -> float:
        """Seconds until a request of this weight passes."""
        return max(0.0, (min(weight, self.burst) - self.level) * 60 / self.limit)

    def refill(self, now: float) -> None:
        """Add what has come since the last look."""
        self.level = min(self.burst, self.level + max(0.0, now - self.at) * self.limit / 60)
        self.at = now

    def look(self) -> Level:
        """As a header tells it."""
        remaining = max(0, int(self.level))
        return Level(self.kind, self.limit, remaining, (self.burst - self.level) * 60 / self.limit)


@dataclass(frozen=True, slots=True)
class Denied:
    """The bucket that is short, and for how long."""

    kind: Kind
    limit: int
    wait_s: float


class Account:
    """The buckets of every model."""

    def __init__(self, limits: Mapping[str, Limits]) -> None:
        self._limits = limits
        self._buckets: dict[str, list[Bucket]] = {}

    def take(self, model: str, input_tokens: int, max_tokens: int, now: float) -> Denied | None:
        """Let a request pass and weigh it, or say which limit it would exceed; then nothing is taken.

        Output is weighed when it is known (`spend`); a request passes while any is left.
        """
        buckets = self._of(model, now)
        if not buckets:
            return None
        extra = max_tokens if self._limits_of(model).counts_max_tokens else 0
        weights = {"requests": 1.0, "input_tokens": float(input_tokens + extra), "output_tokens": 1.0}
        for bucket in buckets:
            bucket.refill(now)
        worst = max(buckets, key=lambda bucket: bucket.wait(weights[bucket.kind]))
        if (wait_s := worst.wait(weights[worst.kind])) > 0:
            return Denied(worst.kind, worst.limit, wait_s)
        for bucket in buckets:
            if bucket.kind != "output_tokens":
                bucket.level -= weights[bucket.kind]
        return None

    def spend(self, model: str, output_tokens: int) -> None:
        """Weigh what a reply came to."""
        for bucket in self._buckets.get(model, ()):
            if bucket.kind == "output_tokens":
                bucket.level -= output_tokens

    def levels(self, model: str, now: float) -> list[Level]:
        """What the headers tell."""
        buckets = self._of(model, now)
        for bucket in buckets:
            bucket.refill(now)
        return [bucket.look() for bucket in buckets]

    def change(self, limits: Mapping[str, Limits]) -> None:
        """Other limits from now on; a bucket keeps what is in it, as far as that fits."""
        self._limits = limits
        old, self._buckets = self._buckets, {}
        for model, buckets in old.items():
            there = {bucket.kind: bucket for bucket in buckets}
            for bucket in self._of(model, max(bucket.at for bucket in buckets)):
                if bucket.kind in there:
                    bucket.level = min(bucket.burst, there[bucket.kind].level)

    def clear(self) -> None:
        """Fill every bucket."""
        self._buckets.clear()

    def _of(self, model: str, now: float) -> list[Bucket]:
        if not self._limits:
            return []
        if model not in self._buckets:
            limits = self._limits_of(model)
            self._buckets[model] = [
                Bucket(kind, limit, burst, burst, now)
                for kind, limit in _kinds(limits)
                if (burst := max(1.0, limit * limits.burst_s / 60))
            ]
        return self._buckets[model]

    def _limits_of(self, model: str) -> Limits:
        return self._limits.get(model) or self._limits.get("*") or Limits.model_validate({})


def _kinds(limits: Limits) -> list[tuple[Kind, int]]:
    kinds: list[tuple[Kind, int | None]] = [
        ("requests", limits.requests_per_minute),
        ("input_tokens", limits.input_tokens_per_minute),
        ("output_tokens", limits.output_tokens_per_minute),
    ]
    return [(kind, limit) for kind, limit in kinds if limit is not None]
