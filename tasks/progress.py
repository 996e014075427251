"""How far a run is, counted while it runs: calls, tokens, money, a line a variant."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from tasks.model import Call, Mode, Usage
from tasks.plan import Plan
from tasks.runs import write_json

Price = Callable[..., Decimal | None]  # of call, usage and time; and of a batch's call, of its mode


class LimitShare(Protocol):
    """How much of a limit a minute is in use: `used` of 1; as text, a phrase for a person."""

    @property
    def kind(self) -> str:
        """Which of a model's limits."""
        ...

    @property
    def used(self) -> float:
        """Share of it, 0 to about 1."""
        ...

    @property
    def per_minute(self) -> int:
        """The limit."""
        ...


@dataclass
class VariantProgress:
    """The counts of one variant."""

    variant: str
    planned: int = 0
    answered: int = 0
    failed: int = 0
    kept: int = 0  # of the answered: received by an earlier process of this run
    attempts: int = 0
    rate_limited: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: Decimal = Decimal(0)
    unpriced: int = 0  # answered calls without a price: not in `usd`
    parked_at: float | None = None  # since when its provider is waited for, by time.monotonic

    @property
    def done(self) -> int:
        """Calls that have ended."""
        return self.answered + self.failed

    @property
    def parked_s(self) -> float | None:
        """How long its provider has been waited for; None where it is not, or no call is left to it."""
        if self.parked_at is None or self.done >= self.planned:
            return None
        return time.monotonic() - self.parked_at

    def as_json(self) -> dict[str, object]:
        """As the progress file has it."""
        fields = asdict(self)
        fields.pop("parked_at")
        parked_s = None if self.parked_s is None else round(self.parked_s, 1)
        return {**fields, "usd": f"{self.usd:.6f}", "parked_s": parked_s}


@dataclass
class Progress:
    """The counts of a run; `price` says what an answered call costs."""

    run_id: str
    price: Price
    variants: dict[str, VariantProgress] = field(default_factory=dict)
    stage: str = "starting"
    began: float = field(default_factory=time.monotonic)
    asked_here: int = 0  # calls that ended in this process
    shares: dict[str, Callable[[], LimitShare | None]] = field(default_factory=dict)  # by model
    over: float | None = None  # when the last call had ended
    remarks: dict[str, str] = field(default_factory=dict)  # what else is under way, a sentence each
    reused: int = 0  # answers that earlier runs had

    def plan(self, plan: Plan) -> None:
        """Take the plan's counts."""
        for shard in plan.shards:
            line = self.variants.setdefault(shard.variant.name, VariantProgress(shard.variant.name))
            line.planned += len(shard.asked)

    def start_calling(self) -> None:
        """The first call can be sent from now on."""
        self.stage, self.began = "calling", time.monotonic()

    def end_calling(self) -> None:
        """The last call has ended; the rate stays as it is."""
        self.stage, self.over = "landing", time.monotonic()

    def attempt(self, call: Call, error_kind: str | None) -> None:
        """One HTTP try has ended."""
        line = self.variants[call.variant]
        line.attempts += 1
        line.rate_limited += error_kind == "rate_limited"

    def ended(
        self,
        call: Call,
        usage: Usage | None,
        at: datetime,
        *,
        answered: bool,
        kept: bool = False,
        mode: Mode = "realtime",
    ) -> None:
        """A call has been answered or has finally failed."""
        line = self.variants[call.variant]
        if not answered:
            line.failed += 1
        else:
            line.answered += 1
            line.kept += kept
        self.asked_here += not kept
        if usage is not None:
            line.input_tokens += usage.input_tokens + usage.cached_input_tokens
            line.input_tokens += usage.cache_write_tokens + usage.cache_write_1h_tokens
            line.output_tokens += usage.output_tokens
            usd = self.price(call, usage, at, **({"mode": mode} if mode != "realtime" else {}))
            line.usd += usd or 0
            line.unpriced += usd is None

    def limit_shares(self) -> dict[str, LimitShare]:
        """The share in use of each model's limit that is used most, of models that have one."""
        found = {model: share() for model, share in self.shares.items()}
        return {model: share for model, share in found.items() if share is not None}

    @property
    def planned(self) -> int:
        """Planned calls of the run."""
        return sum(line.planned for line in self.variants.values())

    @property
    def done(self) -> int:
        """Calls that have ended."""
        return sum(line.done for line in self.variants.values())

    @property
    def failed(self) -> int:
        """Calls that have finally failed."""
        return sum(line.failed for line in self.variants.values())

    @property
    def usd(self) -> Decimal:
        """Cost so far of what has a price."""
        return sum((line.usd for line in self.variants.values()), Decimal(0))

    @property
    def calling_s(self) -> float:
        """Seconds since the first call could be sent, until the last had ended; 0 before."""
        if self.stage == "starting":
            return 0.0
        return (time.monotonic() if self.over is None else self.over) - self.began

    @property
    def calls_per_s(self) -> float:
        """Calls that ended here, a second, since the first could be sent."""
        until = time.monotonic() if self.over is None else self.over
        return self.asked_here / max(until - self.began, 1e-9)

    @property
    def left_s(self) -> float | None:
        """Seconds to go at this rate; None before there is a rate."""
        left = self.planned - self.done
        return None if self.asked_here == 0 else left / max(self.calls_per_s, 1e-9)

    @property
    def parked(self) -> list[str]:
        """The variants whose provider does not answer and is waited for."""
        return [name for name, line in self.variants.items() if line.parked_s is not None]

    def snapshot(self) -> dict[str, object]:
        """What `progress/<run_id>.json` holds."""
        return {
            "run_id": self.run_id,
            "at": datetime.now(UTC).isoformat(),
            "stage": self.stage,
            "planned_calls": self.planned,
            "done_calls": self.done,
            "failed_calls": self.failed,
            "calls_per_s": round(self.calls_per_s, 1),
            "usd": f"{self.usd:.6f}",
            "left_s": None if self.left_s is None else round(self.left_s, 1),
            "remarks": list(self.remarks.values()),
            "limits": {
                model: {"limit": share.kind, "per_minute": share.per_minute, "used": round(share.used, 3)}
                for model, share in self.limit_shares().items()
            },
            "variants": [line.as_json() for line in self.variants.values()],
        }


async def keep_writing(progress: Progress, path: Path, every_s: float = 1.0) -> None:
    """Replace the progress file until cancelled; once more at the end.

    Where the disk refuses, the file stays as it was: no paid answer hangs on it, and the journal, which
    stops a run on a full disk, says so.
    """
    try:
        while True:
            with suppress(OSError):
                await asyncio.to_thread(write_json, path, progress.snapshot())
            await asyncio.sleep(every_s)
    finally:
        with suppress(OSError):
            write_json(path, progress.snapshot())
