"""The providers that have batches: a line in BATCH_PROVIDERS for each protocol."""

from collections.abc import Callable, Mapping

from tasks.call.batch.provider import BatchProvider
from tasks.call.endpoint import Endpoint


def has_batches(endpoint: Endpoint) -> bool:
    """Whether the endpoint's provider answers batches; an OpenAI-compatible server is not asked for any."""
    return endpoint.protocol in BATCH_PROVIDERS


def open_batches(endpoint: Endpoint) -> BatchProvider:
    """The batches of an endpoint; its SDK is imported only now. To be called where an event loop runs."""
    return BATCH_PROVIDERS[endpoint.protocol](endpoint)


def _anthropic(endpoint: Endpoint) -> BatchProvider:
    from tasks.call.batch.anthropic import AnthropicBatches

    return AnthropicBatches(endpoint)


def _openai(endpoint: Endpoint) -> BatchProvider:
    from tasks.call.batch.openai import OpenAIBatches
    from tasks.call.openai import openai_client

    return OpenAIBatches(endpoint, openai_client(endpoint))


def _azure(endpoint: Endpoint) -> BatchProvider:
    from tasks.call.azure import azure_client
    from tasks.call.batch.openai import OpenAIBatches

    return OpenAIBatches(endpoint, azure_client(endpoint))


BATCH_PROVIDERS: Mapping[str, Callable[[Endpoint], BatchProvider]] = {
    "anthropic": _anthropic,
    "openai": _openai,
    "azure": _azure,
}
