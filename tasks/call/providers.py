"""The providers there are: a file of this folder and a line in PROVIDERS for each."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from tasks.call.endpoint import Endpoint
from tasks.call.provider import Provider

if TYPE_CHECKING:
    import openai  # imported only where it is used


def open_provider(endpoint: Endpoint) -> Provider:
    """The provider of an endpoint; its SDK is imported only now. To be called where an event loop runs."""
    return PROVIDERS[endpoint.protocol](endpoint)


def _anthropic(endpoint: Endpoint) -> Provider:
    from tasks.call.anthropic import AnthropicProvider

    return AnthropicProvider(endpoint)


def _openai(endpoint: Endpoint) -> Provider:
    from tasks.call.openai import openai_client

    return _over(endpoint, openai_client(endpoint))


def _azure(endpoint: Endpoint) -> Provider:
    from tasks.call.azure import azure_client

    return _over(endpoint, azure_client(endpoint))


def _compatible(endpoint: Endpoint) -> Provider:
    from tasks.call.compatible import compatible_client

    return _over(endpoint, compatible_client(endpoint))


def _over(endpoint: Endpoint, client: "openai.AsyncOpenAI") -> Provider:
    """The provider that speaks the endpoint's API."""
    if endpoint.api == "responses":
        from tasks.call.openai_responses import ResponsesProvider

        return ResponsesProvider(endpoint, client)
    from tasks.call.openai import OpenAIProvider

    return OpenAIProvider(endpoint, client)


PROVIDERS: Mapping[str, Callable[[Endpoint], Provider]] = {
    "anthropic": _anthropic,
    "openai": _openai,
    "azure": _azure,
    "compatible": _compatible,
}
