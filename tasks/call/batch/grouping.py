"""Which calls go into one batch: of one kind, and within what the vendor takes.

Vendors' limits, by the SDKs' types and the vendors' guides: Anthropic 100,000 requests and 256 MB, OpenAI
50,000 and 200 MB, Azure the same as OpenAI. A batch is made in memory (a sealed suite may not lie on disk),
so it is kept far below the vendors' bytes: PART_BYTES.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

BYTES_SHARE = 0.9  # of a vendor's bytes; the rest is for what it counts and we do not
PART_BYTES = 32_000_000


@dataclass(frozen=True)
class BatchLimits:
    """What one batch may hold."""

    requests: int
    n_bytes: int

    def takes(self, n: int, n_bytes: int, more: int) -> bool:
        """Whether a batch of n requests and so many bytes has room for one of `more` bytes.

        An empty batch has room for any: what is too large alone is for the vendor to refuse.
        """
        return n == 0 or (n < self.requests and n_bytes + more <= self.n_bytes)

    def halved(self) -> "BatchLimits":
        """Half of everything, at least one request."""
        return replace(self, requests=max(1, self.requests // 2), n_bytes=max(1, self.n_bytes // 2))


def limits_for(requests: int, n_bytes: int) -> BatchLimits:
    """A vendor's limits with our margin."""
    return BatchLimits(requests, min(PART_BYTES, int(n_bytes * BYTES_SHARE)))


VENDOR_LIMITS: Mapping[str, BatchLimits] = {
    "anthropic": limits_for(100_000, 256_000_000),
    "openai": limits_for(50_000, 200_000_000),
    "azure": limits_for(50_000, 200_000_000),
}


@dataclass
class Group:
    """A batch in the making: the encoded requests, and which calls of which shards they are."""

    limits: BatchLimits
    kind: str  # what its calls have in common besides the model, see BatchProvider.kind
    lines: list[bytes] = field(default_factory=list)
    keys: list[UUID] = field(default_factory=list)
    shards: list[tuple[int, int]] = field(default_factory=list)  # shard, and how many calls in a row
    worst: dict[UUID, Decimal | None] = field(default_factory=dict)  # what each is reserved at
    n_bytes: int = 0
    begun: bool = False  # its calls are in the journal: it may be sent, or was

    def takes(self, line: bytes) -> bool:
        """Whether there is room for this request."""
        return self.limits.takes(len(self.lines), self.n_bytes, len(line) + 1)

    def add(self, line: bytes, call_key: UUID, shard: int, worst: Decimal | None = None) -> None:
        """Take a request in."""
        self.lines.append(line)
        self.worst[call_key] = worst
        self.keys.append(call_key)
        self.n_bytes += len(line) + 1  # and what stands between two
        if self.shards and self.shards[-1][0] == shard:
            shard, n = self.shards.pop()
            self.shards.append((shard, n + 1))
        else:
            self.shards.append((shard, 1))

    def parted(self) -> tuple["Group", "Group"]:
        """The group in two, for a provider that takes no more than half of it."""
        half = (len(self.lines) + 1) // 2
        halves = (Group(self.limits, self.kind), Group(self.limits, self.kind))
        for at, (line, (key, shard)) in enumerate(zip(self.lines, self.calls(), strict=True)):
            halves[at >= half].add(line, key, shard, self.worst[key])
        return halves

    def calls(self) -> Iterator[tuple[UUID, int]]:
        """The key of each call, and its shard."""
        return zip(self.keys, (shard for shard, n in self.shards for _ in range(n)), strict=True)
