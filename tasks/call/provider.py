"""What every provider is: one client for one endpoint, and one method that makes one attempt.

The vendor's errors become ours in a provider and nowhere else. Nothing is retried there, and nothing counted.
"""

from dataclasses import dataclass
from typing import Protocol

from tasks.call.rate_headers import RateHeaders
from tasks.model import Answer, Call


@dataclass(frozen=True)
class Reply:
    """One attempt that was answered: the answer, and what the headers say of the limits."""

    answer: Answer
    limits: RateHeaders | None
    http_status: int


class Provider(Protocol):
    """One client for one endpoint."""

    @property
    def endpoint_host(self) -> str:
        """The host that the calls go to, for `calls.endpoint`."""
        ...

    async def complete(self, call: Call, *, timeout_s: float = 600.0) -> Reply:
        """Make one attempt; `call.params` are sent as they are.

        Raises: Transient, Rejected, Unusable: with a Fault that says what came, and without a key.
        """
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...
