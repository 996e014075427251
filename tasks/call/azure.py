"""Azure OpenAI: the same API behind a deployment's path, with a version in the query."""

import openai

from tasks.call.endpoint import Endpoint
from tasks.call.exchange import http_client, timeouts
from tasks.call.openai import without_environment


def azure_client(endpoint: Endpoint) -> openai.AsyncAzureOpenAI:
    """The SDK's client; it puts the model's name, which is the deployment's, into the path itself."""
    client = openai.AsyncAzureOpenAI(
        api_key=endpoint.api_key.reveal(),
        azure_endpoint=endpoint.base_url,
        api_version=endpoint.api_version,
        default_headers=dict(endpoint.headers),
        max_retries=0,
        timeout=timeouts(),
        http_client=http_client(openai.DefaultAioHttpClient, endpoint),
    )
    return without_environment(client, endpoint)
