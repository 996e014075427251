"""Servers that speak OpenAI's chat completions: vLLM, llama.cpp, OpenRouter, a gateway of one's own."""

import openai

from tasks.call.endpoint import Endpoint
from tasks.call.openai import openai_client


def compatible_client(endpoint: Endpoint) -> openai.AsyncOpenAI:
    """OpenAI's client, without what the environment holds for OpenAI: that is not for other servers.

    The SDK reads organisation, project and OPENAI_CUSTOM_HEADERS (which may hold a key) by itself.
    """
    client = openai_client(endpoint)
    client.organization = client.project = client.admin_api_key = None
    client._custom_headers = dict(endpoint.headers)
    return client
