"""What every provider is: one client for one endpoint, and one method that makes one attempt.

A provider is a file of this folder and a line in PROVIDERS; the vendor's errors become ours there and
nowhere else. Nothing is retried here, and nothing is counted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from tasks.call.endpoint import Endpoint
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


def open_provider(endpoint: Endpoint) -> Provider:
    """The provider of an endpoint; its SDK is imported only now. To be called where an event loop runs."""
    return PROVIDERS[endpoint.protocol](endpoint)


def _anthropic(endpoint: Endpoint) -> Provider:
    from tasks.call.anthropic import AnthropicProvider

    return AnthropicProvider(endpoint)


def _openai(endpoint: Endpoint) -> Provider:
    from tasks.call.openai import OpenAIProvider, openai_client

    return OpenAIProvider(endpoint, openai_client(endpoint))


def _azure(endpoint: Endpoint) -> Provider:
    from tasks.call.azure import azure_client
    from tasks.call.openai import OpenAIProvider

    return OpenAIProvider(endpoint, azure_client(endpoint))


def _compatible(endpoint: Endpoint) -> Provider:
    from tasks.call.compatible import compatible_client
    from tasks.call.openai import OpenAIProvider

    return OpenAIProvider(endpoint, compatible_client(endpoint))


PROVIDERS: Mapping[str, Callable[[Endpoint], Provider]] = {
    "anthropic": _anthropic,
    "openai": _openai,
    "azure": _azure,
    "compatible": _compatible,
}
