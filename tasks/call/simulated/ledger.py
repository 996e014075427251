"""What the server itself counted: every request, how it ended, and its tokens; tests compare tables with it.

A request is entered when its end is known:

answered      status 200; the last byte was accepted by the operating system's socket. That the client has
              read it is not known: a client killed at that moment may hold an answer it never saw
declined      4xx for what was asked: key, model, prompt too long, content filter, bad request
rate_limited  429, by a limit or injected
error         5xx
reset         the connection was reset without an answer
cut           a part of an answer was sent; a vendor may have billed it
garbled       status 200 and a body that is not JSON; a vendor would have billed it
gone          the client closed the connection before the answer was sent; a vendor may have billed it

The results of batches are rows of mode `batch`, entered when the vendor has processed the request, whether or
not anybody asks for the result: `answered` is billed at `price_share` of the realtime price (half, of every
kind of token; where a vendor gives no discount on cached input in a batch, as OpenAI before GPT-5, half the
price of plain input); `declined` and `error` are not billed, nor is what was `canceled` or `expired` before
it was processed. HTTP requests for files and batches are no rows: they are counted by kind. Each created
batch has a row of its own, with its custom ids, and with how the answer to its creation ended. `accepted`
says how often each custom id was taken; `paid_again`, which were answered, and billed, more than once.

Totals are kept of everything, rows of the newest `keep_rows`. In the file, a line is written after the
response has been handed over, so a server killed between the two has sent one answer that no line tells of.
"""

import json
import os
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from uuid import UUID

from tasks.call.simulated.wire import Tokens

Outcome = Literal[
    "answered",
    "declined",
    "rate_limited",
    "error",
    "reset",
    "cut",
    "garbled",
    "gone",
    "canceled",
    "expired",
]
Mode = Literal["realtime", "batch"]
BATCH_SHARE = 0.5  # of the realtime price
RUN_END = -23  # a custom id is the run's id, "_", and 22 characters of the call's key

_NOTHING = Tokens(0, 0)
_encode = json.JSONEncoder(separators=(",", ":")).encode


@dataclass(frozen=True, slots=True)
class Row:
    """One request."""

    n: int  # order of arrival, from 1; in a batch the place in it
    request_id: str
    vendor: str
    model: str | None
    prompt_hash: UUID | None
    sample: str | None  # the header x-nightbench-sample
    status: int | None  # None where no status line was sent
    outcome: Outcome
    tokens: Tokens | None
    arrived_at: float  # seconds since the epoch
    ended_at: float
    batch_id: str | None = None
    custom_id: str | None = None

    @property
    def mode(self) -> Mode:
        """Whether it was a request of its own or one of a batch's."""
        return "realtime" if self.batch_id is None else "batch"

    def to_json(self) -> dict[str, Any]:
        """With the token columns of the warehouse, all 0 where nothing was generated."""
        tokens = self.tokens or _NOTHING
        return {
            "n": self.n,
            "request_id": self.request_id,
            "vendor": self.vendor,
            "model": self.model,
            "prompt_hash": self.prompt_hash and str(self.prompt_hash),
            "sample": self.sample,
            "status": self.status,
            "outcome": self.outcome,
            "arrived_at": self.arrived_at,
            "ended_at": self.ended_at,
            "mode": self.mode,
            "price_share": 1.0 if self.batch_id is None else BATCH_SHARE,
            "batch_id": self.batch_id,
            "custom_id": self.custom_id,
            "input_tokens": tokens.input_tokens,
            "output_tokens": tokens.output_tokens,
            "cached_input_tokens": tokens.cached_input_tokens,
            "cache_write_tokens": tokens.cache_write_tokens,
            "cache_write_1h_tokens": tokens.cache_write_1h_tokens,
            "reasoning_tokens": tokens.reasoning_tokens,
        }


@dataclass(slots=True)
class Total:
    """Requests of one model and outcome, and their tokens."""

    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    cache_write_1h_tokens: int = 0
    reasoning_tokens: int = 0

    def add(self, tokens: Tokens | None) -> None:
        """Count one more."""
        self.requests += 1
        if tokens is not None:
            self.input_tokens += tokens.input_tokens
            self.output_tokens += tokens.output_tokens
            self.cached_input_tokens += tokens.cached_input_tokens
            self.cache_write_tokens += tokens.cache_write_tokens
            self.cache_write_1h_tokens += tokens.cache_write_1h_tokens
            self.reasoning_tokens += tokens.reasoning_tokens


