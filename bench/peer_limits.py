"""What people write by hand: the SDK with its own retries behind aiolimiter (pip install aiolimiter).

It knows nothing of headers, of other processes, or of what a call weighed in truth.
"""

import asyncio
import importlib
import time
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from tasks.model import Call

IN_FLIGHT = 256


def is_installed() -> bool:
    """Whether the peer can be measured here."""
    return find_spec("aiolimiter") is not None


async def call_all(
    base_url: str, model: str, calls: Sequence[Call], rate: tuple[float, float], s: float
) -> None:
    """Make calls for so many seconds; `rate` are aiolimiter's requests and the seconds they are for."""
    import openai

    limiter: Any = importlib.import_module("aiolimiter").AsyncLimiter(*rate)
    client = openai.AsyncOpenAI(
        api_key="simulated", base_url=f"{base_url}/v1", http_client=openai.DefaultAioHttpClient()
    )
    gate, over = asyncio.Semaphore(IN_FLIGHT), time.monotonic() + s

    async def one(call: Call) -> None:
        async with gate, limiter:
            if time.monotonic() < over:
                text = call.messages[0]["content"]
                try:
                    await client.chat.completions.create(
                        model=model, messages=[{"role": "user", "content": text}], max_tokens=16
                    )
                except openai.RateLimitError:  # the SDK has tried three times; the server has counted it
                    return

    async with asyncio.TaskGroup() as group, client:
        tasks = [group.create_task(one(call)) for call in calls]
        await asyncio.sleep(s)
        for task in tasks:
            task.cancel()
