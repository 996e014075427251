"""Servers that speak OpenAI's chat completions: vLLM, llama.cpp, OpenRouter, a gateway of one's own."""

import openai

from tasks.call.endpoint import Endpoint
from tasks.call.openai import openai_client, without_environment


def compatible_client(endpoint: Endpoint) -> openai.AsyncOpenAI:
    """OpenAI's client, without what the environment holds for OpenAI."""
    return without_environment(openai_client(endpoint), endpoint)