@dataclass(slots=True)
class BatchRow:
    """One batch that was created: what was accepted, and whether its creator was told."""

    batch_id: str
    vendor: str
    created_at: float  # seconds since the epoch
    custom_ids: Sequence[str]
    metadata: Mapping[str, str] | None = None
    told: Outcome | None = None  # how the answer to the creation ended; None: not yet
    status: str = "validating"  # where it stands; "gone" where the vendor does not know it any more

    @property
    def run_ids(self) -> list[str]:
        """The runs that its custom ids name."""
        return sorted({name[:RUN_END] for name in self.custom_ids if name[RUN_END : RUN_END + 1] == "_"})

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {
            "batch_id": self.batch_id,
            "vendor": self.vendor,
            "created_at": self.created_at,
            "status": self.status,
            "told": self.told,
            "run_ids": self.run_ids,
            "metadata": self.metadata,
            "requests": len(self.custom_ids),
            "custom_ids": self.custom_ids,
        }


@dataclass(slots=True)
class Ledger:
    """The counts of a server's life, or since the last reset."""

    keep_rows: int
    file: Path | None = None
    arrived: int = 0
    in_flight: int = 0
    most_in_flight: int = 0
    connections: int = 0
    batches: list[BatchRow] = field(default_factory=list)
    batch_requests: Counter[str] = field(default_factory=Counter)  # HTTP requests, by kind
    _paid: Counter[str] = field(default_factory=Counter)  # answers in batches, by custom id
    _totals: dict[tuple[str, Outcome, Mode], Total] = field(default_factory=dict)
    _rows: deque[Row] = field(default_factory=deque)
    _handle: int | None = None

    def __post_init__(self) -> None:
        """Open the file, to append."""
        if self.file is not None:
            self._handle = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def arrive(self) -> int:
        """The number of a request that has just come."""
        self.arrived += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        return self.arrived

    def enter(self, row: Row) -> None:
        """A request has ended, on its own or in a batch."""
        if row.custom_id is None:
            self.in_flight -= 1
        elif row.outcome == "answered":
            self._paid[row.custom_id] += 1
        self._totals.setdefault((row.model or "", row.outcome, row.mode), Total()).add(row.tokens)
        if self.keep_rows:
            self._rows.append(row)
            if len(self._rows) > self.keep_rows:
                self._rows.popleft()
        if self._handle is not None:
            _write_all(self._handle, _encode(row.to_json()).encode() + b"\n")

    def to_json(self, newest: int | None = None) -> dict[str, Any]:
        """Counts, totals by model and outcome, and rows in the order in which they ended."""
        rows = list(self._rows)
        accepted = Counter(name for batch in self.batches for name in batch.custom_ids)
        return {
            "arrived": self.arrived,
            "ended": sum(total.requests for (*_, mode), total in self._totals.items() if mode == "realtime"),
            "in_flight": self.in_flight,
            "most_in_flight": self.most_in_flight,
            "connections": self.connections,
            "totals": [
                {"model": model, "outcome": outcome, "mode": mode} | asdict(total)
                for (model, outcome, mode), total in sorted(self._totals.items())
            ],
            "batches": [batch.to_json() for batch in self.batches],
            "batches_by_run": Counter(run_id for batch in self.batches for run_id in batch.run_ids),
            "accepted": accepted,
            "accepted_again": {name: times for name, times in accepted.items() if times > 1},
            "paid_again": {name: times for name, times in self._paid.items() if times > 1},
            "batch_requests": self.batch_requests,
            "rows": [
                row.to_json() for row in (rows if newest is None else rows[max(0, len(rows) - newest) :])
            ],
        }

    def reset(self) -> None:
        """Start counting again; requests under way stay in flight, and the file stays as it is."""
        self.arrived = self.in_flight
        self.most_in_flight = self.in_flight
        self.connections = 0
        self.batches.clear()
        self.batch_requests.clear()
        self._paid.clear()
        self._totals.clear()
        self._rows.clear()

    def close(self) -> None:
        """Close the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _write_all(handle: int, line: bytes) -> None:
    while line:
        line = line[os.write(handle, line) :]
