"""Azure OpenAI: the same API behind a deployment's path, with a version in the query."""

from typing import Any

import openai

from tasks.call.endpoint import Endpoint
from tasks.call.entra import Identity, TokenSource, open_identity
from tasks.call.exchange import http_client, timeouts
from tasks.call.openai import without_environment
from tasks.call.secret import Token


class EntraClient(openai.AsyncAzureOpenAI):
    """The SDK's client with tokens of Entra ID, whose connections it closes with its own."""

    def __init__(self, source: TokenSource, **options: Any) -> None:
        super().__init__(azure_ad_token_provider=source, **options)
        self._source = source

    async def close(self) -> None:
        """Close every connection."""
        try:
            await super().close()
        finally:
            await self._source.close()


def azure_client(endpoint: Endpoint, identity: Identity | None = None) -> openai.AsyncAzureOpenAI:
    """The SDK's client; it puts the model's name, which is the deployment's, into the path itself.

    `identity`: who gives tokens where there is no key; by default that of the environment.
    """
    options: dict[str, Any] = {
        "azure_endpoint": endpoint.base_url,
        "api_version": endpoint.api_version,
        "default_headers": dict(endpoint.headers),
        "max_retries": 0,
        "timeout": timeouts(),
        "http_client": http_client(openai.DefaultAioHttpClient, endpoint),
    }
    client: openai.AsyncAzureOpenAI
    if isinstance(endpoint.api_key, Token):
        source = TokenSource(identity or open_identity(endpoint.principal), endpoint.api_key, endpoint.host)
        client = EntraClient(source, **options)
    elif endpoint.is_token:
        client = openai.AsyncAzureOpenAI(azure_ad_token=endpoint.api_key.reveal(), **options)
    else:
        client = openai.AsyncAzureOpenAI(api_key=endpoint.api_key.reveal(), **options)
    return without_environment(client, endpoint)
